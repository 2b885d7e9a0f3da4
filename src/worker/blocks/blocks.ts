// The gradients of a batch from several threads: deals out blocks of rows, and adds up what comes back in their order.

import type { Port } from '../../base/port.ts';
import type { WindowResult } from '../../bptt/backpropagation.ts';
import { checkReach, checkTrainingBatch } from '../../bptt/checks.ts';
import type { GradientSource } from '../../bptt/gradient-source.ts';
import type { CheckedObjective } from '../../bptt/objective.ts';
import type { GraphBatch } from '../../data/batch.ts';
import { StateWriter } from '../../formats/record.ts';
import type { StateReader } from '../../formats/state-reader.ts';
import { type BatchSlots, type OutputLoss, outputLosses, slotsOf, together } from '../../loss/output-losses.ts';
import type { Network } from '../../model/network.ts';
import type { Pointer } from '../../wasm/kernels.ts';
import { checkModules } from '../modules.ts';
import { describeNetwork } from '../network-copy.ts';
import { type FoundGradient, Member } from './member.ts';
import type { SavedBlock, SharedBlocks } from './messages.ts';
import { blockOfRows, takeRows } from './rows.ts';

export interface Team {
  /** Threads. */
  readonly count: number;
  /** Blocks of rows. */
  readonly blocks: number;
  readonly sharedMemory: boolean;
  /** URLs of modules with users' own layers and losses. */
  readonly modules: readonly (string | URL)[];
  start(): Promise<Port>;
}

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

export class Blocks implements GradientSource {
  readonly #network: Network;
  readonly #objective: CheckedObjective;
  readonly #team: Team;
  readonly #losses: readonly OutputLoss[];
  readonly #slots: BatchSlots;
  readonly #shared: SharedBlocks | undefined;
  /** A block of gradients on its way into the sum. */
  readonly #scratch: Pointer;
  #members: Promise<readonly Member[]> | undefined;
  #saved: StateReader | undefined;

  constructor(network: Network, objective: CheckedObjective, team: Team) {
    const { layout, arena } = network;
    const { loss, reduction, truncation, memoryBudget, seed } = objective;
    this.#network = network;
    this.#team = team;
    this.#losses = outputLosses('loss', network.graph, loss, reduction);
    this.#slots = slotsOf(network.graph, this.#losses);
    this.#objective = {
      loss,
      reduction,
      seed,
      ...(truncation !== undefined && { truncation }),
      ...(memoryBudget !== undefined && { memoryBudget: Math.floor(memoryBudget / team.blocks) }),
    };
    checkModules('workers', team.modules, network.graph.description, loss);
    checkReach(network, { ...objective, blocks: true }, this.#slots);
    const { bytes } = layout;
    this.#shared = team.sharedMemory
      ? {
          parameters: new SharedArrayBuffer(bytes),
          gradients: indices(team.blocks).map(() => new SharedArrayBuffer(bytes)),
        }
      : undefined;
    this.#scratch = arena.allocate(bytes);
  }

  async *windows(given: GraphBatch, _: undefined, first: number): AsyncGenerator<WindowResult> {
    const { graph } = this.#network;
    const batch = checkTrainingBatch(this.#network, given, this.#slots);
    this.#members ??= this.#start();
    const members = await this.#members;
    await Promise.all(
      members.map((member) => {
        const rows = member.blocks.map((block) => {
          return takeRows(batch, graph, ...blockOfRows(batch.rows, block, this.#team.blocks));
        });
        return member.read(rows, first);
      }),
    );
    for (;;) {
      this.#shareWeights();
      const counts = await this.#ask(members, (member) => member.forward(this.#network));
      const present = counts.filter((count) => count !== undefined);
      if (present.length === 0) return;
      const totals = present[0]!.map((_, index) => present.reduce((sum, count) => sum + count[index]!, 0));
      const found = await this.#ask(members, (member) => member.backward(totals));
      yield this.#add(found);
    }
  }

  async save(out: StateWriter): Promise<void> {
    if (this.#members === undefined) {
      this.#saved?.copyTo(out);
      return;
    }
    const saved = await this.#ask(await this.#members, (member) => member.save());
    for (const [block, { values, tensors }] of saved.entries()) {
      const part = out.part(`block${block}`);
      for (const [name, value] of Object.entries(values)) part.value(name, value);
      for (const { name, data, shape } of tensors) part.tensor(name, data, shape);
    }
  }

  load(saved: StateReader): void {
    // A training that was left before its first batch has no blocks yet.
    if (saved.has('block0.step')) this.#saved = saved;
  }

  release(): void {
    this.#network.arena.release(this.#scratch, this.#network.layout.bytes);
    // A member that is still starting ends when it has.
    this.#members?.then(
      (members) => {
        for (const member of members) member.close();
      },
      () => {},
    );
  }

  async #start(): Promise<readonly Member[]> {
    const { count, blocks, modules } = this.#team;
    const network = await describeNetwork(this.#network, modules, this.#objective.loss);
    const ports = await this.#ports(count);
    const members = ports.map((port, index) => {
      // The first blocks to the first thread: as even as can be.
      const [from, to] = blockOfRows(blocks, index, count);
      return new Member(
        port,
        indices(to - from).map((block) => from + block),
        this.#network.layout.bytes,
        this.#shared,
      );
    });
    try {
      await Promise.all(
        members.map((member) =>
          member.open({
            network,
            objective: this.#objective,
            of: blocks,
            saved: member.blocks.map((block) => this.#savedBlock(block)),
          }),
        ),
      );
      return members;
    } catch (error) {
      for (const member of members) member.close();
      throw error;
    }
  }

  /** All threads or, when one cannot be started, none. */
  async #ports(count: number): Promise<readonly Port[]> {
    const started = await Promise.allSettled(indices(count).map(() => this.#team.start()));
    const ports = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const failed = started.find((start) => start.status === 'rejected');
    if (failed === undefined) return ports;
    for (const port of ports) port.close();
    throw failed.reason;
  }

  #savedBlock(block: number): SavedBlock | undefined {
    if (this.#saved === undefined) return undefined;
    const out = new StateWriter();
    this.#saved.part(`block${block}`).copyTo(out);
    return { values: out.values, tensors: out.tensors };
  }

  /** What each block says, in their order. */
  async #ask<T>(members: readonly Member[], ask: (member: Member) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await Promise.all(members.map(ask))).flat();
  }

  #shareWeights(): void {
    if (this.#shared === undefined) return;
    const { arena, parameters, layout } = this.#network;
    new Uint8Array(this.#shared.parameters).set(arena.octets(parameters, layout.bytes));
  }

  /** The sum of what the blocks have found, in the gradient block. */
  #add(found: readonly (FoundGradient | undefined)[]): WindowResult {
    const { arena, kernels, gradients, gradientParts } = this.#network;
    const real = kernels.realBytes();
    gradientParts.useAll();
    this.#network.clearGradients('all');
    let sums = this.#losses.map(() => 0);
    let counts = this.#losses.map(() => 0);
    let penalty = 0;
    let window: WindowResult | undefined;
    for (const block of found) {
      if (block === undefined) continue;
      const { result, parts, octets } = block;
      window ??= result;
      const outputs = result.outputs ?? [result];
      sums = sums.map((sum, index) => sum + outputs[index]!.lossSum);
      counts = counts.map((count, index) => count + outputs[index]!.counted);
      penalty += result.penalty;
      let at = 0;
      for (const { offset, count } of parts) {
        const bytes = count * real;
        arena.octets(this.#scratch, bytes).set(octets.subarray(at, at + bytes));
        kernels.add(gradients + offset * real, this.#scratch, count);
        at += bytes;
      }
    }
    return { ...window!, penalty, ...together(this.#objective.reduction ?? 'mean', this.#losses, sums, counts) };
  }
}
