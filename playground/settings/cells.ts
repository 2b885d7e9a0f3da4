// The cells that can be chosen: which settings are a cell's own, and whether it has gates, which the view of the weights explains.
export const cells = {
  elman: { fields: ['activation', 'init'], gated: false },
  lstm: { fields: ['init', 'forget'], gated: true },
  gru: { fields: ['init'], gated: true },
  indrnn: { fields: ['activation'], gated: false },
} as const;

export type CellName = keyof typeof cells;
type GatedName = { [Name in CellName]: (typeof cells)[Name]['gated'] extends true ? Name : never }[CellName];

export const cellNames = Object.keys(cells) as CellName[];
export const gatedNames = cellNames.filter((name): name is GatedName => cells[name].gated);

/** Whether a setting means something for a cell. */
export function isOwn(cell: CellName, field: 'activation' | 'init' | 'forget'): boolean {
  const own: readonly string[] = cells[cell].fields;
  return own.includes(field);
}
