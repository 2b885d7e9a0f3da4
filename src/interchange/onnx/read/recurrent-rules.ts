// The operators RNN, LSTM and GRU.
import { describe } from '../../../layers/describe.ts';
import type { Cell, Elsewhere, RecurrentKind } from '../../../layers/recurrent/cell.ts';
import { cellOf, cells, type DirectedDescription } from '../../../layers/recurrent/cells.ts';
import type { Activation, GateActivation } from '../../../layers/recurrent/options.ts';
import { gateOrder, type OperatorActivation, operatorActivations, peepholeOrder, reorder } from '../format/gates.ts';
import type { Operation, Rule } from './operation.ts';
import { isZero } from './shape-values.ts';
import { settle, within } from './stages.ts';
import { type Tensor, tensorOf } from './tensor.ts';
import { type Axis, axis, type Half, type Value } from './values.ts';

type Kind = RecurrentKind<DirectedDescription>;

const common = ['hidden_size', 'direction', 'activations', 'activation_alpha', 'activation_beta', 'layout', 'clip'];

/** From here on a clip of what activations are given changes nothing in f32: tanh is 1, and e^-50 is 2e-22. */
const NO_CLIP = 50;

/** What an activation may be called, and what it is here. */
const known = Object.entries(operatorActivations) as readonly [Activation | GateActivation, OperatorActivation][];

/** What the parameters of an activation are where the operator does not say. */
const defaults: Readonly<Record<string, readonly [alpha: number, beta: number]>> = {
  hardsigmoid: [0.2, 0.5],
  affine: [1, 0],
};

/** The activations of all directions, checked against what they are here. */
function activationsOf(operation: Operation, usual: readonly string[], directions: number) {
  const names = operation.strings('activations') ?? Array.from({ length: directions }, () => usual).flat();
  if (names.length !== usual.length * directions) {
    operation.fail(`${usual.length * directions} activations`, String(names.length));
  }
  const alphas = operation.floats('activation_alpha').values();
  const betas = operation.floats('activation_beta').values();
  return names.map((given) => {
    const name = given.toLowerCase();
    const kinds = known.filter(([, one]) => one.name.toLowerCase() === name);
    if (kinds.length === 0) {
      return operation.fail(`activations ${[...new Set(known.map(([, one]) => one.name))].join(', ')}`, given);
    }
    const [first] = kinds as [(typeof known)[number]];
    if (first[1].alpha === undefined) return first[0];
    const [alpha, beta] = [alphas.next().value ?? defaults[name]![0], betas.next().value ?? defaults[name]![1]];
    const close = (a: number, b: number) => Math.abs(a - b) < 1e-6;
    const found = kinds.find(([, one]) => close(alpha, one.alpha!) && close(beta, one.beta!));
    if (found !== undefined) return found[0];
    const expected = kinds.map(([, one]) => `alpha ${one.alpha} and beta ${one.beta}`).join(', or ');
    return operation.fail(`${first[1].name} with ${expected}`, `${alpha} and ${beta}`);
  });
}

/** The layer with H units that an operator is in each of its directions. */
function layerOf(operation: Operation, kind: Kind, directions: number, H: number): DirectedDescription {
  const { functions, flags = {} } = kind.onnx!;
  const usual = functions.map((option) => (option === 'activation' ? 'Tanh' : 'Sigmoid'));
  const kinds = activationsOf(operation, usual, directions);
  if (kinds.some((one, index) => one !== kinds[index % usual.length])) {
    operation.fail('the same activations in both directions', kinds.join(', '));
  }
  const options: Record<string, unknown> = { units: H };
  for (const [index, option] of functions.entries()) {
    const activation = kinds[index]!;
    const isGate = activation.endsWith('sigmoid') || activation === 'hard-sigmoid-fifth';
    if (option === 'activation' && isGate) operation.fail('Tanh, Relu, Affine or Softsign of the state', activation);
    if (option === 'gateActivation' && !isGate) operation.fail('Sigmoid or HardSigmoid of the gates', activation);
    const before = options[option];
    if (before !== undefined && before !== activation) {
      operation.fail('one activation of candidate and cell', `${before} and ${activation}`);
    }
    options[option] = activation;
  }
  for (const [flag, [option, off, on]] of Object.entries(flags)) {
    options[option] = operation.int(flag, 0) !== 0 ? on : off;
  }
  if ('peepholes' in kind.fields) options.peepholes = operation.optional(7) !== undefined;
  return describe(kind, options);
}

/** @throws BpttError for a clip that would be felt. */
function checkClip(operation: Operation, { activation }: { readonly activation: Activation }): void {
  const clip = operation.float('clip', Number.POSITIVE_INFINITY);
  if (clip === Number.POSITIVE_INFINITY) return;
  const saturates = activation === 'tanh';
  if (clip >= NO_CLIP && saturates) return;
  operation.fail(
    saturates ? `no clip, or one from ${NO_CLIP} on` : `no clip of ${activation}, which has no end`,
    String(clip),
  );
}

/** A constant of this shape. */
function shaped(operation: Operation, index: number, dims: readonly number[]): Tensor {
  const tensor = operation.constant(index);
  if (tensor.dims.join() !== dims.join())
    operation.fail(`input ${index} of shape [${dims.join(', ')}]`, `[${tensor.dims.join(', ')}]`);
  return tensor;
}

/** `sequence_lens`: an input of the graph or nothing; `steps`, where they are known, are those of the sequence. */
function lengthsOf(operation: Operation, steps: number | undefined): string | undefined {
  const value = operation.optional(4);
  if (value === undefined) return undefined;
  if (value.kind === 'constant') return checkWhole(operation, value.tensor, steps);
  const raw = value.kind === 'sequence' && value.stage.kind === 'input' && value.axes.length === 1;
  return raw && value.stage.kind === 'input'
    ? value.stage.name
    : operation.unfit(4, 'sequence_lens that are an input of the graph');
}

/** Lengths in the file that are those of all steps. @throws BpttError for others. */
function checkWhole(operation: Operation, { data }: Tensor, steps: number | undefined): undefined {
  if (data.every((length) => length === steps)) return undefined;
  operation.fail(
    `sequence_lens of ${steps ?? 'all'} steps in the file, or an input of the graph`,
    Array.from(data.subarray(0, 8)).join(', '),
  );
}

/** Initial states: zero, or inputs of the graph. */
function checkInitial(operation: Operation, index: number, directions: number): string | undefined {
  const value = operation.optional(index);
  if (value === undefined || value.kind === 'zeros') return undefined;
  if (value.kind === 'constant') {
    return isZero(value.tensor)
      ? undefined
      : operation.fail('a first state that is zero or an input', 'another in the file');
  }
  const input =
    value.kind === 'given'
      ? value.input
      : value.kind === 'sequence' && value.stage.kind === 'input'
        ? value.stage.name
        : undefined;
  if (input === undefined) return operation.unfit(index, 'a first state that is zero or an input of the graph');
  return directions === 1
    ? input
    : operation.fail('both directions to begin at zero', `the input ${JSON.stringify(input)}`);
}

/** The axes in front of the features, by the attribute `layout`. */
const layouts: Readonly<Record<number, readonly ('time' | 'rows')[]>> = { 0: ['time', 'rows'], 1: ['rows', 'time'] };

/** Tells which axis is which. */
function name(operation: Operation, axes: readonly Axis[], roles: readonly ('time' | 'rows')[]): void {
  if (axes.length !== 2) operation.fail(`three axes: ${roles.join(', ')}, features`, String(axes.length + 1));
  for (const [index, role] of roles.entries()) {
    const own = axes[index]!;
    if (own.role === 'unknown' && own.parts === undefined) own.role = role;
    else if (own.role === 'one') own.role = role;
    if (own.role !== role)
      operation.fail(`${role} as axis ${index}`, own.parts === undefined ? own.role : 'several axes in one');
  }
}

/** Reports inputs of the graph that are lengths or first states. */
export type UsedInput = (input: string, as: 'lengths' | 'state') => void;

/** A rule for the operator of each cell. */
export function recurrentRules(used: UsedInput): Readonly<Record<string, Rule>> {
  return Object.fromEntries(cells.flatMap((kind) => (kind.onnx ? [[kind.onnx.name, recurrentRule(kind, used)]] : [])));
}

function recurrentRule(kind: Kind, used: UsedInput): Rule {
  const operator = kind.onnx!;
  const more = [...Object.keys(operator.flags ?? {}), ...('peepholes' in kind.fields ? ['input_forget'] : [])];
  return {
    attributes: [...common, ...more],
    run(operation) {
      const direction = operation.string('direction', 'forward');
      const reverses = { forward: [false], reverse: [true], bidirectional: [false, true] }[direction];
      if (reverses === undefined) return operation.fail('direction forward, reverse or bidirectional', direction);
      const forgets = operation.int('input_forget', 0);
      if (forgets !== 0) operation.fail('input_forget 0', String(forgets));
      const layout = operation.int('layout', 0);
      const order = layouts[layout] ?? operation.fail('layout 0 or 1', String(layout));
      const D = reverses.length;
      const { stage: before, leading, size } = settle(operation, operation.sequence(0));
      const stage = within(operation, before, `a ${operator.name}`);
      name(operation, leading, order);

      const W = operation.constant(1);
      const I = W.dims[2] ?? operation.fail('W of three axes', String(W.dims.length));
      if (size !== undefined && size !== I) operation.fail(`W for ${size} features`, `for ${I}`);
      const H = operation.int('hidden_size', W.dims[1]! / operator.gates.length);
      if (!Number.isSafeInteger(H) || H < 1) operation.fail('hidden_size an integer >= 1', String(H));
      const layer = layerOf(operation, kind, D, H);
      checkClip(operation, layer);
      const tensors = tensorsOf(operation, cellOf(layer), D, H, I);
      const [T, B] = (layout === 0 ? leading : leading.toReversed()) as [Axis, Axis];
      const lengths = lengthsOf(operation, T.size);
      if (lengths !== undefined) used(lengths, 'lengths');
      for (const [index] of cellOf(layer).states.entries()) {
        const input = checkInitial(operation, 5 + index, D);
        if (input !== undefined) used(input, 'state');
      }

      const halves = reverses.map((reverse, d): Half => {
        const part = ({ data }: Tensor) => data.subarray((d * data.length) / D, ((d + 1) * data.length) / D);
        return {
          previous: stage,
          reverse,
          layer,
          lengths,
          parameters: parametersOf(layer, operator, I, tensors, part),
        };
      });
      const axes = (first: readonly Axis[]) => {
        const directions = axis('directions', D);
        return [...(layout === 0 ? [...first, directions, B] : [B, ...first, directions]), axis('features', H)];
      };
      const result = (returns: 'all' | 'last', first: readonly Axis[]): Value => {
        return { kind: 'sequence', stage: { kind: 'recurrent', previous: stage, halves, returns }, axes: axes(first) };
      };
      return [result('all', [T]), result('last', []), { kind: 'cells', halves }];
    },
  };
}

/** The parameters of an operator in D directions. */
interface Tensors {
  readonly W: Tensor;
  readonly R: Tensor;
  readonly B: Tensor | undefined;
  readonly P: Tensor | undefined;
}

function tensorsOf(operation: Operation, { gates, peepholes }: Cell, D: number, H: number, I: number): Tensors {
  const width = gates.length * H;
  return {
    W: shaped(operation, 1, [D, width, I]),
    R: shaped(operation, 2, [D, width, H]),
    B: operation.optional(3) === undefined ? undefined : shaped(operation, 3, [D, 2 * width]),
    P: peepholes ? shaped(operation, 7, [D, 3 * H]) : undefined,
  };
}

/** Where each gate of this package is among those of the operator. */
const inverse = (order: readonly number[]) => order.map((_, gate) => order.indexOf(gate));

/** The parameters of one direction in the orders of this package. */
function parametersOf(
  layer: DirectedDescription,
  operator: Elsewhere,
  I: number,
  { W, R, B, P }: Tensors,
  part: (tensor: Tensor) => ArrayLike<number>,
): Half['parameters'] {
  const H = layer.units;
  const cell = cellOf(layer);
  const order = inverse(gateOrder(cell, operator));
  const width = order.length * H;
  const biases = B === undefined ? new Float64Array(2 * width) : Float64Array.from(part(B));
  const [first, second] = [0, 1].map((k) => reorder(biases.subarray(k * width, (k + 1) * width), order, H));
  // Where the reset comes after the product, the second bias of the candidate stands inside.
  const apart = cell.reset === 'after' ? width - H : width;
  const sum = first!.map((value, i) => (i < apart ? value + second![i]! : value));
  return {
    weight_ih: tensorOf([width, I], reorder(part(W), order, H * I)),
    weight_hh: tensorOf([width, H], reorder(part(R), order, H * H)),
    bias_ih: tensorOf([width], sum),
    ...(apart < width && { bias_hn: tensorOf([H], second!.slice(apart)) }),
    ...(P !== undefined && {
      peephole: tensorOf([3, H], reorder(part(P), inverse(peepholeOrder(cell, operator)), H)),
    }),
  };
}
