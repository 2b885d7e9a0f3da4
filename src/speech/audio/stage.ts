// Work on a stream in pieces: what a stage makes of a whole it makes of its parts, to the bit, however it is cut.

/** Reads numbers and gives others, some of them later. */
export interface Stage<In extends Numbers = Float64Array, Out extends Numbers = Float64Array> {
  /** What can be said after these. */
  push(values: In): Out;
  /** What is left to say when nothing more comes. */
  end(): Out;
}

type Numbers = Float32Array<ArrayBufferLike> | Float64Array<ArrayBufferLike>;

export const nothing: Float64Array = new Float64Array(0);

/** One stage after another. */
export function chain<In extends Numbers>(first: Stage<In>, rest: readonly Stage[]): Stage<In> {
  return {
    push: (values) => rest.reduce((passed, stage) => stage.push(passed), first.push(values)),
    end: () => rest.reduce((passed, stage) => joined([stage.push(passed), stage.end()]), first.end()),
  };
}

export function joined(parts: readonly Float64Array[]): Float64Array {
  const filled = parts.filter(({ length }) => length > 0);
  if (filled.length < 2) return filled[0] ?? nothing;
  const all = new Float64Array(filled.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of filled) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A stage that changes each row of so many numbers by itself. */
export function rowByRow(
  size: number,
  outputs: number,
  change: (row: Float64Array, into: Float64Array) => void,
): Stage {
  return {
    push(values) {
      const rows = values.length / size;
      const result = new Float64Array(rows * outputs);
      for (let t = 0; t < rows; t++) {
        change(values.subarray(t * size, (t + 1) * size), result.subarray(t * outputs, (t + 1) * outputs));
      }
      return result;
    },
    end: () => nothing,
  };
}

/** A stage that needs all before it says anything. */
export function atTheEnd(change: (all: Float64Array) => Float64Array): Stage {
  const parts: Float64Array[] = [];
  return {
    push(values) {
      parts.push(values);
      return nothing;
    },
    end: () => change(joined(parts)),
  };
}

/** A stage that passes on whole rows of so many numbers. */
export function stacked(size: number): Stage {
  let left = nothing;
  return {
    push(values) {
      const all = joined([left, values]);
      const whole = all.length - (all.length % size);
      left = all.slice(whole);
      return all.subarray(0, whole);
    },
    end: () => nothing,
  };
}
