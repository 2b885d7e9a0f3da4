// A model as a picture: a box for each node, in the colour of its clock, arrows for what it reads, dashed ones for what it starts from.
import { readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, omit } from '../base/fields.ts';
import type { Clock } from '../base/signal.ts';
import { activationLayer } from '../layers/later/activation.ts';
import { createGraph } from '../model/create-graph.ts';
import type { Graph, GraphNode } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import { shapeOf, titleOf } from '../model/summary.ts';
import { type Layered, type Link, layered } from './layered.ts';
import { escaped, type Palette, type PlotOptions, palettes, plotFields } from './svg.ts';

const fields = omit(plotFields, 'height');

/** Those of all plots but for the height, which is what the nodes need. */
export interface NetworkPlotOptions extends Omit<PlotOptions, 'height'> {}

const MARGIN = 12;
const HEADER = 36;
const LINE = 18;
const BETWEEN = 36;
/** The width of a character of the text, at most: fonts differ. */
const CHARACTER = 7.2;

/** An arrow; dashed where a layer starts from a state. */
interface Edge extends Link {
  readonly starts: boolean;
}

/** What the parts of a picture share. */
interface Sheet {
  readonly graph: Graph;
  readonly palette: Palette;
  readonly layout: Layered;
  readonly lines: readonly (readonly string[])[];
  readonly widths: readonly number[];
  readonly edges: readonly Edge[];
  /** The height of a box. */
  readonly box: number;
  /** Where the boxes of a row begin. */
  readonly top: (row: number) => number;
}

/**
 * The nodes of a model and what each reads: boxes in the colours of their clocks, with names, kinds and shapes; dashed arrows lead from states
 * to the layers that start from them; tied weights are named.
 *
 * @param model A model, or its description.
 * @throws BpttError for what is neither, and for wrong options.
 *
 * @example
 * await writeFile('network.svg', plotNetwork(model, { theme: 'dark' }));
 */
export function plotNetwork(model: Model | Model['description'], options: NetworkPlotOptions = {}): string {
  const { title = 'Network', width, theme } = checkFields('plotNetwork', options, fields);
  const graph = graphOf(model);
  const palette = palettes[theme];
  const edges = graph.layers.flatMap(({ index, inputs, start }): Edge[] => [
    ...inputs.map((from) => ({ from, to: index, starts: false })),
    ...(start === undefined ? [] : [{ from: start, to: index, starts: true }]),
  ]);
  const lines = graph.nodes.map((node) => linesOf(graph, node));
  const widths = lines.map((some) => CHARACTER * Math.max(...some.map(({ length }) => length)) + 16);
  const layout = layered(widths, edges, width - 2 * MARGIN);
  const legend = legendOf(graph, palette, layout.width);
  const box = LINE * Math.max(...lines.map(({ length }) => length)) + 10;
  const top = (row: number) => HEADER + LINE * legend.lines + 10 + row * (box + BETWEEN);
  const sheet: Sheet = { graph, palette, layout, lines, widths, edges, box, top };

  const [wide, high] = [layout.width + 2 * MARGIN, top(layout.rows) - BETWEEN + MARGIN];
  const label = escaped(title);
  const arrow = `<path d="M0 0L8 4L0 8Z" fill="${palette.quiet}"/>`;
  const marker = `<marker id="bptt-arrow-${theme}" markerWidth="8" markerHeight="8" refX="8" refY="4" orient="auto">${arrow}</marker>`;
  return [
    `<svg role="img" aria-label="${label}" xmlns="http://www.w3.org/2000/svg" width="${width}" height="${Math.round((high * width) / wide)}" viewBox="0 0 ${Math.round(wide)} ${high}" font-family="system-ui, sans-serif" font-size="12">`,
    `<defs>${marker}</defs>`,
    `<text x="8" y="24" font-size="16" font-weight="600" fill="${palette.text}">${label}</text>`,
    `<g transform="translate(${MARGIN})">`,
    legend.svg,
    ...edges.map((edge, index) => edgeOf(sheet, edge, index, `url(#bptt-arrow-${theme})`)),
    ...graph.nodes.map((node) => boxOf(sheet, node)),
    '</g></svg>',
  ].join('\n');
}

function graphOf(model: unknown): Graph {
  return readable('plotNetwork(model)', () => {
    // Activations are known to models alone until they are loaded; nothing is computed here.
    if (Array.isArray(model)) return createGraph(model, [activationLayer as never]);
    const graph = (model as Partial<Model> | undefined)?.network?.graph;
    if (graph !== undefined) return graph;
    throw new BpttError(
      'invalid-argument',
      `plotNetwork(model): expected a model or its description, got ${show(model)}`,
    );
  });
}

/** What stands in a box. */
function linesOf(graph: Graph, node: GraphNode): readonly string[] {
  const { layer, kind, output, index } = node;
  const given = layer === undefined ? ` of ${output.size}` : '';
  const tied = layer?.tied?.map(({ spec }) => `tied to ${spec.name}`) ?? [];
  return [titleOf(graph, index), `${kind}${given} ${shapeOf(node)}`, ...tied];
}

function colorOf({ clocks }: Graph, { quiet, series }: Palette, clock: Clock): string {
  const place = clocks.indexOf(clock);
  return place < 0 ? quiet : series[place % series.length]!;
}

/** What the colours and the dashes mean, in as many lines as that needs. */
function legendOf(graph: Graph, palette: Palette, width: number): { readonly svg: string; readonly lines: number } {
  const clocks = new Map(graph.nodes.map(({ clock }) => [clock.kind === 'row' ? '' : clock.name, clock]));
  const entries = Array.from(clocks.values(), (clock) => ({
    text: clock.kind === 'row' ? 'one a row' : `steps of ${clock.name}`,
    mark: `fill="none" stroke="${colorOf(graph, palette, clock)}" stroke-width="4"`,
  }));
  if (graph.layers.some(({ start }) => start !== undefined)) {
    entries.push({
      text: 'starts from',
      mark: `fill="none" stroke="${palette.quiet}" stroke-width="1.5" stroke-dasharray="5 4"`,
    });
  }
  let [x, line] = [0, 0];
  const parts = entries.map(({ text, mark }) => {
    const needed = CHARACTER * text.length + 38;
    if (x > 0 && x + needed > width) [x, line] = [0, line + 1];
    const y = HEADER + LINE * line + 8;
    const part = `<path d="M${x} ${y}h18" ${mark}/><text x="${x + 24}" y="${y + 4}" fill="${palette.text}">${escaped(text)}</text>`;
    x += needed;
    return part;
  });
  return { svg: parts.join('\n'), lines: line + 1 };
}

function boxOf({ graph, palette, layout, lines, widths, box, top }: Sheet, node: GraphNode): string {
  const { x, row } = layout.boxes[node.index]!;
  const [width, y] = [widths[node.index]!, top(row)];
  const own = lines[node.index]!;
  const color = colorOf(graph, palette, node.clock);
  const first = y + box / 2 - (LINE * own.length) / 2 + 13;
  const texts = own.map((text, line) => {
    const look = line === 0 ? `fill="${palette.text}" font-weight="600"` : `fill="${palette.quiet}"`;
    return `<text x="${round(x)}" y="${round(first + line * LINE)}" text-anchor="middle" ${look}>${escaped(text)}</text>`;
  });
  // Inputs are round, outputs have a thick edge.
  const rx = node.layer === undefined ? box / 2 : 6;
  const edge = graph.outputs.some(({ index }) => index === node.index) ? 3 : 1.5;
  const shape = `x="${round(x - width / 2)}" y="${y}" width="${round(width)}" height="${box}" rx="${rx}"`;
  return [
    `<rect ${shape} fill="${color}" fill-opacity="0.1" stroke="${color}" stroke-width="${edge}"/>`,
    ...texts,
  ].join('');
}

/** An arrow from the lower edge of one box to the upper edge of another, through its places in the rows between. */
function edgeOf(
  { palette, layout, widths, edges, box, top }: Sheet,
  edge: Edge,
  index: number,
  marker: string,
): string {
  const [from, to] = [layout.boxes[edge.from]!, layout.boxes[edge.to]!];
  const passed = layout.links[index]!;
  // Side by side where several leave or reach one box, in the order of where they go.
  const end = (at: 'from' | 'to', next: (other: number) => number) => {
    const all = [...edges.keys()].filter((other) => edges[other]![at] === edge[at]).sort((a, b) => next(a) - next(b));
    const step = Math.min(22, widths[edge[at]]! / (all.length + 1));
    return layout.boxes[edge[at]]!.x + step * (all.indexOf(index) - (all.length - 1) / 2);
  };
  const below = (other: number) => (layout.links[other]![0] ?? layout.boxes[edges[other]!.to]!).x;
  const above = (other: number) => (layout.links[other]!.at(-1) ?? layout.boxes[edges[other]!.from]!).x;
  const points = [
    [end('from', below), top(from.row) + box],
    ...passed.flatMap(({ x, row }) => [
      [x, top(row)],
      [x, top(row) + box],
    ]),
    [end('to', above), top(to.row)],
  ] as [number, number][];
  let path = '';
  for (const [i, [x, y]] of points.entries()) {
    const [px, py] = points[i - 1] ?? [x, y];
    const middle = round((y + py) / 2);
    if (i === 0) path += `M${round(x)} ${round(y)}`;
    else path += i % 2 === 0 ? `V${round(y)}` : `C${round(px)} ${middle} ${round(x)} ${middle} ${round(x)} ${round(y)}`;
  }
  const dashes = edge.starts ? ' stroke-dasharray="5 4"' : '';
  return `<path d="${path}" fill="none" stroke="${palette.quiet}" stroke-width="1.5"${dashes} marker-end="${marker}"/>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
