// What importing a .wasm file gives in engines and bundlers that compile it ahead of time.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
