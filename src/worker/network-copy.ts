// A network in another thread: what it is made of, and its weights.
import type { ModelDescription } from '../layers/registry.ts';
import { createGraph } from '../model/graph.ts';
import { createNetwork, type Engine, type Network, variantOf } from '../model/network.ts';
import { portableSource } from '../wasm/load.ts';

/** A network to make. */
export interface NetworkMessage {
  readonly description: ModelDescription;
  readonly engine: Engine;
  /** Parameters that have no gradient. */
  readonly frozen: readonly string[];
}

export async function describeNetwork({ graph, engine, frozen }: Network): Promise<NetworkMessage> {
  const kernels = await portableSource(variantOf(engine), engine.kernels);
  return { description: graph.description, engine: { ...engine, kernels }, frozen: [...frozen] };
}

/** A network of the same layout, its weights zero. */
export async function copyNetwork({ description, engine, frozen }: NetworkMessage): Promise<Network> {
  const network = await createNetwork(createGraph(description), engine);
  network.freeze(frozen);
  return network;
}

/** A copy of the block of parameters as it lies in memory. */
export function takeWeights(network: Network): ArrayBuffer {
  const { arena, parameters, layout } = network;
  return arena.octets(parameters, layout.bytes).slice().buffer;
}

/** The inverse of `takeWeights`. */
export function putWeights(network: Network, weights: ArrayBuffer | SharedArrayBuffer): void {
  const { arena, parameters, layout } = network;
  arena.octets(parameters, layout.bytes).set(new Uint8Array(weights));
}
