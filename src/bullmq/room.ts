// A server that is full: it answers, and refuses what it is to keep.
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two tries: somebody has to make room. */
const PAUSE = 1000;

/** Whether a server refused a write for want of room: Redis at its `maxmemory` or with a full disk, PostgreSQL with a full disk. */
export function isFull(error: unknown): boolean {
  const { message = '', code } = error as { message?: string; code?: string };
  // https://www.postgresql.org/docs/current/errcodes-appendix.html: disk_full.
  return /\bOOM command not allowed|^MISCONF\b/.test(message) || code === '53100';
}

/** Writes once there is room, as what is asked for while a server is away is answered when it is back. */
export async function whenRoom<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isFull(error)) throw error;
      await sleep(PAUSE);
    }
  }
}
