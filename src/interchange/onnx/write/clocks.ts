// The inputs of a graph, and what is known of each time axis.
import type { Clock } from '../../../base/signal.ts';
import type { Graph, InputNode } from '../../../model/graph.ts';
import type { Draft } from '../format/protobuf.ts';
import { dataTypes, type ValueInfo } from '../format/schema.ts';
import { type GraphBuilder, type Size, type Value, valueInfo } from './builder.ts';
import type { GraphContext } from './context.ts';

/** The name of an input or of something of a time axis, where there may be others. */
export const inputName = ({ name }: InputNode): Value => name ?? 'input';

export class Clocks {
  readonly builder: GraphBuilder;
  readonly #graph: Graph;
  readonly #lengths: boolean;
  readonly #contexts = new Map<Clock, Context>();

  constructor(builder: GraphBuilder, graph: Graph, lengths: boolean) {
    this.builder = builder;
    this.#graph = graph;
    this.#lengths = lengths;
    for (const clock of graph.clocks.filter(({ follows }) => follows === undefined)) {
      const input = graph.inputs.find((node) => node.clock === clock)!;
      this.#contexts.set(
        clock,
        new Context(builder, inputName(input), lengths ? this.#named('lengths', clock) : undefined),
      );
    }
  }

  /** What is declared of all inputs. */
  inputs(): Draft<ValueInfo>[] {
    const inputs = this.#graph.inputs.map((node) => {
      const { output, clock } = node;
      const type = output.kind === 'tokens' ? dataTypes.int32 : dataTypes.float;
      const steps = clock.kind === 'row' ? [] : [this.steps(clock)];
      return valueInfo(inputName(node), type, [...steps, 'B', ...(output.kind === 'tokens' ? [] : [output.size])]);
    });
    if (!this.#lengths) return inputs;
    const lengths = [...this.#contexts.keys()].map((clock) =>
      valueInfo(this.#named('lengths', clock), dataTypes.int32, ['B']),
    );
    return [...inputs, ...lengths];
  }

  /** The time axis of these values, which follows another, and the lengths that rows have on it. */
  follow(clock: Clock, value: Value, lengths: Value | undefined): void {
    this.#contexts.set(clock, new Context(this.builder, value, lengths));
  }

  /** How many steps there are. */
  steps(clock: Clock): Size {
    return clock.kind === 'row' ? 1 : this.#named('T', clock);
  }

  /** What nodes on a time axis share; of rows, what those of the first share. */
  of(clock: Clock): GraphContext {
    return this.#contexts.get(clock) ?? this.#contexts.get(this.#graph.clocks[0]!)!;
  }

  #named(what: string, clock: Clock): string {
    const given = this.#graph.clocks.filter(({ follows }) => follows === undefined);
    if (clock.follows !== undefined) return `${what}_${this.#graph.clocks.indexOf(clock)}`;
    return given.length === 1 ? what : `${what}_${clock.name}`;
  }
}

class Context implements GraphContext {
  readonly builder: GraphBuilder;
  readonly lengths: Value | undefined;
  readonly #input: Value;
  #valid: Value | undefined;
  #batch: Value | undefined;

  constructor(builder: GraphBuilder, input: Value, lengths: Value | undefined) {
    this.builder = builder;
    this.lengths = lengths;
    this.#input = input;
  }

  valid(): Value | undefined {
    if (this.lengths === undefined) return undefined;
    this.#valid ??= this.#validSteps(this.lengths);
    return this.#valid;
  }

  #validSteps(lengths: Value): Value {
    const { builder } = this;
    const number = (value: number) => builder.integers([value], { scalar: true });
    const T = builder.add('Gather', [builder.add('Shape', [this.#input]), number(0)]);
    const steps = builder.add('Unsqueeze', [builder.add('Range', [number(0), T, number(1)]), builder.integers([1, 2])]);
    const ends = builder.add('Unsqueeze', [
      builder.add('Cast', [lengths], { to: dataTypes.int64 }),
      builder.integers([1]),
    ]);
    return builder.add('Less', [steps, ends]);
  }

  batch(): Value {
    const { builder } = this;
    this.#batch ??= builder.add('Gather', [builder.add('Shape', [this.#input]), builder.integers([1])]);
    return this.#batch;
  }

  everyStep(): Value {
    const { builder } = this;
    const T = builder.add('Gather', [builder.add('Shape', [this.#input]), builder.integers([0])]);
    return builder.add('Concat', [T, builder.integers([1, 1])], { axis: 0 });
  }
}
