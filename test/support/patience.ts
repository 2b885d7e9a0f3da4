// How long tests wait for what must come: so long that, on however busy a machine, only what hangs meets the limit.

/** Milliseconds for one condition; a test or a hook has twice as much, so that what it waited for is told. */
export const PATIENCE = 300_000;
