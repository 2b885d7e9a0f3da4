// The entry for Cloudflare's workerd, which compiles no WebAssembly from bytes: it gets the kernels as modules.
import f32 from '../build/kernels/f32.wasm';
import relaxed from '../build/kernels/f32-relaxed.wasm';
import f64 from '../build/kernels/f64.wasm';
import { provideModule } from './wasm/load.ts';

export * from './index.ts';

provideModule('f32', f32);
provideModule('f32-relaxed', relaxed);
provideModule('f64', f64);
