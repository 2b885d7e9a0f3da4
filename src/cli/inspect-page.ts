// The page of `bptt inspect`: the summary and the pictures, with what each shows.
import { escaped } from './html-report.ts';

export interface Inspected {
  readonly model: string;
  readonly text: string;
  readonly steps: number;
  readonly summary: readonly string[];
  readonly advice: readonly string[];
  /** SVGs by name. */
  readonly pictures: Readonly<Record<string, string>>;
}

/** What to look for, by the name of the picture. */
const captions: Readonly<Record<string, string>> = {
  'gradient-by-lag':
    'How much of a loss arrives at the hidden state k steps before it. A straight line down is exponential decay: what lies far back is not learned.',
  'truncation-error':
    'How far the gradient of truncated BPTT points from that of full BPTT. Choose a k2 where the angle is small.',
  'jacobian-spectrum':
    'Each dot is a direction of the state: outside the circle gradients grow in it from step to step, inside they fade.',
  'singular-values': 'The most and the least that the Jacobian of each step stretches a gradient.',
  connectivity: 'Which characters the last output depends on: the size of its gradient at each of them.',
  'hidden-states': 'What each unit does along the text: a column for each character, a row for each unit.',
  saturation: 'Where units and gates stand at their limits, their slope is almost zero and gradients end.',
};

export function inspectPage({ model, text, steps, summary, advice, pictures }: Inspected): string {
  const title = `Inside ${model}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: #fff; color: #1c2024; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
figure { margin: 2rem 0; }
figure > div { overflow-x: auto; }
figcaption { color: #5b6470; }
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>It read ${steps} characters of ${escaped(text)}.</p>
<ul>
${summary.map((sentence) => `<li>${escaped(sentence)}</li>`).join('\n')}
</ul>
${advice.length === 0 ? '' : `<h2>What could help</h2>\n<ul>\n${advice.map((sentence) => `<li>${escaped(sentence)}</li>`).join('\n')}\n</ul>`}
${Object.entries(pictures)
  .map(
    ([name, svg]) =>
      `<figure><div tabindex="0" role="group" aria-label="${name}">${svg}</div><figcaption>${escaped(captions[name]!)}</figcaption></figure>`,
  )
  .join('\n')}
</main>
</body>
</html>
`;
}
