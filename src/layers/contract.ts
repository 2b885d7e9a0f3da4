// What a layer is: it says its parameters, the buffers that a window of T×B needs and its output, and once these have
// addresses it runs forward and backward over a range of steps. No tape: each backward is written by hand.
import type { Fields } from '../base/fields.ts';
import type { Signal } from '../base/signal.ts';
import type { Kernels, Pointer } from '../wasm/kernels.ts';
import type { Initializer, InitializerContext } from './initializers.ts';

/** The gates of LSTM and GRU; `h`: the state itself, of cells without gates. */
export type Gate = 'i' | 'f' | 'g' | 'o' | 'r' | 'z' | 'n' | 'h';

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
  /** Shape outside. PyTorch keeps weights as [outputs, inputs]: such a matrix is transposed on its way in and out. */
  readonly shape: readonly number[];
  readonly transposed: boolean;
  /** Rows are looked up by token: the gradient is zero in the rows of tokens that did not occur. Default false. */
  readonly lookedUp?: boolean;
  /** Backward writes the gradient, unless in a pass with later steps, instead of adding to it. Default false. */
  readonly overwritten?: boolean;
  /** Biases are left out of weight decay, L1 and L2. */
  readonly kind: 'weight' | 'bias';
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
  /** Whether backward reads what an earlier forward call left: such rows move along when the window does. */
  readonly kept: boolean;
  /** There only while parameters do not change: copies of weights in the order in which products read them. */
  readonly frozen?: boolean;
  /** A buffer of the same size in whose place this one may lie in windows that no later backward reads again. */
  readonly inPlaceOf?: string;
}

/** A buffer in memory: step t starts at `pointer + t·stride`; its rows are `ld` elements apart. */
export interface Track {
  readonly pointer: Pointer;
  readonly stride: number;
  readonly ld: number;
}

/** What a layer gets when its parameters and buffers have addresses. */
export interface Binding {
  readonly kernels: Kernels;
  /** B. */
  readonly rows: number;
  readonly input: Track;
  /** Where the gradient of the input goes; undefined where nobody asks for it. */
  readonly dInput: Track | undefined;
  /** Whether backward adds to what is there instead of writing it. */
  readonly addToInput?: boolean;
  /** The gradient of the output, read by backward. */
  readonly dOutput: Track;
  /** [T,B] octets: 1 where the state before the step is zero. */
  readonly resets: Track;
  /** [T,B] octets: 1 where the step is padding. */
  readonly padding: Track;
  readonly scratch: Pointer;
  /** Whether the parameters stay as they are while the binding lives, and the buffers for that are there. */
  readonly frozen: boolean;
  parameter(name: string): Pointer;
  /** The gradient of a parameter: backward adds to it, or overwrites it as the parameter says. */
  gradient(name: string): Pointer;
  buffer(name: string): Track;
}

/**
 * How a range of steps is computed. A window makes one object for each combination, and gives the same object each time.
 */
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
}

/** A layer at its place in a model. */
export interface Layer {
  readonly output: Signal;
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
  /** The name of the buffer whose rows are the outputs; of a `slot` buffer, slot t+1 is the output of step t. */
  readonly result: string;
  /** Whether backward needs the outputs, so that their gradient may not take their place. */
  readonly keepsResult: boolean;
  /** The `slot` buffers that carry from step to step, and from window to window. */
  readonly state: readonly string[];
  /** `last`: only the output of a batch's last step counts, and it is the last valid one of each row. Default: all steps. */
  readonly returns?: 'all' | 'last';
  /** What the output of a step depends on: that step's input alone, earlier steps too, or steps on both sides. */
  readonly reads: 'step' | 'past' | 'both';
  /** Bytes of scratch for at most T steps of B rows. */
  scratch(kernels: Kernels, T: number, B: number): number;
  bind(binding: Binding): BoundLayer;
}

/** How many layers of each kind stand before this one: what names are numbered by. */
export type Ordinal = (kind: 'recurrent' | 'dense' | 'embedding') => number;

/** A kind of layer: how plain data becomes a layer. */
export interface LayerKind<Description extends { readonly kind: string }> {
  readonly kind: Description['kind'];
  /** Its options: what a description holds besides `kind`. */
  readonly fields: Fields;
  /** @throws BpttError for options that are right one by one and not together. */
  refuse?(description: Description, where: string): void;
  /** The layer that reads `input`. `where` names it in errors. */
  create(description: Description, input: Signal, ordinal: Ordinal, where: string): Layer;
}
