// A network in another thread: what it is made of, and its weights.
import type { Dtype } from '../base/dtype.ts';
import { kindsOf } from '../layers/describe.ts';
import { moreKinds } from '../layers/kinds.ts';
import type { ModelDescription } from '../layers/registry.ts';
import { lossOf } from '../loss/losses.ts';
import type { LossOption } from '../loss/output-losses.ts';
import { createGraph } from '../model/create-graph.ts';
import type { Graph } from '../model/graph.ts';
import { createNetwork, type Engine, type Network, variantOf } from '../model/network.ts';
import { type PortableCompanion, receiveCompanions } from '../wasm/companion.ts';
import { portableSource } from '../wasm/load.ts';
import { loadModules, lossesIn, refuseMissing, restoreLoss } from './modules.ts';

/** A network to make. */
export interface NetworkMessage {
  readonly description: ModelDescription;
  readonly engine: Engine;
  /** Parameters that have no gradient. */
  readonly frozen: readonly string[];
  /** URLs of modules with users' own layers and losses. */
  readonly modules: readonly string[];
  /** Kernels of its layers and losses beside those that every network has. */
  readonly companions: readonly PortableCompanion[];
}

export async function describeNetwork(
  { graph, engine, frozen }: Network,
  modules: readonly (string | URL)[],
  loss: LossOption,
): Promise<NetworkMessage> {
  const kernels = await portableSource(variantOf(engine), engine.kernels);
  return {
    description: graph.description,
    // It computes alone there, with the same bits.
    engine: { ...engine, threads: 1, kernels },
    frozen: [...frozen],
    modules: modules.map(String),
    companions: await portableCompanions(graph, loss, engine.dtype),
  };
}

function portableCompanions({ layers }: Graph, loss: LossOption, dtype: Dtype): Promise<readonly PortableCompanion[]> {
  const parts = [...layers.map(({ layer }) => layer), ...lossesIn(loss).map(lossOf)];
  const companions = new Set(parts.flatMap(({ companion }) => companion ?? []));
  return Promise.all([...companions].map((companion) => companion.portable(dtype)));
}

/** A network of the same layout, its weights zero, and the loss that was sent along. */
export async function copyNetwork(
  { description, engine, frozen, modules, companions }: NetworkMessage,
  loss: LossOption,
): Promise<{ readonly network: Network; readonly loss: LossOption }> {
  const own = await loadModules(modules);
  refuseMissing('worker', own, description, loss);
  await receiveCompanions(companions);
  const network = await createNetwork(createGraph(description, [...kindsOf(moreKinds), ...own.kinds]), engine);
  network.freeze(frozen);
  return { network, loss: restoreLoss(loss, own.losses) };
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
