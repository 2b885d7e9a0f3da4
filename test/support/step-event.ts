// A step of a training.
export const step = (step: number, loss: number) => ({
  step,
  epoch: 0,
  loss,
  gradientNorm: loss / 2,
  learningRate: 0.1,
  characters: step,
  charactersPerSecond: 100,
});
