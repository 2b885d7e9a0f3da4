// as-pect over assembly/__tests__. The precision is that of the compiler options: --as-config as-pect.f32.json or as-pect.f64.json.
export default {
  entries: ['assembly/__tests__/**/*.spec.ts'],
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};
