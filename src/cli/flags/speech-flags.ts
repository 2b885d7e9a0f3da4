// The flags of `bptt train --task speech` alone: how recordings are heard.
import { integer, oneOf } from '../../base/fields.ts';
import { flag } from './flags.ts';

export const speechFlags = {
  labels: flag('what transcripts are made of', oneOf('characters', 'words'), 'characters'),
  sampleRate: flag(
    'samples a second that the model hears; files are resampled',
    integer({ min: 1200, max: 48_000 }),
    16_000,
  ),
  mels: flag('mel filters', integer({ min: 3, max: 128 }), 40),
};
