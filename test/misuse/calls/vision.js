// @ts-check
/** Valid calls of what is made of pictures, and of networks that read them. */
import * as bptt from '../../../build/index.js';
import { lineMetadata, lineReader } from '../../../build/vision.js';

const named = () => ({ height: 8, labels: ['a', 'b'] });
const reads = () => bptt.createModel([bptt.image({ height: 8 }), bptt.dense({ units: 3 })]);
const picture = () => ({ width: 3, height: 2, data: Uint8Array.of(0, 1, 2, 3, 4, 5) });

const pgm = () => new TextEncoder().encode('P2 2 1 9 0 9');

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const pictures = {
  'vision.fromVgsl': [() => ({ args: ['[1,8,0,1 Cr3,3,4 Mp2,2 Lbx4]', { classes: 3 }] })],
  'vision.toVgsl': [() => ({ args: [[bptt.image({ height: 8 }), bptt.lstm({ units: 4 }), bptt.dense({ units: 3 })]] })],
  'vision.deskewed': [() => ({ args: [picture()] })],
  'vision.distorted': [
    () => ({
      args: [
        {
          shift: { x: [-1, 1], y: 1 },
          shear: [-0.2, 0.2],
          elastic: { strength: [0, 1], scale: 2 },
          contrast: [0.5, 1],
          blur: 0.5,
          noise: 0.1,
        },
      ],
    }),
  ],
  'vision.grey': [() => ({ args: [picture()] })],
  'vision.images': [() => ({ args: [[picture(), picture()]] })],
  'vision.LineReader.decode': [() => ({ on: lineReader(named()), args: [[1, 0, 2]] })],
  'vision.LineReader.encode': [() => ({ on: lineReader(named()), args: ['ab'] })],
  'vision.LineReader.prepare': [() => ({ on: lineReader(named()), args: [picture()] })],
  'vision.LineReader.read': [async () => ({ on: lineReader(named()), args: [await reads(), picture(), { beams: 2 }] })],
  'vision.lineMetadata': [() => ({ args: [lineReader(named())] })],
  'vision.lineReader': [() => ({ args: [named()] })],
  'vision.readLineMetadata': [() => ({ args: [lineMetadata(lineReader(named()))] })],
  'vision.readImage': [() => ({ args: [pgm(), 'a.pgm'] })],
  'vision.scaled': [() => ({ args: [picture(), 4] })],
  'vision.standardized': [() => ({ args: [picture()] })],
};
