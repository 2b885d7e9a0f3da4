// How signals stop a training: the first lets it save, a second one, if it is meant, ends the process at once.

/** What a shell expects of a program that a signal stopped: 128 and the signal's number. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Milliseconds after which a second signal is meant: npm passes on the first, which the terminal has sent as well. */
const IMPATIENT = 500;

/** The part of `process` that hears signals and ends it. */
export interface Interruptible {
  on(signal: keyof typeof codes, listener: () => void): unknown;
  exit(code: number): void;
  exitCode?: number | string | null | undefined;
}

/** Aborts with the first signal that `program` gets. `now`: the time in milliseconds. */
export function interruptionOf(program: Interruptible, now = () => performance.now()): AbortSignal {
  const interruption = new AbortController();
  let first = 0;
  for (const [signal, code] of Object.entries(codes) as [keyof typeof codes, number][]) {
    program.on(signal, () => {
      if (!interruption.signal.aborted) first = now();
      else if (now() - first > IMPATIENT) program.exit(code);
      program.exitCode = code;
      interruption.abort();
    });
  }
  return interruption.signal;
}
