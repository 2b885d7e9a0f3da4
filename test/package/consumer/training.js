// @ts-check
// What every consumer does with the package, however it came by it: train a little, save, load, write.

/**
 * @param {typeof import('bptt')} bptt
 * @param {typeof import('bptt').train} [trainer]
 * @returns the SHA-256 of the parameters, of the model file, and what the loaded model writes
 */
export async function trainAndWrite(
  { adam, characters, createModel, dense, deserialize, elman, generate, serialize, textStream, tokens, train },
  trainer = train,
) {
  const text = 'Up helm, up helm! The whale, the whale!\n'.repeat(10);
  const vocabulary = characters(text);
  const model = await createModel([tokens(vocabulary.size), elman({ units: 20 }), dense({ units: vocabulary.size })], {
    seed: 3,
  });
  const losses = [];
  for await (const event of trainer(model, {
    data: textStream(vocabulary.encode(text), { batch: 3 }),
    loss: 'cross-entropy',
    truncation: { k1: 5, k2: 9 },
    optimizer: adam({ learningRate: 0.02 }),
    clip: { norm: 1 },
    steps: 60,
  })) {
    if (event.type === 'step') losses.push(event.loss);
  }
  const file = serialize(model, { metadata: { vocabulary: JSON.stringify(vocabulary) } });
  const restored = await deserialize(file);
  const prompt = vocabulary.encode('Up ');
  return {
    firstLoss: losses[0],
    lastLoss: losses.at(-1),
    parameters: await sha256(model.parameters().flatMap(({ data }) => [...data])),
    file: await sha256(file),
    text: vocabulary.decode([...generate(restored.model, { prompt, length: 40, temperature: 0.5, seed: 5 })]),
  };
}

/** @param {ArrayLike<number>} numbers hashed as f64, so that nothing is lost of any of them */
async function sha256(numbers) {
  const digest = await crypto.subtle.digest('SHA-256', Float64Array.from(numbers));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
