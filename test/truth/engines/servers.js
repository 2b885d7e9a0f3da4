// @ts-check
/** The servers that tests start and end themselves, on loopback: where each is found, and which package of Debian has it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const POSTGRES = '/usr/lib/postgresql';

/** @type {import('./engines.js').Engine[]} */
export const servers = [
  { id: 'redis', name: 'Redis', debian: ['redis-server'], programs: () => ['redis-server'] },
  { id: 'postgres', name: 'PostgreSQL', debian: ['postgresql'], programs: () => [...postgresPrograms(), 'postgres'] },
];

/** Debian keeps each version in a folder of its own, which is not on the PATH. */
function postgresPrograms() {
  try {
    const versions = readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(POSTGRES, version, 'bin/postgres'));
  } catch {
    return [];
  }
}
