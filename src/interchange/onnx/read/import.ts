// ONNX graphs as models.
import { checkBytes, checkString, show } from '../../../base/check.ts';
import { BpttError } from '../../../base/errors.ts';
import { checkFields } from '../../../base/fields.ts';
import { otherFormat } from '../../../formats/other-format.ts';
import { kindsOf } from '../../../layers/describe.ts';
import { moreKinds } from '../../../layers/kinds.ts';
import { type Model, restoreModel } from '../../../model/model.ts';
import { type Engine, type EngineOptions, engineFields } from '../../../model/network.ts';
import { decodeMessage } from '../format/protobuf.ts';
import { type GraphProto, type ModelProto, modelFields, type NodeProto, type ValueInfo } from '../format/schema.ts';
import type { Parameter } from '../write/context.ts';
import { type Assembled, assemble } from './assemble.ts';
import { axesRules } from './axes-rules.ts';
import { cutRules } from './cut-rules.ts';
import { layerRules } from './layer-rules.ts';
import { Operation, type Rule, Source } from './operation.ts';
import { readOwn } from './own-files.ts';
import { recurrentRules } from './recurrent-rules.ts';
import { reshapeRule } from './reshape-rule.ts';
import { settle } from './stages.ts';
import { readTensor } from './tensor.ts';
import type { Axis, Half, Head, Value } from './values.ts';

/** The operator sets whose graphs can be read. */
const OLDEST = 7;
const NEWEST = 25;

/** What `importOnnx` resolves to: the model, and how the graph differs from it. */
export interface OnnxModel {
  /** The model, with the weights of the graph. */
  readonly model: Model;
  /** What the graph makes of the outputs of the last layer, which are what the model gives. */
  readonly output: Head | 'logits';
  /** Whether the graph reads [B,T,...]. The model reads [T,B,...] in any case. */
  readonly batchFirst: boolean;
}

/**
 * The model of an ONNX file: what `exportOnnx` wrote, or a graph of embeddings, RNN, LSTM, GRU and dense layers one after the other
 * as the exporters of PyTorch and Keras write them (operator sets 7 to 25), with activations between them. Gates, biases and directions are put in the order that
 * models have here; both biases are added up where that is the same.
 *
 * Recurrent operators may have initial states that are zero or inputs of the graph, `sequence_lens` that are an input, one or two
 * directions, and what this package has of activations. First and last states and lengths are then what `forward` takes and gives.
 * A graph whose steps an exporter wrote out one by one (nn.RNN through torch.export, Keras on PyTorch) has no such operator.
 *
 * @param options `dtype`, `relaxed` and `kernels`, as of `createModel`.
 * @param where What error messages call the file.
 * @throws BpttError `bad-file`: for bytes that are cut off or damaged, with the field and its first byte; for an operator that
 * cannot be imported or is used in a way that cannot, with the name of its node; for inputs and outputs that no layer has.
 *
 * @example
 * const { model, batchFirst } = await importOnnx(await readFile('torch.onnx'));
 * console.log(model.summary(), batchFirst);
 */
export async function importOnnx(
  bytes: Uint8Array,
  options: EngineOptions = {},
  where = 'ONNX file',
): Promise<OnnxModel> {
  checkBytes('importOnnx(bytes)', bytes);
  checkString('importOnnx(where)', where);
  const engine = checkFields('importOnnx', options, engineFields);
  const other = otherFormat(bytes);
  if (other !== undefined) throw new BpttError('bad-file', `${where}: expected an ONNX file, got ${other}`);
  const proto = decodeMessage(modelFields, bytes, where);
  const version = versionOf(proto, where);
  const own = readOwn(proto, bytes, where);
  if (own !== undefined) {
    const model = await restore(where, own.description, own.parameters, engine);
    return { model, output: own.options.output, batchFirst: false };
  }
  const { assembled, batchFirst } = new Reading(new Source(where, version, bytes.length)).read(proto.graph!);
  const model = await restore(where, assembled.description, assembled.parameters, engine);
  return { model, output: assembled.output, batchFirst };
}

/** The version of the operator set, of a file that has only that and one graph. */
function versionOf({ graph, opsetImport, functions }: ModelProto, where: string): number {
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  if (graph === undefined) throw bad('a graph', 'a file without one');
  const standard = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (standard === undefined) throw bad('the version of the operator set (opset_import)', 'a file without it');
  if (!(standard.version >= OLDEST && standard.version <= NEWEST)) {
    throw bad(`an operator set from ${OLDEST} to ${NEWEST}`, String(standard.version));
  }
  if (functions.length > 0) throw bad('no functions of its own', show(functions[0]!.name));
  if (graph.sparseInitializer.length > 0) throw bad('no sparse initializers', `${graph.sparseInitializer.length}`);
  return standard.version;
}

async function restore(
  where: string,
  description: readonly unknown[],
  parameters: readonly Parameter[],
  engine: Engine,
): Promise<Model> {
  try {
    return await restoreModel(description, parameters as never, engine, kindsOf(moreKinds));
  } catch (cause) {
    if (!(cause instanceof BpttError) || (cause.code !== 'invalid-shape' && cause.code !== 'non-finite')) throw cause;
    throw new BpttError('bad-file', `${where}: ${cause.message}`, { cause });
  }
}

/** Goes through a graph from input to output. */
class Reading {
  readonly #source: Source;
  readonly #values = new Map<string, Value>();
  readonly #used = new Map<string, 'lengths' | 'state'>();
  readonly #rules: Readonly<Record<string, Rule>>;

  constructor(source: Source) {
    this.#source = source;
    const used = (input: string, as: 'lengths' | 'state') => this.#used.set(input, as);
    this.#rules = {
      ...layerRules,
      ...axesRules,
      ...cutRules,
      Reshape: reshapeRule,
      ...recurrentRules(used),
    };
  }

  read(graph: GraphProto): { readonly assembled: Assembled; readonly batchFirst: boolean } {
    for (const tensor of graph.initializer) {
      this.#values.set(tensor.name, {
        kind: 'constant',
        tensor: readTensor(tensor, `${this.#source.where}, initializer ${show(tensor.name)}`),
      });
    }
    // Older files list initializers as inputs too.
    const inputs = graph.input.filter(({ name }) => !this.#values.has(name));
    const axes = new Map(inputs.map((info) => [info.name, this.#axesOf(info)]));
    for (const [name, own] of axes) {
      this.#values.set(name, { kind: 'sequence', stage: { kind: 'input', name }, axes: own });
    }
    const nodes = this.#needed(graph);
    // First of all, whether all operators are known: that is what people want to hear of.
    const rules = nodes.map((node) => this.#ruleOf(node));
    for (const [index, node] of nodes.entries()) this.#run(node, rules[index]!);

    const [main, ...others] = graph.output;
    if (main === undefined) this.#fail('an output', 'a graph without one');
    const assembled = this.#assemble(main!);
    for (const { name } of others) this.#checkState(name, assembled.halves);
    for (const name of axes.keys()) {
      if (name === assembled.input || this.#used.has(name)) continue;
      this.#fail('only inputs that layers, lengths and first states come from', `${show(name)}`);
    }
    if (this.#used.has(assembled.input)) this.#fail(`one use of the input ${show(assembled.input)}`, `two`);
    return { assembled, batchFirst: axes.get(assembled.input)![0]?.role === 'rows' };
  }

  #fail(expected: string, got: string): never {
    throw new BpttError('bad-file', `${this.#source.where}: expected ${expected}, got ${got}`);
  }

  #axesOf({ name, type }: ValueInfo): readonly Axis[] {
    const dim = type?.tensorType?.shape?.dim ?? this.#fail(`the shape of the input ${show(name)}`, 'none');
    return dim.map(
      ({ value }): Axis => ({ role: 'unknown', size: value !== undefined && value > 0 ? value : undefined }),
    );
  }

  /** The nodes that outputs depend on, in the order of the graph. */
  #needed({ node, output }: GraphProto): readonly NodeProto[] {
    const wanted = new Set(output.map(({ name }) => name));
    const needed = node.toReversed().filter((one) => {
      const isNeeded = one.output.some((name) => wanted.has(name));
      if (isNeeded) for (const name of one.input) wanted.add(name);
      return isNeeded;
    });
    return needed.toReversed();
  }

  #ruleOf(node: NodeProto): Rule {
    const operator = ['', 'ai.onnx'].includes(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
    if (Object.hasOwn(this.#rules, operator)) return this.#rules[operator]!;
    const known = Object.keys(this.#rules).sort().join(', ');
    return new Operation(this.#source, node, []).fail(`an operator of ${known}`, operator);
  }

  #run(node: NodeProto, rule: Rule): void {
    const inputs = node.input.map((name) => (name === '' ? undefined : this.#values.get(name)));
    const operation = new Operation(this.#source, node, inputs);
    const missing = node.input.find((name, index) => name !== '' && inputs[index] === undefined);
    if (missing !== undefined) operation.fail(`the value ${show(missing)} before it is used`, 'none');
    operation.allow(rule.attributes);
    const values = rule.run(operation);
    for (const [index, name] of node.output.entries()) {
      if (name === '') continue;
      const value = values[index];
      // Outputs that no rule gives, such as the mask of Dropout, have no value: whoever reads them says so.
      if (value !== undefined) this.#values.set(name, value);
    }
  }

  #assemble({ name }: ValueInfo): Assembled {
    const value = this.#values.get(name);
    if (value?.kind !== 'sequence')
      return this.#fail(`layers up to the output ${show(name)}`, value === undefined ? 'nothing' : value.kind);
    const node = { opType: 'output', name, input: [], output: [], attribute: [], domain: '' };
    const { stage } = settle(new Operation(this.#source, node, [value]), value);
    return assemble(this.#source.where, stage);
  }

  /** Outputs beside the first must be last states of layers on the way to it. */
  #checkState(name: string, halves: readonly Half[]): void {
    const value = this.#values.get(name);
    const own =
      value?.kind === 'cells' || value?.kind === 'states'
        ? value.halves
        : value?.kind === 'sequence' && value.stage.kind === 'recurrent' && value.stage.returns === 'last'
          ? value.stage.halves
          : this.#fail(`last states as output ${show(name)}`, 'something else');
    if (own.some((half) => !halves.includes(half))) {
      this.#fail(`last states of layers in front of the first output as output ${show(name)}`, 'those of others');
    }
  }
}
