// Properties are tried on the same examples in every run: what one run passes, all do.
import { configureGlobal } from 'fast-check';

configureGlobal({ seed: 1 });
