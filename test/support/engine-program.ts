// The program of an engine for a test, which is skipped where the engine is not installed; with CI=true it fails.
import { engineOf, findEngine, installCommand } from '../truth/engines/engines.js';

export function programOf(id: string, skip: (reason: string) => never): string {
  const engine = engineOf(id);
  const program = findEngine(engine)?.program;
  if (program !== undefined) return program;
  const missing = `${engine.name} is missing. Run: ${installCommand(engine)}`;
  if (process.env.CI === 'true') throw new Error(missing);
  console.warn(missing);
  return skip(missing);
}
