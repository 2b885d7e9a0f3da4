// Where a step of a buffer begins.
import type { Pointer } from '../../wasm/kernels.ts';
import type { Track } from '../contract.ts';

export const at = ({ pointer, stride }: Track, step: number): Pointer => pointer + step * stride;
