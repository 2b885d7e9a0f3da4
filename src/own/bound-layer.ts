// A user's own layer in a window: the views that it gets, and what is seen to around its code.
import type { Binding, BoundLayer, ParameterSpec, Track } from '../layers/contract.ts';
import { at } from '../layers/parts/address.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { CheckedDefinition, OwnBackward, OwnForward, OwnOptions, Sizes, Views } from './definition.ts';
import { guard } from './guard.ts';

/** A layer that is defined, at its place in a model. */
export interface Defined {
  readonly definition: CheckedDefinition;
  readonly where: string;
  readonly options: OwnOptions;
  readonly sizes: Sizes;
  readonly size: number;
  /** Of the parameters, as the definition calls them. */
  readonly names: readonly string[];
  readonly specs: readonly ParameterSpec[];
}

export function bindOwn(
  { definition, where, options, sizes, size, names, specs }: Defined,
  binding: Binding,
): BoundLayer {
  const { kernels, rows: B, inputs, dOutput, scratch } = binding;
  const real = kernels.realBytes();
  const Real = real === 4 ? Float32Array : Float64Array;
  const panel = kernels.padded(1);
  const ld = (n: number) => Math.ceil(n / panel) * panel;
  const result = binding.buffer('y');
  const view = (pointer: Pointer, count: number) => new Real(kernels.memory.buffer as ArrayBuffer, pointer, count);
  const rowsOf = (track: Track, from: number, to: number) => view(at(track, from), (to - from) * B * track.ld);
  const parametersAt = (place: (name: string) => Pointer) =>
    Object.fromEntries(
      specs.map(({ name, rows, columns }, index) => {
        return [names[index]!, view(place(name), rows === 1 ? columns : rows * ld(columns))];
      }),
    );
  const passOf = (from: number, to: number): OwnForward<OwnOptions, string> => ({
    rows: (to - from) * B,
    sizes,
    size,
    ld,
    options,
    parameters: parametersAt(binding.parameter),
    x: inputs.map(({ track }) => rowsOf(track, from, to)) as unknown as Views,
    y: rowsOf(result, from, to),
  });
  const unwanted = (from: number, to: number) => {
    let end = scratch;
    return sizes.map((columns) => {
      const start = end;
      end += (to - from) * B * ld(columns) * real;
      return view(start, (to - from) * B * ld(columns));
    });
  };
  const backwardOf = (from: number, to: number): OwnBackward<OwnOptions, string> => {
    const spare = unwanted(from, to);
    return {
      ...passOf(from, to),
      dy: rowsOf(dOutput, from, to),
      dx: inputs.map(({ gradient }, port) =>
        gradient === undefined ? spare[port]! : rowsOf(gradient, from, to),
      ) as unknown as Views,
      gradients: parametersAt(binding.gradient),
    };
  };
  const forwards = remembered(() => kernels.memory.buffer, passOf);
  const backwards = remembered(() => kernels.memory.buffer, backwardOf);
  let last: OwnBackward<OwnOptions, string> | undefined;
  const finite = (values: Reals) => Number.isFinite(kernels.sumSquares(values.byteOffset, values.length));
  return {
    forward(from, to) {
      const pass = forwards(from, to);
      guard(`${where}.forward`, () => definition.forward(pass));
      clearPadding(pass.y, size, ld(size));
    },
    backward(from, to) {
      const pass = backwards(from, to);
      last = pass;
      guard(`${where}.backward`, () => definition.backward(pass));
      for (const [port, dx] of pass.dx.entries()) clearPadding(dx, sizes[port]!, ld(sizes[port]!));
      for (const [index, { rows, columns }] of specs.entries()) {
        if (rows > 1) clearPadding(pass.gradients[names[index]!]!, columns, ld(columns));
      }
    },
    atFault: () => {
      const spoilt = last?.dx.some((values, port) => inputs[port]!.gradient !== undefined && !finite(values));
      return spoilt === true && finite(last!.dy);
    },
  };
}

/** Sets to zero what stands between rows. */
function clearPadding(values: Reals, columns: number, ld: number): void {
  if (columns === ld) return;
  for (let start = columns; start < values.length; start += ld) {
    for (let i = start; i < start + ld - columns; i++) values[i] = 0;
  }
}

/** The views of the last range of steps, as long as the memory is the same: the next update asks for them again. */
function remembered<Pass>(
  memory: () => ArrayBufferLike,
  make: (from: number, to: number) => Pass,
): (from: number, to: number) => Pass {
  let pass: Pass;
  let known: readonly [from: number, to: number, memory: ArrayBufferLike] | undefined;
  return (from, to) => {
    const buffer = memory();
    if (known === undefined || known[0] !== from || known[1] !== to || known[2] !== buffer) {
      pass = make(from, to);
      known = [from, to, buffer];
    }
    return pass;
  };
}
