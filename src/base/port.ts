// One way to talk to another thread, whatever kind of worker it is: those of browsers, Bun and Deno, and of Node's worker_threads.
import { builtin } from './engine.ts';
import { BpttError } from './errors.ts';

/** What browsers say nothing of. */
const BLOCKED =
  "it could not be started: a Content-Security-Policy without worker-src blob: blocks the worker inside the package; one of the page's own, which calls serve() of bptt/worker and is given as worker, needs none";

/** A `Worker` of a browser, of Bun or Deno, or of Node's `worker_threads`. */
export interface WorkerLike {
  /** Sends a message to the worker, with the buffers that move there with it. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends the worker at once. */
  terminate(): unknown;
  /** Of Node's: lets the process end while the worker runs. */
  unref?(): void;
}

/** The side of `EventTarget` that such a worker has, or that of Node's `EventEmitter`. */
type Listener = (event: never) => void;
interface Emitter {
  addEventListener?(type: string, listener: Listener): void;
  removeEventListener?(type: string, listener: Listener): void;
  on?(type: string, listener: Listener): void;
  off?(type: string, listener: Listener): void;
}

export class Port {
  readonly #worker: WorkerLike & Emitter;
  #undo: (() => void)[] = [];

  constructor(worker: WorkerLike) {
    this.#worker = worker;
  }

  /** @throws BpttError for what cannot be sent. */
  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    try {
      this.#worker.postMessage(message, [...transfer]);
    } catch (cause) {
      throw new BpttError('invalid-argument', `worker: expected plain data to send to it, got ${String(cause)}`, {
        cause,
      });
    }
  }

  /** Tells of each message from now on; and, to `failure`, that the thread has ended or cannot be understood. */
  listen(message: (message: unknown) => void, failure?: (error: BpttError) => void): void {
    this.unlisten();
    const events = this.#worker.addEventListener !== undefined;
    this.#on('message', events ? ({ data }: MessageEvent) => message(data) : message);
    if (failure === undefined) return;
    const fail = (reason: string) =>
      failure(new BpttError('worker-failed', `worker: expected it to go on, but ${reason}`));
    this.#on('messageerror', () => fail('a message cannot be read'));
    this.#on('error', (event: Partial<ErrorEvent>) => {
      event.preventDefault?.();
      fail(event.message || BLOCKED);
    });
    if (!events) this.#on('exit', (code: number) => fail(`it ended with exit code ${code}`));
  }

  /** Nobody listens any more. */
  unlisten(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
  }

  /** From now on the thread keeps no process alive. */
  unref(): void {
    this.#worker.unref?.();
  }

  /** Ends the thread. */
  close(): void {
    this.unlisten();
    this.#worker.terminate();
  }

  #on(type: string, listener: (event: never) => void): void {
    const worker = this.#worker;
    if (worker.addEventListener !== undefined) {
      worker.addEventListener(type, listener);
      this.#undo.push(() => worker.removeEventListener?.(type, listener));
    } else {
      worker.on?.(type, listener);
      this.#undo.push(() => worker.off?.(type, listener));
    }
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

/** The port to the thread that started this one. @throws BpttError where this is not a worker. */
export function parentPort(): Port {
  const scope = globalThis as { postMessage?: unknown; document?: unknown };
  if (typeof scope.postMessage === 'function' && scope.document === undefined) {
    return new Port({
      postMessage: (message, transfer) => self.postMessage(message, { transfer }),
      terminate: () => self.close(),
      addEventListener: self.addEventListener.bind(self),
      removeEventListener: self.removeEventListener.bind(self),
    } as WorkerLike);
  }
  const parent = builtin('node:worker_threads')?.parentPort;
  if (parent) return new Port({ ...portOf(parent), terminate: () => parent.close() } as WorkerLike);
  throw new BpttError('unsupported-engine', 'serve: expected to be called in a worker, got the main thread');
}

function portOf(parent: import('node:worker_threads').MessagePort) {
  return {
    postMessage: (message: unknown, transfer: ArrayBuffer[]) => parent.postMessage(message, transfer),
    on: parent.on.bind(parent),
    off: parent.off.bind(parent),
  };
}
