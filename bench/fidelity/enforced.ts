/** The profile of a plain recording, enforced over the same workload. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinfold } from './command-line.js';
import type { Ended } from './command-line.js';
import type { Prepared, Workspace } from './program.js';

export interface EnforcedRun {
  /** Violations, as text; denied or only observed, for want of a way to deny. */
  readonly denied: readonly string[];
  readonly observed: readonly string[];
  /** Why the enforced run was not like the recorded one; absent when it was. */
  readonly different?: string;
}

interface Line {
  readonly kind: string;
  readonly outcome?: string;
}

/** Servers write times and process ids to their output: of these the answers have to be the same. */
const differences = (recorded: Ended, enforced: Ended, isServer: boolean): string | undefined => {
  if (recorded.status !== 0) return `recorded: status ${String(recorded.status)}`;
  // The traced run has shown that the command itself ends with 0.
  if (enforced.status !== 0) return `enforced: status ${String(enforced.status)}`;
  if (recorded.answers !== enforced.answers) return 'other answers';
  return isServer || recorded.stdout === enforced.stdout ? undefined : 'another output';
};

export const enforced = async (
  prepared: Prepared,
  space: Workspace,
  empty: () => void,
  signal: AbortSignal,
): Promise<EnforcedRun> => {
  const profile = join(space.fixed, 'profile.yaml');
  const log = join(space.fixed, 'audit.jsonl');
  empty();
  const recorded = await pinfold(['record', '-o', profile], prepared, space, signal);
  if (!existsSync(profile)) throw new Error(`no profile was written:\n${recorded.stderr}`);
  empty();
  const run = await pinfold(
    [
      ...['run', '--profile', profile, '--mode', 'Enforce'],
      ...['--on-degraded', 'Audit', '--audit-log', log],
    ],
    prepared,
    space,
    signal,
  );
  const violations = (existsSync(log) ? readFileSync(log, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((text) => ({ text, line: JSON.parse(text) as Line }))
    .filter(({ line }) => line.kind === 'violation');
  const different = differences(recorded, run, prepared.drive !== undefined);
  return {
    denied: violations.filter(({ line }) => line.outcome === 'Denied').map(({ text }) => text),
    observed: violations.filter(({ line }) => line.outcome !== 'Denied').map(({ text }) => text),
    ...(different === undefined ? {} : { different: `${different}\n${run.stderr}` }),
  };
};
