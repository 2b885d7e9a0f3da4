// The gradients of some blocks of rows, computed in this thread for another.

import type { Port } from '../../base/port.ts';
import { Backpropagation, type ForwardPass } from '../../bptt/backpropagation.ts';
import type { GraphBatch } from '../../data/batch.ts';
import { StateWriter } from '../../formats/record.ts';
import { StateReader } from '../../formats/state-reader.ts';
import type { Network } from '../../model/network.ts';
import { packError } from '../channel/wire.ts';
import { copyNetwork, putWeights } from '../network-copy.ts';
import type { BlockGradient, BlocksAnswers, FromBlocks, SharedBlocks, ToBlocks } from './messages.ts';

/** A block of rows: windows of its own, on the network that all blocks of the thread share. */
interface Block {
  readonly bptt: Backpropagation;
  passes?: Iterator<ForwardPass> | undefined;
  pass?: ForwardPass | undefined;
}

type Answer = readonly [FromBlocks, transfer?: readonly ArrayBuffer[] | undefined];

export class BlocksThread {
  readonly #port: Port;
  #network: Network | undefined;
  #blocks: readonly Block[] = [];
  #shared: SharedBlocks | undefined;
  #numbers: readonly number[] = [];

  constructor(port: Port) {
    this.#port = port;
  }

  async receive(message: ToBlocks): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#answer(message);
    } catch (error) {
      answer = [{ type: 'failed', error: packError(error) }];
    }
    this.#port.post(...answer);
  }

  #answer(message: ToBlocks): Answer | Promise<Answer> {
    switch (message.type) {
      case 'blocks':
        return this.#open(message);
      case 'rows':
        return this.#read(message.batches, message.first);
      case 'forward':
        return this.#forward(message.parameters);
      case 'backward':
        return this.#backward(message.totals, message.gradients);
      case 'save':
        return this.#save();
    }
  }

  async #open(message: ToBlocks & { readonly type: 'blocks' }): Promise<Answer> {
    const { blocks, of, shared, saved } = message;
    const { network, loss } = await copyNetwork(message.network, message.objective.loss);
    const objective = { ...message.objective, loss };
    this.#network = network;
    this.#numbers = blocks;
    this.#shared = shared;
    this.#blocks = blocks.map((block, index) => {
      const bptt = new Backpropagation(network, objective, { block, of });
      const state = saved[index];
      if (state !== undefined) {
        const tensors = new Map(state.tensors.map((tensor) => [tensor.name, tensor]));
        bptt.load(new StateReader(state.values, tensors, `train.resume, block ${block}`));
      }
      return { bptt };
    });
    return [{ type: 'ready' }];
  }

  #read(batches: readonly (GraphBatch | undefined)[], first: number): Answer {
    for (const [index, block] of this.#blocks.entries()) {
      const batch = batches[index];
      block.passes = batch && block.bptt.passes(batch, undefined, first);
    }
    return [{ type: 'ready' }];
  }

  #forward(parameters: ArrayBuffer | undefined): Answer {
    putWeights(this.#network!, parameters ?? this.#shared!.parameters);
    for (const block of this.#blocks) {
      const next = block.passes?.next();
      block.pass = next?.done === false ? next.value : undefined;
    }
    const counts = this.#blocks.map(({ pass }) => pass?.counts);
    return [{ type: 'counts', counts }];
  }

  #backward(totals: readonly number[], gradients: readonly ArrayBuffer[] | undefined): Answer {
    const found = this.#blocks.map(({ pass }, index): BlockGradient | undefined => {
      if (pass === undefined) return undefined;
      const result = pass.backward(totals);
      const parts = this.#takeGradient(gradients?.[index] ?? this.#shared!.gradients[this.#numbers[index]!]!);
      return { result, parts };
    });
    return [{ type: 'gradients', found, gradients }, gradients];
  }

  /** Copies the parts of the gradient block that are not zero, one after the other. */
  #takeGradient(into: ArrayBuffer | SharedArrayBuffer): BlockGradient['parts'] {
    const { arena, kernels, gradients, gradientParts } = this.#network!;
    const real = kernels.realBytes();
    const octets = new Uint8Array(into);
    let end = 0;
    for (const { offset, count } of gradientParts.list) {
      octets.set(arena.octets(gradients + offset * real, count * real), end);
      end += count * real;
    }
    return gradientParts.list;
  }

  #save(): Answer {
    const saved = this.#blocks.map(({ bptt }) => {
      const out = new StateWriter();
      bptt.save(out);
      return { values: out.values, tensors: out.tensors };
    });
    return [{ type: 'saved', saved } satisfies BlocksAnswers['save']];
  }
}
