// What only some recurrent layers have: each is loaded for a layer that has it.

/** What binds them. */
export type Extras = Partial<
  typeof import('./input-norm.ts') &
    typeof import('./masks.ts') &
    typeof import('./vanishing.ts') &
    typeof import('./weight-dropout.ts')
>;
