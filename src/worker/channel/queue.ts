// Values that arrive one by one, for a loop that takes them in their order.

export class Queue<T> {
  readonly #values: T[] = [];
  #error: unknown;
  #failed = false;
  #wake: () => void = () => {};

  put(value: T): void {
    this.#values.push(value);
    this.#wake();
  }

  /** What comes after the values that are there. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#wake();
  }

  /** The next value. One caller at a time. @throws what `fail` was given, when there is no value before it. */
  async take(): Promise<T> {
    while (this.#values.length === 0) {
      if (this.#failed) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#values.shift()!;
  }
}
