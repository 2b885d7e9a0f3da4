// Experiments that are worth a try, as links.
import { formatConfig, type Language, parseConfig } from './config.ts';

const links = {
  write: 'task=text',
  remember: 'task=adding&length=50&compare=on&b.cell=elman',
  truncated: 'task=copy&length=10&compare=on&b.bptt=truncated&b.k1=5&b.k2=5',
  explode:
    'task=adding&length=30&cell=elman&activation=relu&init=identity&gain=1.1&optimizer=momentum&clip=off&compare=on&b.clip=norm',
  identity:
    'task=adding&length=50&cell=elman&activation=relu&init=identity&hidden=64&rate=0.001&compare=on&b.activation=tanh&b.init=orthogonal',
  draw: 'task=sine&cell=gru',
} as const;

export type Preset = keyof typeof links;

export const presets = Object.keys(links) as readonly Preset[];

/** The part behind `#` of an experiment's link. */
export function presetLink(preset: Preset, language: Language): string {
  return formatConfig(parseConfig(links[preset], language).config);
}
