// Starts a worker with the code inside the package: no file to serve, nothing to configure in a bundler.
import { builtin } from '../../base/engine.ts';
import { BpttError } from '../../base/errors.ts';
import { Port, type WorkerLike } from './port.ts';

/** A new thread that serves. @throws BpttError `worker-failed` where the engine refuses to start one. */
export async function startWorker(): Promise<Port> {
  const { default: code } = await import('../../../build/worker/thread.js');
  try {
    return new Port(createWorker(code));
  } catch (cause) {
    throw new BpttError('worker-failed', `worker: expected the engine to start one, got ${String(cause)}`, { cause });
  }
}

/** A worker of the kind that this engine has. */
export function createWorker(code: string): WorkerLike {
  const threads = typeof Worker === 'undefined' ? builtin('node:worker_threads') : undefined;
  if (threads !== undefined) return new threads.Worker(code, { eval: true, name: 'bptt' }) as WorkerLike;
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  // A module: Deno has no other.
  const worker = new Worker(url, { type: 'module', name: 'bptt' });
  const forget = () => URL.revokeObjectURL(url);
  worker.addEventListener('message', forget, { once: true });
  worker.addEventListener('error', forget, { once: true });
  return worker;
}
