// Random graphs, and batches for them, from numbers that depend on nothing but a seed.
import {
  add,
  type ByName,
  bidirectional,
  concat,
  dense,
  elman,
  embedding,
  features,
  type GraphBatch,
  gru,
  last,
  lstm,
  type ModelDescription,
  normal,
  repeat,
  tokens,
  type Values,
  type WeightedLoss,
} from '../../src/index.ts';
import { numbers } from './models.ts';

/** An entry that others may read. */
interface Drawn {
  readonly name: string;
  /** Of its steps; undefined where it has one output a row. */
  readonly clock: string | undefined;
  readonly size: number;
  readonly tokens?: boolean;
  /** What can start from it. */
  readonly states?: 'h' | 'hc';
}

/** A model, its losses and a batch. */
export interface RandomGraph {
  readonly description: ModelDescription;
  readonly loss: ByName<Required<WeightedLoss>>;
  readonly batch: GraphBatch;
}

const H = 3;
const V = 4;
const B = 4;
const given = { biasInitializer: normal({ deviation: 0.3 }) };

/** What may be in a graph: `whole` also several clocks, starts, both directions and what follows from the end of sequences. */
export function randomGraph(seed: number, { whole }: { readonly whole: boolean }): RandomGraph {
  const next = numbers(seed);
  const drawing = new Drawing(next, whole);
  const { description, outputs, inputs } = drawing;
  const chance = (share: number) => next() < share;
  const below = (limit: number) => Math.floor(next() * limit);
  const clocks = inputs.flatMap(({ name, clock }) => (clock === name ? [name] : []));
  const steps = Object.fromEntries(clocks.map((name) => [name, 2 + below(5)]));
  const count = ({ clock }: Drawn) => (clock === undefined ? 1 : steps[clock]!) * B;
  const ids = (length: number, size: number) => Int32Array.from({ length }, () => below(size));
  const reals = (length: number) => Float64Array.from({ length }, () => next());
  const by = <A>(entries: readonly Drawn[], make: (entry: Drawn) => A) =>
    Object.fromEntries(entries.map((entry) => [entry.name, make(entry)]));
  const names = ['cross-entropy', 'mean-squared-error', 'binary-cross-entropy'] as const;
  const loss = by(outputs, () => ({ loss: names[below(3)]!, weight: 0.25 + next() }));
  const targets = by(outputs, (entry): Values => {
    if (loss[entry.name]!.loss === 'cross-entropy') return ids(count(entry), entry.size);
    return reals(count(entry) * entry.size);
  });
  // Of some graphs no output counts in the first steps: nothing goes back to what only they have read.
  const silent = chance(0.4) ? 1 + below(5) : 0;
  const masked = outputs.filter(({ clock }) => clock !== undefined && (silent > 0 || chance(0.5)));
  const batch = {
    rows: B,
    steps,
    inputs: by(
      inputs,
      (entry): Values =>
        entry.tokens ? ids(count(entry), entry.size) : reals(count(entry) * entry.size).map((value) => 2 * value - 1),
    ),
    targets,
    ...(masked.length > 0 && {
      mask: by(masked, (entry) =>
        Uint8Array.from({ length: count(entry) }, (_, i) => +(i >= silent * B && chance(0.6))).fill(
          1,
          count(entry) - 1,
        ),
      ),
    }),
    ...(clocks.length === 1 &&
      chance(0.5) && { resets: Uint8Array.from({ length: steps[clocks[0]!]! * B }, () => +chance(0.2)) }),
    ...(whole &&
      chance(0.5) && {
        lengths: Object.fromEntries(
          clocks.map((name) => [name, Array.from({ length: B }, () => 1 + below(steps[name]!))]),
        ),
      }),
  };
  return { description, loss, batch };
}

class Drawing {
  readonly #next: () => number;
  readonly #entries: object[] = [];
  readonly #all: Drawn[] = [];
  readonly #read = new Set<string>();
  readonly inputs: readonly Drawn[];

  constructor(next: () => number, whole: boolean) {
    this.#next = next;
    this.inputs = this.#drawInputs(whole);
    const layers = 3 + this.#below(5);
    for (let layer = 0; layer < layers; layer++) this.#drawLayer(whole);
    for (const input of this.inputs) if (!this.#read.has(input.name)) this.#dense(input);
  }

  get description(): ModelDescription {
    return this.#entries as unknown as ModelDescription;
  }

  get outputs(): readonly Drawn[] {
    return this.#all.filter(({ name }) => !this.#read.has(name));
  }

  #below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  #pick<A>(list: readonly A[]): A | undefined {
    return list[this.#below(list.length)];
  }

  #drawInputs(whole: boolean): readonly Drawn[] {
    const input = (name: string, clock: string | undefined): Drawn => {
      const options = { name, ...(clock !== name && { clock: clock ?? 'row' }) };
      const asTokens = this.#next() < 0.5;
      this.#entries.push(asTokens ? tokens(V, options) : features(H, options));
      const drawn = { name, clock, size: asTokens ? V : H, tokens: asTokens };
      this.#all.push(drawn);
      return drawn;
    };
    return [
      input('a', 'a'),
      ...(this.#next() < 0.4 ? [input('b', 'a')] : []),
      ...(whole && this.#next() < 0.5 ? [input('c', 'c')] : []),
      ...(this.#next() < 0.6 ? [input('r', undefined)] : []),
    ];
  }

  /** Adds an entry; its name is its number. */
  #put(make: (name: string) => object, sources: readonly Drawn[], drawn: Omit<Drawn, 'name'>): void {
    const name = `n${this.#entries.length}`;
    this.#entries.push(make(name));
    for (const source of sources) this.#read.add(source.name);
    this.#all.push({ name, ...drawn });
  }

  #dense(from: Drawn, units = 2 + this.#below(2)): void {
    const activation = this.#next() < 0.3 ? { activation: this.#pick(['gelu', 'silu', 'softplus'] as const)! } : {};
    const make = (name: string) => dense({ units, name, from: from.name, ...given, ...activation });
    this.#put(make, [from], { clock: from.clock, size: units });
  }

  #drawLayer(whole: boolean): void {
    const from = this.#pick(this.#all)!;
    const { clock } = from;
    if (from.tokens) {
      const initializer = normal({ deviation: 0.5 });
      if (this.#next() < 0.5) this.#dense(from, H);
      else this.#put((name) => embedding({ units: H, name, from: from.name, initializer }), [from], { clock, size: H });
      return;
    }
    const kind = this.#pick(['dense', 'recurrent', 'recurrent', 'join', 'join', 'clock', 'clock', 'both'] as const)!;
    if (kind === 'join') this.#join(from);
    else if (kind === 'clock') this.#changeClock(from, whole);
    else if (kind === 'both' && whole && clock !== undefined) this.#bothDirections(from);
    else if (kind === 'recurrent' && clock !== undefined) this.#recurrent(from, whole);
    else this.#dense(from);
  }

  #join(one: Drawn): void {
    const { clock, size } = one;
    const other = this.#pick(this.#all.filter((entry) => entry !== one && entry.clock === clock && !entry.tokens));
    if (other === undefined) return;
    const from = [one.name, other.name];
    if (other.size === size && this.#next() < 0.5)
      this.#put((name) => add({ from, name }), [one, other], { clock, size });
    else this.#put((name) => concat({ from, name }), [one, other], { clock, size: size + other.size });
  }

  #bothDirections(from: Drawn): void {
    const layer = this.#pick([gru({ units: H, ...given }), lstm({ units: H, ...given })])!;
    const merge = this.#pick(['sum', 'concat'] as const)!;
    this.#put((name) => bidirectional(layer, { name, from: from.name, merge }), [from], {
      clock: from.clock,
      size: merge === 'sum' ? H : 2 * H,
      states: layer.kind === 'lstm' ? 'hc' : 'h',
    });
  }

  #changeClock(from: Drawn, whole: boolean): void {
    const { clock, size } = from;
    if (clock === undefined) {
      const target = this.#pick(this.inputs.filter((input) => input.clock === input.name))!.name;
      // What follows from the end of a sequence makes the graph whole where it has steps again.
      if (!whole && this.#fromEnd(from)) this.#dense(from);
      else this.#put((name) => repeat({ clock: target, name, from: from.name }), [from], { clock: target, size });
    } else if (!whole && from.states === undefined) this.#recurrent(from, whole);
    else this.#put((name) => last({ name, from: from.name }), [from], { clock: undefined, size });
  }

  /** Whether it has something to do with a `last`. */
  #fromEnd({ name }: Drawn): boolean {
    const entry = this.#entries.find((one) => (one as { name: string }).name === name) as {
      kind: string;
      from?: string | readonly string[];
    };
    if (entry.kind === 'last') return true;
    const sources = [entry.from ?? []].flat();
    return sources.some((source) => this.#fromEnd(this.#all.find((one) => one.name === source)!));
  }

  #recurrent(from: Drawn, whole: boolean): void {
    const cell = this.#pick([elman, gru, lstm])!;
    const states = cell === lstm ? ('hc' as const) : ('h' as const);
    const starts = this.#all.filter(
      (one) => one.size === H && !one.tokens && one !== from && (one.clock === undefined || one.states === states),
    );
    const start = whole && this.#next() < 0.6 ? this.#pick(starts) : undefined;
    this.#put(
      (name) => cell({ units: H, name, from: from.name, ...given, ...(start && { start: start.name }) }),
      start === undefined ? [from] : [from, start],
      { clock: from.clock, size: H, states },
    );
  }
}
