// What a layer is: it says its parameters, the buffers that a window of T×B needs and its output, and once these have
// addresses it runs forward and backward over a range of steps. No tape: each backward is written by hand.
import type { Fields } from '../base/fields.ts';
import type { Clock, Signal } from '../base/signal.ts';
import type { Companion } from '../wasm/companion.ts';
import type { Kernels, Pointer } from '../wasm/kernels.ts';
import type { Initializer, InitializerContext } from './initializers.ts';

/** The gates of LSTM and GRU; `h`: the state itself, of cells without gates. */
export type Gate = 'i' | 'f' | 'g' | 'o' | 'r' | 'z' | 'n' | 'h';

/**
 * What a layer makes of a parameter. `product`: one matrix product over all steps, whose gradient can be written or added. `products`: the
 * same, but its gradient comes in parts that are added. `look-up`: rows by token; the gradient of the others is zero. `sum`: anything else;
 * backward adds to the gradient.
 */
export type ParameterUse = 'product' | 'products' | 'look-up' | 'sum';

/** One parameter as it lies in memory, [rows, columns] with inputs as rows, and how it is presented outside. */
export interface ParameterSpec {
  /** Name in the whole model and in files, PyTorch's where PyTorch has the parameter. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** The gates whose blocks of columns stand side by side, each padded on its own. Default: one block. */
  readonly gates?: readonly Gate[];
  /** What is added to the initial values of each gate. Default: nothing. */
  readonly offsets?: readonly number[];
  /** What the parameter is to initialisers, and what PyTorch's go by: see `InitializerContext`. */
  readonly role: InitializerContext['role'];
  readonly fan: number;
  /** Of a bias: how many biases PyTorch has in place of this one, gate by gate. Default 1 each. */
  readonly biasCounts?: readonly number[];
  /**
   * Shape outside. PyTorch keeps weights as [outputs, inputs]: such a matrix is transposed on its way in and out, and one of more dimensions
   * too: [outputs, inputs, height, width] lies as [width, height, inputs, outputs].
   */
  readonly shape: readonly number[];
  readonly transposed: boolean;
  readonly use: ParameterUse;
  /** Biases are left out of weight decay, L1 and L2. A statistic is not learned: the layer keeps it up itself, and it has no gradient. */
  readonly kind: 'weight' | 'bias' | 'statistic';
  /** The least and the greatest that its numbers may be. Default: any. */
  readonly range?: readonly [least: number, most: number];
  readonly initializer: Initializer;
}

/** One buffer of a window. */
export interface BufferSpec {
  readonly name: string;
  /** `step`: T·B rows. `slot`: (T+1)·B rows, slot t is what step t starts from. `batch`: B rows. `fixed`: `rows` rows. */
  readonly extent: 'step' | 'slot' | 'batch' | 'fixed';
  readonly rows?: number;
  readonly columns: number;
  /** Blocks of columns side by side, each padded on its own. Default 1. */
  readonly gates?: number;
  readonly type: 'real' | 'integer' | 'octet';
  /** The greatest of its whole numbers, the least being 0: what is read from a checkpoint is held to it. Default: any. */
  readonly most?: number;
  /** Whether backward reads what an earlier forward call left: such rows move along when the window does. */
  readonly kept: boolean;
  /** Another time axis whose steps it has. Default: the layer's own. */
  readonly clock?: Clock;
  /** A time axis whose steps are the columns of each of its blocks; `columns` is then 0. */
  readonly across?: Clock;
  /** A buffer of the same size in whose place this one may lie in windows that no later backward reads again. */
  readonly inPlaceOf?: string;
}

/** A buffer in memory: step t starts at `pointer + t·stride`; its rows are `ld` elements apart. */
export interface Track {
  readonly pointer: Pointer;
  readonly stride: number;
  readonly ld: number;
}

/** A state that a layer carries from step to step, or has when its steps are over. */
export interface StateSpec {
  /** `h`, or `c` of an LSTM: a state starts from one of the same name. */
  readonly name: string;
  /** H. */
  readonly columns: number;
  /** The buffer of its values: a `slot` buffer where the state is carried, else one of `batch` that forward leaves the last state in. */
  readonly value: string;
  /** A `batch` buffer, where it has a gradient: before backward that of the state after the steps, and after it that of the state before them. */
  readonly gradient?: string;
  /** Whether it goes on from window to window. */
  readonly carried: boolean;
}

/** What a layer reads, as far as its shape goes. */
export interface Port {
  readonly signal: Signal;
  readonly clock: Clock;
  /** The entry that gives it, in errors. */
  readonly where: string;
  /** The state h that is its last output; undefined where that is the last valid step of each row. */
  readonly last: StateSpec | undefined;
}

/** What a layer reads in a window. */
export interface BoundPort {
  readonly track: Track;
  /** Where its gradient goes; undefined where nobody asks for it. */
  readonly gradient: Track | undefined;
  /** Whether backward is to add to what is there instead of writing it; only of a layer that says it can. */
  readonly add: boolean;
  /** How many steps are there. */
  filled(): number;
  /** What a layer that takes the last state reads instead of steps. */
  readonly states: readonly BoundState[];
  /** [T,B] octets: 1 where the step is padding. */
  readonly padding: Track;
}

/** A state that another layer has when its steps are over. */
export interface BoundState {
  readonly name: string;
  /** Where its rows lie. */
  value(): Pointer;
  readonly ld: number;
  /** Where its gradient goes; undefined where nobody asks for it. */
  readonly gradient: Pointer | undefined;
  readonly add: boolean;
}

/** What a layer gets when its parameters and buffers have addresses. */
export interface Binding {
  readonly kernels: Kernels;
  /** B. */
  readonly rows: number;
  /** What the layer reads, in the order of its ports. */
  readonly inputs: readonly BoundPort[];
  /** The gradient of the output, read by backward. */
  readonly dOutput: Track;
  /** [T,B] octets: 1 where the state before the step is zero. */
  readonly resets: Track;
  /** [T,B] octets: 1 where the step is padding. */
  readonly padding: Track;
  readonly scratch: Pointer;
  /** Whether the state before the first step is another layer's, which wants its gradient. */
  readonly started: boolean;
  parameter(name: string): Pointer;
  /** A parameter that is used as a product, the layer's own or a tied one. */
  weight(name: string): Weight;
  /** The gradient of a parameter, which backward adds to. */
  gradient(name: string): Pointer;
  /** Whether a parameter is to stay as it is. */
  isFrozen(name: string): boolean;
  buffer(name: string): Track;
}

/** A matrix as products see it: where it lies, and what becomes of its gradient. */
export interface Weight {
  readonly pointer: Pointer;
  /** The same in the order in which products read it, where it stays as it is while the window lives; else 0. */
  readonly packed: Pointer;
  /** Where its gradient goes; 0 where nobody asks for it. */
  readonly gradient: Pointer;
  /** Whether others have a part in the gradient: a product then adds to it, and may not overwrite it. */
  readonly shared: boolean;
  /** Whether it lies as [outputs, inputs]: that of another layer, read the other way round. */
  readonly turned: boolean;
}

/** How a window is computed. A window has one object for each way. */
export interface Pass {
  /** Whether any state in the window is reset. */
  readonly resets: boolean;
  /** Whether any step in the window is padding. */
  readonly padding: boolean;
  /** Whether dropout and its like are on. */
  readonly training: boolean;
  /** Backward must not overwrite activations that another backward reads: windows overlap where k2 > k1. */
  readonly keepsActivations: boolean;
  /** Backward goes on where the last one ended: its steps were the next ones, and the gradient that they left for the state before them flows in. */
  readonly continuesFromLater: boolean;
  /** Backward is to be gone on with by the steps before: it leaves them the gradient of the state before its first step. */
  readonly continuesToEarlier: boolean;
}

/** Where the steps of a window are in a training: with the seed, this alone decides their random masks. */
export interface Draw {
  readonly seed: readonly [low: number, high: number];
  /** The number of the batch in the training, and of the window in the batch. */
  readonly batch: number;
  readonly window: number;
  /** The number of the first new step in its batch. */
  readonly step: number;
  /** The next number of a mask, from 1: each mask of a model has its own. */
  mask(): number;
}

/** What a layer adds to the objective in training: `weight` times the sum, or the mean, of terms, one or more for each row and step. */
export interface BoundPenalty {
  readonly weight: number;
  /**
   * What the terms are computed from. `outputs`: those of a step and the steps before it; in an overlapping window only the terms of new
   * steps count. `gradients`: what backward computes, anew in each pass, so that the terms of all its steps count.
   */
  readonly of: 'outputs' | 'gradients';
  /** How many terms steps `from` to `to` have; asked after their `forward`. */
  count(from: number, to: number, pass: Pass): number;
  /** Sets what the next calls of `backward` add: `factor` times the gradient of the terms of steps `first` and later. */
  weigh(first: number, factor: number): void;
  /** Adds the terms of steps `from` to `to` to `sum`, from the last to the first; terms of gradients are there after `backward`. */
  add(sum: number, from: number, to: number, pass: Pass): number;
  /** Terms of gradients once more, for the steps of the last `backward`, with today's parameters and all else unchanged: for checks. */
  renewed?(from: number, to: number, pass: Pass): number;
}

/** A layer in one window. Steps are numbered from the window's first, `to` is not included. */
export interface BoundLayer {
  /** What it adds to the objective. Default: nothing. */
  readonly penalties?: readonly BoundPenalty[];
  /** Draws the random masks of new steps. Only in training. */
  draw?(from: number, to: number, draw: Draw): void;
  /** Computes the outputs of steps `from` to `to`. */
  forward(from: number, to: number, pass: Pass): void;
  /**
   * From dOutput of the steps: adds up the gradients of the parameters, in the order from the last step to the first, and writes
   * dInput. From later steps nothing flows in but in a pass that says so.
   */
  backward(from: number, to: number, pass: Pass): void;
  /** Whether the last `backward` has made numbers that are not finite of such as are; of layers that others than this package wrote. */
  atFault?(): boolean;
}

/** How gradients are to be taken, as far as a layer may have to refuse it. */
export interface Reach {
  readonly truncation?: { readonly k1: number; readonly k2: number } | undefined;
  readonly memoryBudget?: number | undefined;
  /** Whether the rows of a batch are read in several places. */
  readonly blocks?: boolean;
}

/** A parameter of another entry that a layer uses as well. */
export interface TiedParameter {
  /** What it would be called if it were the layer's own: other formats know it by both names. */
  readonly name: string;
  readonly spec: ParameterSpec;
  readonly use: ParameterUse;
  /** Whether it lies as [outputs, inputs]. */
  readonly turned: boolean;
}

/** A layer at its place in a model. */
export interface Layer {
  readonly output: Signal;
  /** Kernels that not every page has; loaded before the model is there, so that `bind` finds them. */
  readonly companion?: Companion<object>;
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
  /** The name of the buffer whose rows are the outputs; of a `slot` buffer, slot t+1 is the output of step t. */
  readonly result: string;
  /** Whether backward needs the outputs, so that their gradient may not take their place. */
  readonly keepsResult: boolean;
  /** The states that it carries, or ends with. */
  readonly states: readonly StateSpec[];
  /** Whether its last output is its last state h. Default: where it has one. */
  readonly endsInState?: boolean;
  /** Parameters of other entries that it uses as well. Default: none. */
  readonly tied?: readonly TiedParameter[];
  /** Whether backward can add to the gradients of what it reads instead of writing them. Default false. */
  readonly adds?: boolean;
  /**
   * Whether it reads the steps of its ports step by step, all at once, the last valid one of each row, or the state h in which they end.
   * Default: step by step.
   */
  readonly takes?: 'all-steps' | 'last-step' | 'last-state';
  /** The time axis of its outputs. Default: that of its first port. */
  readonly clock?: Clock;
  /** What the output of a step depends on: that step's input alone, earlier steps too, or steps on both sides. */
  readonly reads: 'step' | 'past' | 'both';
  /** @throws BpttError for gradients that it cannot have. Default: it can have any. */
  refuse?(reach: Reach): void;
  /** Bytes of scratch for at most T steps of B rows; `stepsOf`: the most steps of other time axes. */
  scratch(kernels: Kernels, T: number, B: number, stepsOf: (clock: Clock) => number): number;
  /** Loads code that `bind` needs and most models do not, once for each network. Default: there is none. */
  load?(): Promise<void>;
  bind(binding: Binding): BoundLayer;
}

/** Where an entry stands in a model: all that a layer may know of the others. */
export interface Place {
  /** Names the entry in errors. */
  readonly where: string;
  /** What it reads, one port at least. */
  readonly ports: readonly Port[];
  /** The full name of a parameter: `dense.weight`, `rnn.weight_ih_l0`, or by the entry's own name, `words.weight`. */
  name(family: string, part: string): string;
  /** The parameter of an entry before this one. @throws BpttError where there is none. */
  parameter(name: string): ParameterSpec;
  /** The time axis of an input, by its name. @throws BpttError where there is none. */
  clock(name: string): Clock;
}

/** A kind of layer: how plain data becomes a layer. */
export interface LayerKind<Description extends { readonly kind: string }> {
  readonly kind: Description['kind'];
  /** Its options: what a description holds besides `kind`. */
  readonly fields: Fields;
  /** How many entries it may read. Default: one. */
  readonly ports?: 'several';
  /** @throws BpttError for options that are right one by one and not together. */
  refuse?(description: Description, where: string): void;
  create(description: Description, place: Place): Layer;
}
