// @ts-check
import * as bptt from 'bptt';
import { trainAndWrite } from '../training.js';

Object.assign(globalThis, { outcome: await trainAndWrite(bptt) });
