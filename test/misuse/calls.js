// @ts-check
/** Makes the wrong calls of many functions in processes of their own, so that one that hangs or ends its process is seen, and not the end. */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ name: string, row: number, place: string, value: string, answer: import('./judge.js').Answer | 'hang', said: string }} Outcome
 * @typedef {{ share?: number, seed?: number, patience: number, processor?: number, processes?: number }} Options
 * patience: seconds that a call may be without an answer; processor: seconds that it may compute. Default: any.
 */

const program = fileURLToPath(new URL('child.js', import.meta.url));

/**
 * @param {readonly import('./types.js').PublicFunction[]} functions
 * @param {Options} options
 * @param {(outcome: Outcome) => void} tell
 */
export async function makeCalls(functions, options, tell) {
  const queue = [...functions];
  const { processes = 1 } = options;
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const process = new Process(options, tell);
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await process.run(next);
      process.stop();
    }),
  );
}

/** A process, what it has written to standard error, and the lines in which it answers. */
function start() {
  const child = fork(program, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'] });
  const input = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  const answers = createInterface({ input })[Symbol.asyncIterator]();
  const started = { child, answers, errors: '' };
  child.stderr?.on('data', (chunk) => {
    started.errors = (started.errors + chunk).slice(-2000);
  });
  return started;
}

class Process {
  #options;
  #tell;
  /** @type {ReturnType<typeof start> | undefined} */
  #started;

  /**
   * @param {Options} options
   * @param {(outcome: Outcome) => void} tell
   */
  constructor(options, tell) {
    this.#options = options;
    this.#tell = tell;
  }

  /** @param {import('./types.js').PublicFunction} of */
  async run(of) {
    for (let from = 0; from >= 0; ) from = await this.#runFrom(of, from);
  }

  stop() {
    this.#started?.child.kill('SIGKILL');
    this.#started = undefined;
  }

  /**
   * Calls from one on, until all are made or one has no answer.
   * @param {import('./types.js').PublicFunction} of
   * @param {number} from
   * @returns {Promise<number>} the call to go on with; -1 when all are made
   */
  async #runFrom(of, from) {
    const { share = 1, seed = 0 } = this.#options;
    this.#started ??= start();
    const { child, answers } = this.#started;
    child.send({ of, from, share, seed });
    /** @type {any} */
    let current;
    for (;;) {
      const line = await this.#answerFrom(answers, current === undefined);
      const message = line === undefined ? undefined : JSON.parse(line);
      if (message?.done) return -1;
      if (message?.index !== undefined) current = message;
      else if (message !== undefined) this.#report(of, current, message);
      else {
        const said = child.killed
          ? `no answer for ${this.#options.patience} s`
          : `the process ended: ${this.#started?.errors}`;
        if (current === undefined) throw new Error(`${of.name}: ${said}`);
        this.#started = undefined;
        this.#report(of, current, { answer: 'hang', said, cpu: 0 });
        return current.index + 1;
      }
    }
  }

  /**
   * @param {AsyncIterator<string>} answers
   * @param {boolean} first whether it still has to load everything
   * @returns {Promise<string | undefined>} undefined when the process has ended, or has been, since there was no answer
   */
  async #answerFrom(answers, first) {
    const limit = 1000 * this.#options.patience * (first ? 10 : 1);
    const timer = setTimeout(() => this.#started?.child.kill('SIGKILL'), limit);
    const { value } = await answers.next();
    clearTimeout(timer);
    return value;
  }

  /**
   * @param {import('./types.js').PublicFunction} of
   * @param {{ row: number, place: string, value: string }} call
   * @param {{ answer: Outcome['answer'], said: string, cpu: number }} result
   */
  #report({ name }, { row, place, value }, { answer, said, cpu }) {
    const { processor = Infinity } = this.#options;
    const late =
      cpu > processor ? { answer: /** @type {const} */ ('hang'), said: `computes for ${cpu.toFixed(1)} s` } : {};
    this.#tell({ name, row, place, value, answer, said, ...late });
  }
}
