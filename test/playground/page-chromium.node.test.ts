// The playground in Chromium.
import { testPage } from './page.ts';

testPage('chromium');
