// What all layers are that make one output of what they read, step by step and without parameters.
import type { Binding, BoundLayer, Layer } from '../contract.ts';

/** A layer with so many features in the buffer `y`. */
export function joined(columns: number, bind: (binding: Binding) => BoundLayer): Layer {
  return {
    output: { kind: 'features', size: columns },
    parameters: [],
    buffers: [{ name: 'y', extent: 'step', columns, type: 'real', kept: true }],
    result: 'y',
    keepsResult: false,
    states: [],
    reads: 'step',
    scratch: () => 0,
    bind,
  };
}
