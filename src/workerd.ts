// The entry for Cloudflare's workerd, which compiles no WebAssembly from bytes: it gets the kernels as modules.
import activation32 from '../build/kernels/activation-f32.wasm';
import activation64 from '../build/kernels/activation-f64.wasm';
import ctc32 from '../build/kernels/ctc-f32.wasm';
import ctc64 from '../build/kernels/ctc-f64.wasm';
import f32 from '../build/kernels/f32.wasm';
import relaxed from '../build/kernels/f32-relaxed.wasm';
import f64 from '../build/kernels/f64.wasm';
import { provideCompanion } from './wasm/companion.ts';
import { provideModule } from './wasm/load.ts';

export * from './index.ts';

provideModule('f32', f32);
provideModule('f32-relaxed', relaxed);
provideModule('f64', f64);
// Companions too: a bundler takes them along unread, and they are small.
provideCompanion('activation-f32', activation32);
provideCompanion('activation-f64', activation64);
provideCompanion('ctc-f32', ctc32);
provideCompanion('ctc-f64', ctc64);
