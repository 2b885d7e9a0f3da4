// A lock on a file that takes long to write, so that no second program writes it meanwhile: a small file beside it that says whose it is. A
// program that crashed leaves it behind, so whoever finds one asks whether its owner lives. On the same machine the system knows. An owner
// elsewhere, on another machine or in another container, shows it by touching the lock; clocks are not compared, as they may differ.
import { randomUUID } from 'node:crypto';
import { link, open, readFile, readlink, rename, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpttError } from '../base/errors.ts';
import { fileError, hiddenName, isThere, targetOf, writeFileAtomic } from './atomic-file.ts';

/** Who holds a lock. */
interface Owner {
  readonly id: string;
  readonly host: string;
  /** Where process numbers mean the same: this start of this machine, and this container. */
  readonly machine: string;
  readonly pid: number;
  /** When the process began, as the system says it; null where it does not. Numbers of processes are used again. */
  readonly began: string | null;
}

export interface FileLockOptions {
  /** Milliseconds from one touch to the next. Default 5000. */
  readonly beat?: number;
  /** Milliseconds without a touch after which an owner elsewhere is taken for dead. Default 30,000. */
  readonly patience?: number;
  /** Is told that another's lock is being watched. */
  readonly onWait?: (owner: string) => void;
}

/** How often a lock is looked at while it is watched. */
const LOOKS = 30;

export class FileLock {
  readonly #path: string;
  readonly #place: string;
  readonly #id: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, place: string, id: string, beat: number) {
    this.#path = path;
    this.#place = place;
    this.#id = id;
    this.#timer = setInterval(() => {
      const now = new Date();
      utimes(place, now, now).catch(() => {}); // `check` says what became of it
    }, beat).unref();
  }

  /**
   * Locks `path`, which need not be there.
   *
   * @throws BpttError `bad-file` when another program that lives holds the lock, or none can be made there.
   */
  static async take(path: string, { beat = 5000, patience = 30_000, onWait }: FileLockOptions = {}): Promise<FileLock> {
    const place = await placeOf(path);
    const { pid } = process;
    const began = (await beganOf(pid)) ?? null;
    const owner: Owner = { id: randomUUID(), host: hostname(), machine: await thisMachine(), pid, began };
    const bytes = new TextEncoder().encode(JSON.stringify(owner));
    for (;;) {
      try {
        await writeFileAtomic(place, bytes, { replace: false });
        return new FileLock(path, place, owner.id, beat);
      } catch (error) {
        if (!isThere(error)) throw fileError(path, 'write', (error as Error).cause ?? error);
      }
      const found = await readLock(place);
      if (await lives(place, found, patience, onWait)) {
        const got = `${nameOf(found)}, which lives and holds ${place}`;
        throw new BpttError('bad-file', `${path}: expected no other program that writes it, got ${got}`);
      }
      await removeDead(place, found?.id);
    }
  }

  /** @throws BpttError `bad-file` when the lock is another's by now, who took this program for dead. */
  async check(): Promise<void> {
    const found = await readLock(this.#place);
    if (found?.id === this.#id) return;
    throw new BpttError(
      'bad-file',
      `${this.#path}: expected to be its only writer, got another since this one stood still; nothing more is written`,
    );
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    if ((await readLock(this.#place))?.id === this.#id) await rm(this.#place, { force: true });
  }
}

async function placeOf(path: string): Promise<string> {
  try {
    const target = await targetOf(path);
    return join(dirname(target), `${hiddenName(target)}.lock`);
  } catch (cause) {
    throw fileError(path, 'write', cause);
  }
}

/** What a lock says; undefined when it has gone, or says nothing that is understood. */
async function readLock(place: string): Promise<Owner | undefined> {
  try {
    const { id, host, machine, pid, began } = JSON.parse(await readFile(place, 'utf8'));
    return { id: String(id), host: String(host), machine: String(machine), pid: Number(pid), began };
  } catch {
    return undefined;
  }
}

async function lives(
  place: string,
  owner: Owner | undefined,
  patience: number,
  onWait: FileLockOptions['onWait'],
): Promise<boolean> {
  if (owner?.machine === (await thisMachine())) {
    const began = await beganOf(owner.pid);
    return began === null || began === owner.began;
  }
  const first = await versionOf(place);
  if (first === undefined) return false;
  onWait?.(nameOf(owner));
  for (let look = 0; look < LOOKS; look++) {
    await sleep(patience / LOOKS);
    const now = await versionOf(place);
    if (now !== first) return now !== undefined;
  }
  return false;
}

const nameOf = (owner: Owner | undefined) =>
  owner === undefined ? 'another program' : `process ${owner.pid} on ${owner.host}`;

/** Only Linux tells more than the machine's name: which of its starts this is, and where processes are counted. */
async function thisMachine(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const container = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${hostname()} ${boot.trim()} ${container}`;
}

/** When a process of this machine began; null where the system does not say, undefined for one that has ended. */
async function beganOf(pid: number): Promise<string | null | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined; // EPERM: it is another user's
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return null;
  // proc(5): after the name, in parentheses, which may hold anything, the state and, 19 fields on, the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19]!;
}

/** Changes with each touch. Opened, as a network's file system may otherwise tell what it remembers. */
async function versionOf(place: string): Promise<string | undefined> {
  const file = await open(place).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { ino, mtimeMs } = await file.stat();
    return `${ino} ${mtimeMs}`;
  } finally {
    await file.close();
  }
}

/** Removes a dead owner's lock, and no other: of several that find it, one moves it away. */
async function removeDead(place: string, id: string | undefined): Promise<void> {
  const aside = `${place}-${randomUUID()}`;
  try {
    await rename(place, aside);
  } catch {
    return; // another was quicker
  }
  const moved = await readLock(aside);
  // Another took it in between: it is put back. Should a third be there by now, `check` tells the second.
  if (moved?.id !== id) await link(aside, place).catch(() => {});
  await rm(aside, { force: true });
}
