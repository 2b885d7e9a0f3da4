// The flags of `bptt train --task ocr` alone: how lines are seen.
import { integer, string } from '../../base/fields.ts';
import { flag } from './flags.ts';

export const ocrFlags = {
  height: flag('pixels of height that images are scaled to', integer({ min: 8, max: 256 }), 40),
  vgsl: flag(
    'a network in VGSL without its output, such as [1,48,0,1 Cr3,3,32 Mp2,2 Lbx100], instead of the usual one',
    string,
    undefined,
    'spec',
  ),
};

/** Flags of the usual network, which one in VGSL has no use for. */
export const notWithVgsl = ['height', 'cell', 'hidden', 'layers', 'dropout'] as const;
