// The functions of all layer kinds beside those that every page has: for model files in Node, threads and the command line, which read
// descriptions that are plain data. A page that reads such data hands in the kinds that it wants to know: `kinds: [concat]`.
import { add } from './add.ts';
import { concat } from './concat.ts';
import type { LayerFunction } from './describe.ts';
import { repeat } from './repeat.ts';

export const moreKinds: readonly LayerFunction[] = [concat, add, repeat];
