// The page's side of one worker: sends orders, and keeps what the page is to show as one immutable value.

import type { LiveSettings } from '../settings/fields.ts';
import type { Problem } from '../tasks/problem.ts';
import type { Outcome } from '../tasks/task.ts';
import type { Experiment, FromWorker, Inside, LossPoint, Snapshot, ToWorker } from '../worker/messages.ts';

/** Points of a curve; when there are more, every second goes. */
const MOST_POINTS = 1000;
/** Outcomes that are remembered. */
const MOST_OUTCOMES = 8;

/** The newest of each look inside that could be taken, and after how many updates that was. */
export type Looks = { readonly [Name in keyof Inside]?: { readonly step: number; readonly seen: Inside[Name] } };

/** A network as the page sees it. */
export interface RunState {
  /** `idle` until the first snapshot, `failed` when it can not go on. */
  readonly status: 'idle' | 'ready' | 'failed';
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
  readonly looks: Looks;
}

const idle: RunState = { status: 'idle', points: [], outcomes: [], looks: {} };

export interface RunnerEvents {
  /** There is something else to show. */
  changed(): void;
  /** What was asked for is done, or cannot be done. */
  done(runner: Runner): void;
  saved(bytes: Uint8Array<ArrayBuffer>): void;
  loaded(link: string, data: string): void;
  refused(): void;
}

/** A network with its name among those of the worker. */
interface Named {
  readonly id: number;
  readonly state: RunState;
}

export class Runner {
  readonly #worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
  readonly #events: RunnerEvents;
  /** The last that was given out. */
  #newest = 0;
  #current: Named = { id: 0, state: idle };
  #aside: Named = { id: 0, state: idle };

  constructor(events: RunnerEvents) {
    this.#events = events;
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
    this.#worker.addEventListener('error', ({ message }) => this.#set({ ...this.state, status: 'failed', message }));
  }

  get state(): RunState {
    return this.#current.state;
  }

  /** Begins anew, or with nothing. `keep`: what is there now can be had back with `restore`. */
  start(experiment: Experiment | undefined, keep: boolean): void {
    if (keep) this.#aside = this.#current;
    const id = ++this.#newest;
    this.#current = { id, state: idle };
    this.#send({ type: 'start', id, experiment, keep });
    this.#events.changed();
  }

  /** What is there and what was kept change places. */
  restore(): void {
    [this.#current, this.#aside] = [this.#aside, this.#current];
    this.#send({ type: 'restore' });
    this.#events.changed();
  }

  /** Updates until so many batches are read. */
  learn(until: number): void {
    this.#send({ type: 'learn', until });
  }

  /** One update. */
  update(): void {
    this.#send({ type: 'update' });
  }

  /** Shows everything as it is now. */
  look(): void {
    this.#send({ type: 'look' });
  }

  /** Goes on with other settings. */
  adjust(settings: LiveSettings): void {
    this.#send({ type: 'adjust', settings });
  }

  save(link: string): void {
    this.#send({ type: 'save', link });
  }

  load(bytes: Uint8Array<ArrayBuffer>): void {
    this.#send({ type: 'load', id: ++this.#newest, bytes });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #set(state: RunState): void {
    this.#current = { id: this.#current.id, state };
    this.#events.changed();
  }

  #receive(message: FromWorker): void {
    // Of a network that is no longer shown.
    if ('id' in message && message.type !== 'loaded' && message.id !== this.#current.id) return;
    switch (message.type) {
      case 'snapshot':
        this.#show(message.snapshot);
        break;
      case 'done':
        this.#events.done(this);
        break;
      case 'failed': {
        const { message: text, problem, diverged } = message;
        this.#set({ ...this.state, status: 'failed', message: text, problem, diverged });
        this.#events.done(this);
        break;
      }
      case 'saved':
        this.#events.saved(message.bytes);
        break;
      case 'loaded':
        this.#current = { id: message.id, state: idle };
        this.#events.loaded(message.link, message.data);
        break;
      case 'refused':
        this.#events.refused();
        break;
      case 'ready':
        break;
    }
  }

  #show(snapshot: Snapshot): void {
    const { status, points, outcomes, looks } = this.state;
    const { step, outcome, inside, point } = snapshot;
    const newer = Object.fromEntries(Object.entries(inside).map(([name, seen]) => [name, { step, seen }])) as Looks;
    this.#set({
      status: status === 'idle' ? 'ready' : status,
      snapshot,
      points: thin([...points, point]),
      outcomes: outcome
        ? [{ step, outcome }, ...outcomes.filter((before) => before.step !== step)].slice(0, MOST_OUTCOMES)
        : outcomes,
      looks: { ...looks, ...newer },
    });
    // The first snapshot: it can be told to learn.
    if (status === 'idle') this.#events.done(this);
  }
}

/** Without a second point at a step, and without every second point when there are too many; the first and the last stay. */
function thin(points: readonly LossPoint[]): readonly LossPoint[] {
  const once = points.filter(({ step }, index) => index === points.length - 1 || points[index + 1]!.step !== step);
  if (once.length <= MOST_POINTS) return once;
  return once.filter((_, index) => index % 2 === 0 || index === once.length - 1);
}
