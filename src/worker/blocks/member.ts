// A thread that computes the gradients of some blocks: one question at a time, each with one answer.

import type { Port } from '../../base/port.ts';
import type { GraphBatch } from '../../data/batch.ts';
import type { Network } from '../../model/network.ts';
import { Queue } from '../channel/queue.ts';
import { detached, unpackError } from '../channel/wire.ts';
import { takeWeights } from '../network-copy.ts';
import type { BlockGradient, BlocksAnswers, FromBlocks, SavedBlock, SharedBlocks, ToBlocks } from './messages.ts';

/** What a block has found, and where its gradients lie. */
export interface FoundGradient extends BlockGradient {
  readonly octets: Uint8Array;
}

export class Member {
  /** The numbers of its blocks. */
  readonly blocks: readonly number[];
  readonly #port: Port;
  readonly #answers = new Queue<FromBlocks>();
  readonly #shared: SharedBlocks | undefined;
  /** What goes there and back where no memory is shared. */
  #gradients: readonly ArrayBuffer[] | undefined;

  /** `bytes` of a block of gradients. */
  constructor(port: Port, blocks: readonly number[], bytes: number, shared: SharedBlocks | undefined) {
    this.#port = port;
    this.blocks = blocks;
    this.#shared = shared;
    if (shared === undefined) this.#gradients = blocks.map(() => new ArrayBuffer(bytes));
    port.listen(
      (message) => this.#answers.put(message as FromBlocks),
      (error) => this.#answers.fail(error),
    );
  }

  async open(message: Pick<ToBlocks & { readonly type: 'blocks' }, 'network' | 'objective' | 'of' | 'saved'>) {
    await this.#ask<'blocks'>({ type: 'blocks', ...message, blocks: this.blocks, shared: this.#shared });
  }

  /** Gives each block its rows. */
  async read(rows: readonly (GraphBatch | undefined)[], first: number): Promise<void> {
    const parts = rows.map((batch) => batch && detached(batch));
    const buffers = parts.flatMap((part) => part?.buffers ?? []);
    await this.#ask<'rows'>({ type: 'rows', batches: parts.map((part) => part?.batch), first }, buffers);
  }

  /** Reads the next window with the parameters of now; the counts of each block. */
  async forward(network: Network): Promise<BlocksAnswers['forward']['counts']> {
    const parameters = this.#shared === undefined ? takeWeights(network) : undefined;
    const { counts } = await this.#ask<'forward'>({ type: 'forward', parameters }, parameters && [parameters]);
    return counts;
  }

  /** Goes back through the window. */
  async backward(totals: readonly number[]): Promise<readonly (FoundGradient | undefined)[]> {
    const gradients = this.#gradients;
    const answer = await this.#ask<'backward'>({ type: 'backward', totals, gradients }, gradients);
    this.#gradients = answer.gradients;
    return answer.found.map((found, index) => {
      const memory = answer.gradients?.[index] ?? this.#shared!.gradients[this.blocks[index]!]!;
      return found && { ...found, octets: new Uint8Array(memory) };
    });
  }

  async save(): Promise<readonly SavedBlock[]> {
    return (await this.#ask<'save'>({ type: 'save' })).saved;
  }

  close(): void {
    this.#port.close();
  }

  async #ask<Q extends keyof BlocksAnswers>(
    question: ToBlocks & { readonly type: Q },
    transfer?: readonly ArrayBuffer[],
  ): Promise<BlocksAnswers[Q]> {
    this.#port.post(question, transfer);
    const answer = await this.#answers.take();
    if (answer.type === 'failed') throw unpackError(answer.error);
    return answer as BlocksAnswers[Q];
  }
}
