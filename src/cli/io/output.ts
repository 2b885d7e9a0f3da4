// What the commands say: a reader who goes away is not an error, a slow one is waited for, and nothing that a file holds speaks to a terminal.
import { once } from 'node:events';
import { printable } from '../report/printable.ts';

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #errors: NodeJS.WriteStream;
  readonly #closed = new AbortController();
  #failure: Error | undefined;

  /** `stream` is for what was asked for, `errors` for what is said about it. */
  constructor(stream: NodeJS.WriteStream, errors: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#errors = errors;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#failure ??= error;
      this.#closed.abort();
    });
    errors.on('error', () => {}); // nobody listens: there is nowhere left to say so
  }

  /** Why nothing more can be written, when it is not that the reader has gone: a full disk, for example. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get stream(): NodeJS.WriteStream {
    return this.#stream;
  }

  /** Whether somebody looks at a terminal, and not a file or another program reads. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Whether it is a terminal that knows control sequences. */
  get hasCursor(): boolean {
    return this.isTerminal && process.env.TERM !== 'dumb';
  }

  /** Aborts when the reader has gone, as `head` goes, or when writing failed: for what is made only to be read. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Text that was asked for: to a file or another program as it is. */
  write(text: string): void {
    this.styled(this.isTerminal ? printable(text) : text);
  }

  /** A line about it. */
  line(text: string): void {
    this.styled(`${printable(text)}\n`);
  }

  /** Text with control sequences of our own: what others wrote is `printable` in it. */
  styled(text: string): void {
    if (!this.closed.aborted) this.#stream.write(text);
  }

  /** One JSON value a line. */
  json(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** A line on standard error. */
  note(text: string): void {
    this.#errors.write(`${printable(text)}\n`);
  }

  /** Resolves when what was written is on its way or the reader has gone, at the soonest in the next turn of the event loop. */
  async flushed(): Promise<void> {
    await new Promise(setImmediate);
    if (!this.#stream.writableNeedDrain || this.closed.aborted) return;
    try {
      await once(this.#stream, 'drain', { signal: this.closed });
    } catch {
      // The listener above has seen why.
    }
  }
}
