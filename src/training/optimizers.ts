// The optimizers: what they are called, their defaults, how many slots of memory they keep, and the kernel.
// Slots are blocks of the parameters' layout, so an update is one flat call. A new optimizer is one kernel and one row.
import { show } from '../base/check.ts';
import { BpttError, NonFiniteError } from '../base/errors.ts';
import {
  boolean,
  checkFields,
  checkKind,
  type Field,
  number,
  type OneOfKinds,
  type Options,
  withDefault,
} from '../base/fields.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import { overlaps, type Part } from '../model/gradient-parts.ts';
import type { Network } from '../model/network.ts';
import { loadBlock, saveBlock } from '../model/parameters.ts';
import type { Kernels, Pointer } from '../wasm/kernels.ts';
import { type Guard, guardOf } from './overflow.ts';
import { type LearningRate, learningRate, ScheduleRun } from './schedules.ts';

const fraction = number({ min: 0, exclusiveMax: 1 });

/** Above 0 in f32 too: without it, an update where all gradients were 0 would be 0/0. */
const epsilon = number({ min: 2 ** -149 });

const adamFields = {
  /** Default 1e-3. */
  learningRate: withDefault(learningRate, 1e-3),
  /** Default 0.9. */
  beta1: withDefault(fraction, 0.9),
  /** Default 0.999. */
  beta2: withDefault(fraction, 0.999),
  /** Default 1e-8, outside the square root. */
  epsilon: withDefault(epsilon, 1e-8),
};

export const optimizerFields = {
  sgd: {
    /** A number above 0, or a schedule such as `cosine`. Needed. */
    learningRate,
    /** Default 0: plain gradient descent. */
    momentum: withDefault(fraction, 0),
    /** Nesterov's momentum in the form of Sutskever et al. 2013. Default false. */
    nesterov: withDefault(boolean, false),
  },
  rmsprop: {
    /** A number above 0, or a schedule such as `cosine`. Needed. */
    learningRate,
    /** Decay of the mean square. Default 0.99. */
    alpha: withDefault(fraction, 0.99),
    /** Default 1e-8, outside the square root. */
    epsilon: withDefault(epsilon, 1e-8),
  },
  adagrad: {
    /** A number above 0, or a schedule such as `cosine`. Needed. */
    learningRate,
    /** Default 1e-10, outside the square root. */
    epsilon: withDefault(epsilon, 1e-10),
  },
  adam: adamFields,
  adamw: {
    ...adamFields,
    /** Each update takes learningRate · weightDecay of every weight away. Default 0.01. */
    weightDecay: withDefault(number({ min: 0 }), 0.01),
    /** Whether biases decay too. Default false. */
    decayBiases: withDefault(boolean, false),
  },
};

/** The learning rate and momentum of `sgd`. */
export interface SgdOptions extends Options<typeof optimizerFields.sgd> {}
/** The learning rate of `rmsprop`, and how it takes the mean of squares. */
export interface RmspropOptions extends Options<typeof optimizerFields.rmsprop> {}
/** The learning rate of `adagrad`, and what keeps it from dividing by 0. */
export interface AdagradOptions extends Options<typeof optimizerFields.adagrad> {}
/** The learning rate of `adam`, and how it takes its means. */
export interface AdamOptions extends Options<typeof optimizerFields.adam> {}
/** The learning rate of `adamw`, how it takes its means, and how weights decay. */
export interface AdamwOptions extends Options<typeof optimizerFields.adamw> {}

/** An optimizer as plain data, all defaults filled in. */
export type Optimizer = OneOfKinds<typeof optimizerFields>;

type OptionsOf<Kind extends Optimizer['kind']> = Extract<Optimizer, { readonly kind: Kind }>;

const build = <Kind extends Optimizer['kind']>(
  kind: Kind,
  options: Options<(typeof optimizerFields)[Kind]>,
): Optimizer => refuse(kind, { kind, ...checkFields(kind, options, optimizerFields[kind]) } as Optimizer);

/**
 * Gradient descent, with momentum as in torch.optim.SGD: `v = μ v + g; w -= η v`.
 *
 * @example
 * await fit(model, { data, loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), epochs: 1 });
 */
export const sgd = (options: SgdOptions): Optimizer => build('sgd', options);

/**
 * RMSProp (Hinton 2012, lecture 6e), as torch.optim.RMSprop.
 *
 * @example
 * await fit(model, { data, loss: 'cross-entropy', optimizer: rmsprop({ learningRate: 1e-3 }), epochs: 1 });
 */
export const rmsprop = (options: RmspropOptions): Optimizer => build('rmsprop', options);

/**
 * Adagrad (Duchi, Hazan and Singer 2011), as torch.optim.Adagrad.
 *
 * @example
 * await fit(model, { data, loss: 'cross-entropy', optimizer: adagrad({ learningRate: 0.05 }), epochs: 1 });
 */
export const adagrad = (options: AdagradOptions): Optimizer => build('adagrad', options);

/**
 * Adam (Kingma and Ba 2015, algorithm 1), as torch.optim.Adam.
 *
 * @example
 * await fit(model, { data, loss: 'cross-entropy', optimizer: adam({ learningRate: 3e-3 }), clip: { norm: 1 }, epochs: 1 });
 */
export const adam = (options: AdamOptions = {}): Optimizer => build('adam', options);

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as torch.optim.AdamW.
 *
 * @example
 * await fit(model, { data, loss: 'cross-entropy', optimizer: adamw({ learningRate: 1e-3, weightDecay: 0.05 }), epochs: 1 });
 */
export const adamw = (options: AdamwOptions = {}): Optimizer => build('adamw', options);

/** One update. `at` and `count` give the part of a block; slots are addresses of the whole blocks. */
interface Update {
  readonly kernels: Kernels;
  readonly parameters: Pointer;
  readonly gradients: Pointer;
  readonly slots: readonly Pointer[];
  readonly count: number;
  readonly learningRate: number;
  readonly gradientScale: number;
  /** 1 - βᵢ^step. */
  readonly corrections: readonly [number, number];
  /** Decoupled weight decay of this part. */
  readonly weightDecay: number;
}

interface OptimizerKind<Options> {
  slots(options: Options): number;
  update(options: Options, update: Update): void;
}

function updateAdam({ beta1, beta2, epsilon }: Omit<OptionsOf<'adam'>, 'kind'>, update: Update): void {
  const { kernels, parameters, gradients, slots, count, learningRate, corrections, weightDecay, gradientScale } =
    update;
  kernels.adam(
    parameters,
    gradients,
    slots[0]!,
    slots[1]!,
    count,
    learningRate,
    beta1,
    beta2,
    epsilon,
    corrections[0],
    corrections[1],
    learningRate * weightDecay,
    gradientScale,
  );
}

const kinds: { readonly [Kind in Optimizer['kind']]: OptimizerKind<OptionsOf<Kind>> } = {
  sgd: {
    slots: ({ momentum }) => (momentum === 0 ? 0 : 1),
    update({ momentum, nesterov }, { kernels, parameters, gradients, slots, count, learningRate, gradientScale }) {
      kernels.sgd(parameters, gradients, slots[0] ?? 0, count, learningRate, momentum, nesterov, gradientScale);
    },
  },
  rmsprop: {
    slots: () => 1,
    update({ alpha, epsilon }, { kernels, parameters, gradients, slots, count, learningRate, gradientScale }) {
      kernels.rmsprop(parameters, gradients, slots[0]!, count, learningRate, alpha, epsilon, gradientScale);
    },
  },
  adagrad: {
    slots: () => 1,
    update({ epsilon }, { kernels, parameters, gradients, slots, count, learningRate, gradientScale }) {
      kernels.adagrad(parameters, gradients, slots[0]!, count, learningRate, epsilon, gradientScale);
    },
  },
  adam: {
    slots: () => 2,
    update: updateAdam,
  },
  adamw: {
    slots: () => 2,
    update: updateAdam,
  },
};

function refuse(where: string, checked: Optimizer): Optimizer {
  if (checked.kind !== 'sgd' || !checked.nesterov || checked.momentum > 0) return checked;
  throw new BpttError('invalid-argument', `${where}.nesterov: expected a momentum > 0 with it, got 0`);
}

/** An optimizer that may come from JavaScript. */
export const optimizer: Field<Optimizer> = {
  check: (where, value) => refuse(where, checkKind(where, value, optimizerFields)),
};

/** Parts of the blocks that learn in a way of their own. */
interface Learning {
  readonly parts: readonly Part[];
  /** Default: as the optimizer says. */
  readonly learningRate?: LearningRate;
  readonly weightDecay?: number;
}

/** Parts of the blocks that one call after the other updates alike. */
interface Range {
  readonly parts: readonly Part[];
  readonly schedule: ScheduleRun;
  readonly weightDecay: number;
}

/** An optimizer at work on a network: it owns the slots and counts the steps. */
export class OptimizerRun {
  readonly #network: Network;
  readonly #optimizer: Optimizer;
  readonly #slots: readonly Pointer[];
  /** The optimizer's, then those of what learns in a way of its own. */
  #schedules: readonly ScheduleRun[] = [];
  #ranges: readonly Range[] = [];
  readonly #guard: Guard;
  /** How much greater than gradient times learning rate a change can be. */
  readonly #gain: number;
  #decay = 0;
  #step = 0;
  /** βᵢ^step as running products: Math.pow differs between engines. */
  #powers: [number, number] = [1, 1];

  constructor(network: Network, optimizer: Optimizer) {
    this.#network = network;
    this.#optimizer = optimizer;
    // Adam's first steps divide by 1 - β1, and all but plain descent by a root that may be 0, plus ε.
    const { beta1 = 0, epsilon = 1 } = optimizer as { readonly beta1?: number; readonly epsilon?: number };
    this.#gain = 1 / (1 - beta1) / Math.min(1, epsilon);
    this.divide({ rest: [{ offset: 0, count: network.layout.count }], learning: [] });
    const kind = kinds[optimizer.kind] as OptimizerKind<Optimizer>;
    this.#slots = Array.from({ length: kind.slots(optimizer) }, () => network.arena.allocate(network.layout.bytes));
    this.#guard = guardOf(network, this.#slots, optimizer.kind !== 'sgd');
  }

  /** From now on some parts learn in their own ways, `rest` as the optimizer says, and what is in neither not at all. */
  divide({ rest, learning }: { readonly rest: readonly Part[]; readonly learning: readonly Learning[] }): void {
    const all: readonly Learning[] = [{ parts: rest }, ...learning];
    this.#schedules = all.map(({ learningRate = this.#optimizer.learningRate }) => new ScheduleRun(learningRate));
    this.#ranges = all.flatMap((one, index) => this.#rangesOf(one, this.#schedules[index]!));
    this.#decay = Math.max(...this.#ranges.map(({ weightDecay }) => weightDecay));
  }

  /** One range, or weights before biases, as they lie, where weights alone decay. */
  #rangesOf({ parts, weightDecay: own }: Learning, schedule: ScheduleRun): readonly Range[] {
    const { count, weightCount } = this.#network.layout;
    const optimizer = this.#optimizer;
    const weightDecay = own ?? ('weightDecay' in optimizer ? optimizer.weightDecay : 0);
    if (weightDecay === 0 || ('decayBiases' in optimizer && optimizer.decayBiases)) {
      return [{ parts, schedule, weightDecay }];
    }
    const biases = { offset: weightCount, count: count - weightCount };
    return [
      { parts: overlaps(parts, [{ offset: 0, count: weightCount }]), schedule, weightDecay },
      { parts: overlaps(parts, [biases]), schedule, weightDecay: 0 },
    ];
  }

  /**
   * Changes the parameters by the gradients, of this norm, times `gradientScale`. Returns the learning rate of this step.
   *
   * @throws NonFiniteError where a parameter or a slot would not be finite any more; all are then as before.
   */
  update(gradientScale: number, gradientNorm: number): number {
    const { kernels, parameters, gradients, gradientParts } = this.#network;
    const optimizer = this.#optimizer;
    this.#step++;
    // All of them before the first update: where one is not finite, the parameters are as before.
    const rates = this.#ranges.map(({ schedule }) => this.#rateOf(schedule));
    if ('beta1' in optimizer) {
      this.#powers[0] *= optimizer.beta1;
      this.#powers[1] *= optimizer.beta2;
    }
    const kind = kinds[optimizer.kind] as OptimizerKind<Optimizer>;
    const run = (part: Part, learningRate: number, weightDecay: number) => {
      const offset = part.offset * kernels.realBytes();
      kind.update(optimizer, {
        kernels,
        parameters: parameters + offset,
        gradients: gradients + offset,
        slots: this.#slots.map((slot) => slot + offset),
        count: part.count,
        learningRate,
        gradientScale,
        corrections: [1 - this.#powers[0], 1 - this.#powers[1]],
        weightDecay,
      });
    };
    const update = () => {
      for (const [index, { parts, weightDecay }] of this.#ranges.entries()) {
        // Without memory of earlier gradients, a parameter whose gradient is zero stays as it is.
        const moving = this.#slots.length === 0 ? overlaps(gradientParts.list, parts) : parts;
        for (const part of moving) run(part, rates[index]!, weightDecay);
      }
    };
    const rate = Math.max(...rates);
    const where = this.#guard(update, gradientNorm * gradientScale, rate * this.#gain, rate * this.#decay);
    if (where === undefined) return rates[0]!;
    throw new NonFiniteError({ quantity: 'update', where, step: this.#step, norm: gradientNorm });
  }

  #rateOf(schedule: ScheduleRun): number {
    const learningRate = schedule.at(this.#step);
    if (Number.isFinite(learningRate)) return learningRate;
    throw new BpttError(
      'non-finite',
      `training step ${this.#step}: expected a finite learning rate, got ${learningRate}; the parameters are as before this step`,
    );
  }

  /** Tells the schedules of the learning rates a validation loss. */
  observe(loss: number): void {
    for (const schedule of this.#schedules) schedule.observe(loss);
  }

  /** Writes what the next update goes on from. */
  save(out: StateWriter): void {
    out.value('kind', this.#optimizer.kind);
    out.value('step', this.#step);
    out.value('powers', this.#powers);
    for (const [index, schedule] of this.#schedules.entries()) schedule.save(out.part(scheduleName(index)));
    for (const [index, slot] of this.#slots.entries()) saveBlock(this.#network, slot, out.part(`slot${index}`));
  }

  /** The inverse of `save`. The optimizer is of the same kind; its numbers may be others. */
  load(saved: StateReader): void {
    const { kind } = this.#optimizer;
    const saw = saved.value('kind');
    if (saw !== kind) throw saved.error('kind', show(kind), show(saw));
    this.#step = saved.count('step');
    const powers = saved.value('powers');
    if (!arePowers(powers)) throw saved.error('powers', 'two numbers from 0 to 1', show(powers));
    this.#powers = [...powers];
    for (const [index, schedule] of this.#schedules.entries()) schedule.load(saved.part(scheduleName(index)));
    for (const [index, slot] of this.#slots.entries()) loadBlock(this.#network, slot, saved.part(`slot${index}`));
  }

  /** Gives the slots' memory back. */
  release(): void {
    for (const slot of this.#slots) this.#network.arena.release(slot, this.#network.layout.bytes);
  }
}

/** How the state of a schedule is called: that of the optimizer has no number. */
function scheduleName(index: number): string {
  return `schedule${index === 0 ? '' : index - 1}`;
}

function arePowers(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((power) => power >= 0 && power <= 1);
}
