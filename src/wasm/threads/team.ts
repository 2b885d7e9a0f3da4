// The kernels over a memory that threads share, and the threads beside this one that compute what is handed out to them.
import { BpttError } from '../../base/errors.ts';
import { createWorker, Port } from '../../base/port.ts';
import type { Arena } from '../arena.ts';
import type { Bytes, Kernels, Pointer, Variant, WasmModule } from '../kernels.ts';
import { compile, inflate, instantiate } from '../load.ts';
import { argumentsIn, jobNames, jobs, limits, recurrences, rowLosses } from './jobs.ts';
import type { Joining, MemberMessage } from './member.ts';
import { withSharedMemory } from './shared-memory.ts';

/** 4 GiB, all that there can be: a shared memory says at first how large it may become. */
const PAGES = 65_536;

/** What the kernels have beside those of one thread. */
interface TeamKernels extends Kernels {
  joinTeam(number: number, count: number): void;
  setLimits(patience: number, fewestRows: number, worth: number): void;
  teamAt(): Pointer;
  beginJob(job: number): void;
  takeOver(): number;
  finishJob(): void;
  failTeam(): void;
  goesByRows(plan: Pointer): number;
  addLosses(rowLosses: Pointer, rows: number, sum: number): number;
}

type Kernel = (...args: readonly number[]) => number;

const embedded: Record<Variant, () => Promise<{ default: string }>> = {
  f32: () => import('../../../build/kernels/threads-f32.js'),
  'f32-relaxed': () => import('../../../build/kernels/threads-f32-relaxed.js'),
  f64: () => import('../../../build/kernels/threads-f64.js'),
};

const compiled = new Map<Variant, Promise<WasmModule>>();

/** Takes other kernels of f32: those in which V8 finds pairs. */
export function useWideKernels(): void {
  embedded.f32 = () => import('../../../build/kernels/threads-f32-wide.js');
}

async function loadModule(variant: Variant): Promise<WasmModule> {
  let module = compiled.get(variant);
  if (module === undefined) {
    module = embedded[variant]().then(async ({ default: base64 }) => compile(await inflate(base64, variant), variant));
    compiled.set(variant, module);
    module.catch(() => compiled.delete(variant));
  }
  return module;
}

/** A team of threads that computes as one. */
export class Team {
  /** The kernels of the thread that leads: the ABI of one thread, where calls that are worth it are jobs of all. */
  readonly kernels: Kernels;
  /** The same without the others. */
  get alone(): Kernels {
    return this.#own;
  }
  readonly #own: TeamKernels;
  readonly #arguments: Float64Array;
  readonly #threads: Threads;
  #arena: Arena | undefined;
  /** Room for the losses of rows. */
  #room = { pointer: 0, bytes: 0 };

  private constructor(own: TeamKernels, threads: Threads) {
    this.#own = own;
    this.#threads = threads;
    this.#arguments = argumentsIn(own.memory, own.teamAt());
    this.kernels = { ...own, ...this.#shared(), shared: compileShared };
    ending.register(this.kernels, threads);
  }

  /**
   * Starts the threads beside this one; none where `count` is 1.
   *
   * @throws BpttError `worker-failed` where one cannot be started, `out-of-memory` where no memory can be shared.
   */
  static async start(variant: Variant, count: number, create = createWorker): Promise<Team> {
    const module = await loadModule(variant);
    const memory = sharedMemory();
    const own = instantiate(module, memory) as TeamKernels;
    own.joinTeam(0, count);
    own.setLimits(limits.patience, limits.fewestRows, limits.worth);
    const threads = await Threads.start(count, (number) => ({ module, memory, number, count }), create);
    return new Team(own, threads);
  }

  /** Takes the memory of the network from here on. */
  attach(arena: Arena): void {
    this.#arena = arena;
  }

  /** Ends the other threads. Nothing can be computed after. */
  end(): void {
    this.#threads.fail('they have been ended');
  }

  #shared(): Partial<Kernels> {
    const own = this.#own as unknown as Readonly<Record<string, Kernel>>;
    const shared: Record<string, Kernel> = {};
    const { worth } = limits;
    for (const [name, work] of Object.entries(jobs)) {
      const kernel = own[name]!;
      const job = this.#job(name);
      shared[name] = (...args) => (work(args) < worth ? kernel(...args) : job(args));
    }
    for (const [name, rowsName] of Object.entries(rowLosses)) {
      const kernel = own[name]!;
      const job = this.#job(rowsName);
      shared[name] = (...args) => {
        const [, , , rows, columns] = args as readonly [number, number, number, number, number];
        if (rows * columns * 32 < worth) return kernel(...args);
        const room = this.#roomFor(rows);
        job([...args.slice(0, -1), room]);
        return this.#own.addLosses(room, rows, args.at(-1)!);
      };
    }
    for (const name of recurrences) {
      const kernel = own[name]!;
      const job = this.#job(name);
      // The leader hands out products of its own where it goes through the steps alone.
      shared[name] = (plan) => (this.#own.goesByRows(plan!) ? job([plan!]) : this.#guarded(() => kernel(plan!)));
    }
    return shared as Partial<Kernels>;
  }

  /** A kernel as a job of all. */
  #job(name: string): (args: readonly number[]) => number {
    const kernel = (this.#own as unknown as Readonly<Record<string, Kernel>>)[name]!;
    const number = jobNames.indexOf(name);
    return (args) =>
      this.#guarded(() => {
        this.#arguments.set(args);
        this.#own.beginJob(number);
        do kernel(...args);
        while (this.#own.takeOver());
        this.#own.finishJob();
        return 0;
      });
  }

  /** Computes unless a thread has failed, and fails where one does meanwhile. */
  #guarded(compute: () => number): number {
    const { failure } = this.#threads;
    if (failure !== undefined) throw failure;
    try {
      return compute();
    } catch (cause) {
      this.#own.failTeam();
      throw this.#threads.fail(`one of them ended or failed (${String(cause)})`);
    }
  }

  #roomFor(rows: number): Pointer {
    const bytes = 8 * rows;
    if (bytes > this.#room.bytes) {
      if (this.#room.bytes > 0) this.#arena!.release(this.#room.pointer, this.#room.bytes);
      this.#room = { pointer: this.#arena!.allocate(bytes), bytes };
    }
    return this.#room.pointer;
  }
}

/** Ends threads whose kernels nobody has any more. */
const ending = new FinalizationRegistry<Threads>((threads) => threads.end());

function sharedMemory() {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: PAGES, shared: true });
  } catch (cause) {
    throw new BpttError('out-of-memory', `threads: expected memory that threads can share, got ${String(cause)}`, {
      cause,
    });
  }
}

/** A companion for a memory that is shared. */
function compileShared(bytes: Bytes): WasmModule {
  const octets = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return new WebAssembly.Module(withSharedMemory(octets, PAGES));
}

/** The threads beside the leader. */
class Threads {
  readonly #ports: readonly Port[];
  #failure: BpttError | undefined;

  constructor(ports: readonly Port[]) {
    this.#ports = ports;
  }

  static async start(
    count: number,
    joining: (number: number) => Joining,
    create: typeof createWorker,
  ): Promise<Threads> {
    const { default: code } = await import('../../../build/worker/member.js');
    const ports: Port[] = [];
    try {
      for (let number = 1; number < count; number++) ports.push(new Port(create(code)));
    } catch (cause) {
      for (const port of ports) port.close();
      throw new BpttError('worker-failed', `threads: expected the engine to start ${count - 1}, got ${String(cause)}`, {
        cause,
      });
    }
    const threads = new Threads(ports);
    await Promise.all(ports.map((port, index) => threads.#join(port, joining(index + 1))));
    return threads;
  }

  /** Why they do not go on. */
  get failure(): BpttError | undefined {
    return this.#failure;
  }

  fail(reason: string): BpttError {
    this.#failure ??= new BpttError('worker-failed', `threads: expected all of them to go on, but ${reason}`);
    this.end();
    return this.#failure;
  }

  end(): void {
    for (const port of this.#ports) port.close();
  }

  #join(port: Port, joining: Joining): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(this.fail(reason));
      port.listen(
        (message) => {
          const said = message as MemberMessage;
          if ('failed' in said) return fail(said.failed);
          // From now on it keeps nothing alive.
          port.unref();
          resolve();
        },
        ({ message }) => fail(message),
      );
      port.post(joining);
    });
  }
}
