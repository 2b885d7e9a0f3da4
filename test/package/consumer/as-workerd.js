// @ts-check
// As Cloudflare's workerd does: it hands out .wasm files as compiled modules, and compiles none from bytes.
// node --conditions=workerd --import ./as-workerd.js FILE
import { register } from 'node:module';

const hooks = `
  export async function load(url, context, next) {
    if (!url.endsWith('.wasm')) return next(url, context);
    const source = \`
      import { readFileSync } from 'node:fs';
      const bytes = readFileSync(new URL('\${url}'));
      export default WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined; // no relaxed SIMD in Node 20
    \`;
    return { format: 'module', shortCircuit: true, source };
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
WebAssembly.compile = () => Promise.reject(new Error('Wasm code generation disallowed by embedder'));
