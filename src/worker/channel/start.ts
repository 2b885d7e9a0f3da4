// Starts a worker with the code inside the package: no file to serve, nothing to configure in a bundler.
import { BpttError } from '../../base/errors.ts';
import { createWorker, Port } from '../../base/port.ts';

/** A new thread that serves. @throws BpttError `worker-failed` where the engine refuses to start one. */
export async function startWorker(): Promise<Port> {
  const { default: code } = await import('../../../build/worker/thread.js');
  try {
    return new Port(createWorker(code));
  } catch (cause) {
    throw new BpttError('worker-failed', `worker: expected the engine to start one, got ${String(cause)}`, { cause });
  }
}
