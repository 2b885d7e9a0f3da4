// One training of a model at a time: two would mix their updates.
import { BpttError } from '../base/errors.ts';
import type { Network } from '../model/network.ts';

/** @throws BpttError `being-trained` for a network that is. */
export function refuseTrained(where: string, network: Network): void {
  network.dropped.free();
  if (!network.beingTrained) return;
  throw new BpttError(
    'being-trained',
    `${where}(model): expected a model that is not being trained, got one that is: end that first (a for await that is left ends it; after next() alone await its return(), or it holds the model until it is garbage-collected), or train model.clone()`,
  );
}

/** Takes a network for a training; what it returns gives it back. @throws BpttError `being-trained`. */
export function claim(where: string, network: Network): () => void {
  refuseTrained(where, network);
  network.beingTrained = true;
  return () => {
    network.beingTrained = false;
  };
}
