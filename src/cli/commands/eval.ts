// `bptt eval`: how well a model predicts a text.
import { perplexity } from '../../generation/index.ts';
import { loadModel } from '../../node.ts';
import { toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import type { Text } from '../io/text-file.ts';
import { encodeText, readVocabulary, unknownFlag, VOCABULARY } from '../io/vocabulary.ts';

export const evalFlags = { unknown: unknownFlag, json: toggle('print one JSON event') };

/** Prints the loss of a text in nats and bits per character. */
export async function evalCommand(
  path: string,
  { name, text }: Text,
  { unknown, json }: Values<typeof evalFlags>,
  output: Output,
): Promise<void> {
  const { model, metadata } = await loadModel(path);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  const tokens = encodeText(vocabulary, text, name, unknown);
  const begin = performance.now();
  const { loss: ofToken, perplexity: ofText, counted: predicted } = perplexity(model, tokens);
  // Whatever the tokens are, losses are said for characters, so that they can be compared.
  const counted = [...vocabulary.decode(tokens.subarray(1))].length;
  const loss = (ofToken * predicted) / counted;
  const bitsPerCharacter = loss / Math.LN2;
  const charactersPerSecond = (counted * 1000) / (performance.now() - begin);
  if (json) {
    output.json({
      type: 'eval',
      text: name,
      characters: counted,
      loss,
      bitsPerCharacter,
      perplexity: ofText,
      charactersPerSecond,
    });
    return;
  }
  output.line(`${name}: ${counted.toLocaleString('en-US')} characters predicted, each from all before it`);
  output.line(
    `${loss.toFixed(4)} nats, ${bitsPerCharacter.toFixed(4)} bits per character; perplexity ${ofText.toFixed(3)}`,
  );
}
