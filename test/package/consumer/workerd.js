// @ts-check
// The same in an engine that compiles no WebAssembly from bytes, through the package's `workerd` condition.
import * as bptt from 'bptt';
import { trainAndWrite } from './training.js';

console.log(JSON.stringify(await trainAndWrite(bptt)));
