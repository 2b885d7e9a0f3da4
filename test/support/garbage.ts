// Wasm memories that nobody needs any more.

/**
 * Lets go of the memories of models that earlier tests made. A process has room for some hundred, and a worker that needs one cannot collect
 * what the page has left. Where the engine does not offer it (`--expose-gc`), nothing happens.
 */
export function collectGarbage(): void {
  (globalThis as { readonly gc?: () => void }).gc?.();
}
