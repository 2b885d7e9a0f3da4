// Runs ONNX files in onnxruntime, as our arrays. Its WebAssembly build: the native one downloads CUDA's libraries when npm installs it.
import { InferenceSession, Tensor } from 'onnxruntime-web';

/** An array and its shape. */
export interface Shaped {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** The outputs of a graph by name. */
export async function runOnnx(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Shaped>>,
): Promise<Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  try {
    const feeds = Object.entries(inputs).map(([name, { dims, data }]) => {
      const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
      return [name, new Tensor(type, data as never, dims)] as const;
    });
    return (await session.run(Object.fromEntries(feeds))) as never;
  } finally {
    await session.release();
  }
}
