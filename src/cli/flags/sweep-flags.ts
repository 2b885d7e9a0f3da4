// The flags of `bptt sweep`. What is searched stands in its file.
import { integer, string } from '../../base/fields.ts';
import { serverFlags } from '../sweep/server.ts';
import { flag, overwriteFlag, toggle, type Values } from './flags.ts';

export const sweepFlags = {
  workers: flag(
    'trials that run at a time here, each in a thread of its own; with a server 0 leaves them all to `bptt worker`s',
    integer({ min: 0 }),
    1,
  ),
  ...serverFlags,
  name: flag('name of the sweep on the server (default: that of FILE without .json)', string, undefined),
  store: flag(
    'folder that keeps the trials (default: that of FILE, with .sweep in place of .json)',
    string,
    undefined,
    'folder',
  ),
  resume: toggle('go on with the sweep that is in the folder, or on the server'),
  out: flag('model file of the best trial', string, undefined, 'file'),
  csv: flag('table of all trials', string, undefined, 'file'),
  report: flag('page with the trials, their curves, and which parameters mattered', string, undefined, 'file'),
  overwrite: overwriteFlag,
  json: toggle('print JSON events, one a line'),
};

export type SweepValues = Values<typeof sweepFlags>;
