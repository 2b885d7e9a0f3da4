// The entries of a model for the layers of one of Keras: a chain as it is, anything else with names.
import { show } from '../../base/check.ts';
import type { ModelDescription } from '../../layers/registry.ts';
import { describeLayer, type KerasEntry, type KerasOutput, refuse } from './describe.ts';
import type { KerasGraph, KerasLayer, KerasNode } from './layer-chain.ts';

export interface KerasEntries {
  /** `size`: how many features a chain reads whose file does not say it. */
  description(size: number | undefined): ModelDescription;
  /** What the last activation makes of each output, in their order. */
  readonly outputs: readonly { readonly name: string | undefined; readonly output: KerasOutput }[];
}

/** What a layer of Keras gives. */
interface Result {
  /** The entry that is it. */
  readonly name: string;
  /** The inputs whose steps it has; none of one output a row. */
  readonly clocks: readonly string[];
  readonly steps: number | undefined;
  readonly masked: boolean;
  readonly output: KerasOutput;
}

/** An input of the model. */
interface Source {
  readonly layer: KerasLayer;
  readonly name: string;
  /** As the file says it, without the rows; undefined where it does not. */
  readonly shape: readonly (number | null)[] | undefined;
  tokens?: number;
  skip?: number;
  /** Whether layers that want steps read it. */
  clock?: string;
}

type Entry = Record<string, unknown> & { kind: string };

/** Entries of the whole model. @throws BpttError `bad-file` for what there is no entry for. */
export function entriesOf(graph: KerasGraph, version: string): KerasEntries {
  return new Entries(graph, version).build();
}

class Entries {
  readonly #graph: KerasGraph;
  readonly #version: string;
  readonly #sources: Source[] = [];
  readonly #entries: (Entry | Source)[] = [];
  readonly #results = new Map<KerasLayer, Result>();
  readonly #names = new Set<string>();

  constructor(graph: KerasGraph, version: string) {
    this.#graph = graph;
    this.#version = version;
  }

  build(): KerasEntries {
    for (const node of this.#graph.nodes) this.#results.set(node.layer, this.#add(node));
    const results = this.#graph.outputs.map((layer) => this.#results.get(layer)!);
    const chain = this.#isChain();
    return {
      outputs: results.map(({ name, output }) => ({ name: chain ? undefined : name, output })),
      description: (size) =>
        this.#entries.map((entry) => this.#written(entry, chain, size)) as unknown as ModelDescription,
    };
  }

  /** Whether each entry reads the one before, and needs no name for it. */
  #isChain(): boolean {
    if (this.#sources.length > 1 || this.#graph.outputs.length > 1) return false;
    return this.#entries.every((entry, index) => {
      if (isSource(entry)) return index === 0;
      const from = entry.from as readonly string[];
      return entry.kind !== 'repeat' && from.length === 1 && from[0] === this.#entries[index - 1]!.name;
    });
  }

  #written(entry: Entry | Source, chain: boolean, size: number | undefined): object {
    if (!isSource(entry)) {
      const { name, from, ...rest } = entry;
      const sources = from as readonly string[];
      return chain ? rest : { ...rest, name, from: sources.length === 1 ? sources[0] : sources };
    }
    const { tokens, skip, shape, name, layer, clock } = entry;
    checkShape(entry, size);
    const features = shape?.at(-1) ?? size;
    if (tokens === undefined && features === undefined) throw refuse(layer, 'how many features it has', 'none');
    const row = tokens === undefined && shape?.length === 1;
    const place = row ? { clock: 'row' } : clock === undefined ? {} : { clock };
    const options = { ...(skip !== undefined && { skip }), ...(!chain && { name, ...place }) };
    return tokens === undefined
      ? { kind: 'features', size: features, ...options }
      : { kind: 'tokens', size: tokens, ...options };
  }

  #add({ layer, sources }: KerasNode): Result {
    if (sources.length === 0) {
      const source = this.#addSource(layer);
      if (layer.className === 'InputLayer') return source;
      return this.#addLayer(layer, [source]);
    }
    return this.#addLayer(
      layer,
      sources.map((one) => this.#results.get(one)!),
    );
  }

  #addSource(layer: KerasLayer): Result {
    const given = layer.config.batch_shape ?? layer.config.batch_input_shape ?? undefined;
    if (given !== undefined && !Array.isArray(given)) throw refuse(layer, 'a shape', show(given));
    const shape = (given as readonly (number | null)[] | undefined)?.slice(1);
    const name = this.#name(layer.className === 'InputLayer' ? layer.name : `${layer.name}_input`);
    const source: Source = { layer, name, shape };
    this.#sources.push(source);
    this.#entries.push(source);
    const row = shape?.length === 1;
    return {
      name,
      clocks: row ? [] : [name],
      steps: shape?.length === 2 ? (shape[0] ?? undefined) : undefined,
      masked: false,
      output: 'logits',
    };
  }

  #addLayer(layer: KerasLayer, reads: readonly Result[]): Result {
    const [first] = reads as [Result];
    const head = reads.find(({ output }) => output !== 'logits');
    if (head !== undefined) {
      throw refuse(
        layer,
        `${head.output} at the end only`,
        `it in '${head.name}', before '${layer.name}' (${layer.className})`,
      );
    }
    const described = describeLayer(layer, { version: this.#version, ends: this.#ends(layer), steps: first.steps });
    const { tokens, skip, repeats, layers, output } = described;
    if (reads.length > 1 && !joining.includes(layers[0]?.kind as string)) {
      throw refuse(layer, 'one input', `${reads.length}: ${reads.map(({ name }) => name).join(', ')}`);
    }
    const source = this.#sources.find(({ name }) => name === first.name);
    const result = { ...first, output, masked: reads.some(({ masked }) => masked) || skip !== undefined };
    if (tokens !== undefined) {
      if (source === undefined) throw refuse(layer, 'tokens of an input', `those of '${first.name}'`);
      source.tokens = tokens;
      if (source.shape?.length === 1)
        return this.#follow(
          layer,
          layers,
          [{ ...result, clocks: [source.name], steps: source.shape[0] ?? undefined }],
          skip,
          source,
        );
    }
    return this.#follow(layer, layers, [result, ...reads.slice(1)], skip, source, repeats);
  }

  /** The entries of a layer one after the other. */
  #follow(
    layer: KerasLayer,
    layers: readonly KerasEntry[],
    reads: readonly Result[],
    skip: number | undefined,
    source: Source | undefined,
    repeats?: number,
  ): Result {
    const [first] = reads as [Result];
    if (skip !== undefined) {
      if (source === undefined) throw refuse(layer, 'what an input gives to mask', `what '${first.name}' gives`);
      source.skip = skip;
    }
    const clocks = [...new Set(reads.flatMap((one) => one.clocks))];
    this.#unify(clocks);
    let result: Result = { ...first, clocks };
    const more = repeats === undefined ? layers : [this.#repeat(layer, first, repeats)];
    if (repeats !== undefined) result = { ...result, clocks: [(more[0] as { clock: string }).clock], steps: repeats };
    for (const [index, entry] of more.entries()) {
      if (entry.kind === 'flatten' && result.masked)
        throw refuse(layer, 'steps that are all there', 'steps that are masked');
      const name = this.#name(index === more.length - 1 ? layer.name : `${layer.name}_${index}`);
      const from = index === 0 ? reads.map((one) => one.name) : [result.name];
      this.#entries.push({ ...entry, name, from });
      const ends = entry.kind === 'flatten' || ('returns' in entry && entry.returns === 'last');
      result = { ...result, name, ...(ends && { clocks: [], steps: undefined, masked: false }) };
    }
    return result;
  }

  /** One output a row at each step of an input with as many steps. */
  #repeat(layer: KerasLayer, { clocks }: Result, steps: number): KerasEntry {
    if (clocks.length > 0) throw refuse(layer, 'one output a row', 'one for each step');
    const clock = this.#sources.find(({ shape }) => shape !== undefined && shape.length > 0 && shape[0] === steps);
    if (clock === undefined)
      throw refuse(layer, `an input of ${steps} steps, which are those of what it gives`, 'none');
    return { kind: 'repeat', clock: clock.name } as KerasEntry;
  }

  /** Inputs that are joined step by step have the same steps. */
  #unify(clocks: readonly string[]): void {
    const [first, ...others] = clocks;
    for (const other of others) {
      const source = this.#sources.find(({ name }) => name === other)!;
      const root = this.#sources.find(({ name }) => name === first)!.clock ?? first!;
      if (source.name !== root) source.clock = root;
    }
  }

  #ends(layer: KerasLayer): boolean {
    return this.#graph.nodes.every(({ sources }) => !sources.includes(layer));
  }

  /** A name that entries can have, and no other has. */
  #name(given: string): string {
    const plain = given.replace(/[^\w-]/g, '_').replace(/^(?![A-Za-z_])/, '_');
    let name = plain;
    for (let number = 1; this.#names.has(name); number++) name = `${plain}_${number}`;
    this.#names.add(name);
    return name;
  }
}

/** What may read several. */
const joining: readonly string[] = ['add', 'average', 'multiply', 'concat'];

const isSource = (entry: Entry | Source): entry is Source => 'layer' in entry && 'shape' in entry;

/** Models read sequences: of tokens [batch, steps], or of features [batch, steps, features]; or one row of features [batch, features]. */
function checkShape({ layer, shape, tokens }: Source, size: number | undefined): void {
  if (shape === undefined) return;
  const wanted = tokens === undefined ? 2 : 1;
  const width = shape.at(-1);
  if (shape.length === wanted && (tokens !== undefined || size === undefined || width === size)) return;
  if (tokens === undefined && size === undefined && shape.length === 1 && width !== null) return;
  const expected = tokens === undefined ? `[batch, steps, ${size ?? 'features'}]` : '[batch, steps]';
  throw refuse(layer, `inputs ${expected}`, JSON.stringify([null, ...shape]));
}
