// The playground in Firefox.
import { testPage } from './page.ts';

testPage('firefox');
