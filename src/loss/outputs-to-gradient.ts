// What a loss turns into a gradient.
import type { BoundNode } from '../model/bound-nodes.ts';
import type { Network } from '../model/network.ts';

/** Puts outputs of steps `from` to `to` where a loss turns them into gradients; nothing to do where that is the same place. */
export function outputsToGradient(
  { arena }: Network,
  { result: { pointer, stride }, gradient }: Pick<BoundNode, 'result' | 'gradient'>,
  from: number,
  to: number,
): void {
  if (pointer === gradient.pointer) return;
  const target = gradient.pointer + from * gradient.stride;
  arena.octets(0, arena.bytes).copyWithin(target, pointer + from * stride, pointer + to * stride);
}
