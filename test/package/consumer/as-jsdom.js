// @ts-check
// As Jest's jsdom does: hides what Node has. node --import ./as-jsdom.js FILE
for (const name of ['TextDecoder', 'DecompressionStream', 'Response', 'MessageChannel']) {
  Reflect.deleteProperty(globalThis, name);
}
