// The page's side of one worker: sends orders, and keeps what the page is to show as one immutable value.

import type { Problem } from '../tasks/problem.ts';
import type { Outcome } from '../tasks/task.ts';
import type { Experiment, FromWorker, Inside, LossPoint, Snapshot, ToWorker } from '../worker/messages.ts';

/** Points of a curve; when there are more, every second goes. */
const MOST_POINTS = 1000;
/** Outcomes that are remembered. */
const MOST_OUTCOMES = 8;

/** A network as the page sees it. */
export interface RunState {
  /** `idle` until the first snapshot, `failed` when it can not go on. */
  readonly status: 'idle' | 'paused' | 'running' | 'failed';
  /** Why it failed. */
  readonly message?: string;
  /** The same, where it is the data that somebody gave. */
  readonly problem?: Problem | undefined;
  /** The update that was not made because a loss or gradient was not finite. */
  readonly diverged?: number | undefined;
  readonly snapshot?: Snapshot;
  readonly points: readonly LossPoint[];
  /** The newest first. */
  readonly outcomes: readonly { readonly step: number; readonly outcome: Outcome }[];
  readonly inside?: Inside;
}

const idle: RunState = { status: 'idle', points: [], outcomes: [] };

export interface RunnerEvents {
  /** There is something else to show. */
  changed(): void;
  saved(bytes: Uint8Array<ArrayBuffer>): void;
  loaded(link: string, data: string): void;
  refused(message: string): void;
}

export class Runner {
  readonly #worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
  readonly #events: RunnerEvents;
  /** Of the network that is shown, and the last that was given out. */
  #id = 0;
  #newest = 0;
  #state = idle;

  constructor(events: RunnerEvents) {
    this.#events = events;
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
    this.#worker.addEventListener('error', ({ message }) => this.#set({ ...this.#state, status: 'failed', message }));
  }

  get state(): RunState {
    return this.#state;
  }

  /** Begins anew. */
  start(experiment: Experiment, running: boolean): void {
    this.#id = ++this.#newest;
    this.#send({ type: 'start', id: this.#id, experiment, running });
    this.#set({ ...idle, status: running ? 'running' : 'idle' });
  }

  /** Learns from now on, or from when it is ready. */
  run(): void {
    if (!this.#waits) return;
    this.#send({ type: 'run' });
    this.#set({ ...this.#state, status: 'running' });
  }

  pause(): void {
    if (this.#state.status !== 'running') return;
    this.#send({ type: 'pause' });
    this.#set({ ...this.#state, status: 'paused' });
  }

  /** One update. */
  step(): void {
    if (this.#waits) this.#send({ type: 'step' });
  }

  save(link: string): void {
    this.#send({ type: 'save', link });
  }

  load(bytes: Uint8Array<ArrayBuffer>): void {
    this.pause();
    this.#send({ type: 'load', id: ++this.#newest, bytes });
  }

  /** Forgets its network. */
  clear(): void {
    this.pause();
    this.#id = ++this.#newest;
    this.#set(idle);
  }

  /** Whether it can be told to go on; what it is told before it is ready it does then. */
  get #waits(): boolean {
    return this.#state.status === 'paused' || this.#state.status === 'idle';
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #set(state: RunState): void {
    this.#state = state;
    this.#events.changed();
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'snapshot':
        if (message.id === this.#id) this.#show(message.snapshot);
        break;
      case 'failed':
        if (message.id !== this.#id) return;
        this.#fail(message);
        break;
      case 'saved':
        this.#events.saved(message.bytes);
        break;
      case 'loaded':
        this.#id = message.id;
        this.#state = idle;
        this.#events.loaded(message.link, message.data);
        break;
      case 'refused':
        this.#events.refused(message.message);
        break;
      case 'ready':
        break;
    }
  }

  #fail({ message, problem, diverged }: Extract<FromWorker, { type: 'failed' }>): void {
    this.#set({ ...this.#state, status: 'failed', message, problem, diverged });
  }

  #show(snapshot: Snapshot): void {
    const { status, points, outcomes, inside } = this.#state;
    const { step, outcome } = snapshot;
    const newest = snapshot.inside ?? inside;
    this.#set({
      status: status === 'idle' ? 'paused' : status,
      snapshot,
      points: thin([...points, ...snapshot.points]),
      outcomes: outcome
        ? [{ step, outcome }, ...outcomes.filter((before) => before.step !== step)].slice(0, MOST_OUTCOMES)
        : outcomes,
      ...(newest && { inside: newest }),
    });
  }
}

/** Without a second point at a step, and without every second point when there are too many; the first and the last stay. */
function thin(points: readonly LossPoint[]): readonly LossPoint[] {
  const once = points.filter(({ step }, index) => index === points.length - 1 || points[index + 1]!.step !== step);
  if (once.length <= MOST_POINTS) return once;
  return once.filter((_, index) => index % 2 === 0 || index === once.length - 1);
}
