// What errors and batches become on their way between threads.

import { BpttError, type BpttErrorCode, NonFiniteError } from '../../base/errors.ts';
import type { GraphBatch } from '../../data/batch.ts';

/** An error as plain data: structured clones lose the class and the code. */
export interface WireError {
  readonly message: string;
  readonly code?: BpttErrorCode;
  readonly details?: Pick<NonFiniteError, 'quantity' | 'where' | 'step' | 'norm'>;
  readonly stack?: string | undefined;
}

export function packError(error: unknown): WireError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  if (error instanceof NonFiniteError) {
    const { code, quantity, where, step, norm } = error;
    return { message, stack, code, details: { quantity, where, step, norm } };
  }
  // By its name: a module of users' own layers has another copy of the class.
  return error.name === BpttError.name ? { message, stack, code: (error as BpttError).code } : { message, stack };
}

export function unpackError({ message, code, details, stack }: WireError): Error {
  if (details !== undefined) return new NonFiniteError(details);
  if (code !== undefined) return new BpttError(code, message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** A copy of a batch that can be given away, and the buffers to give away with it. */
export function detached(batch: GraphBatch): { readonly batch: GraphBatch; readonly buffers: readonly ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  // A view would take all of the buffer under it along.
  const copied = (view: ArrayBufferView) => {
    const copy = (view as Int32Array).slice();
    buffers.push(copy.buffer as ArrayBuffer);
    return copy;
  };
  const entries = Object.entries(batch).map(([name, value]) => {
    if (ArrayBuffer.isView(value)) return [name, copied(value)];
    return [name, Array.isArray(value) ? value.map((one) => (ArrayBuffer.isView(one) ? copied(one) : one)) : value];
  });
  return { batch: Object.fromEntries(entries), buffers };
}
