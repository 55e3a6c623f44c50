/** `pinfold detach`: ends the network enforcement that `pinfold up` left with its cgroups. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { detachNetworkPrograms, TracingSession } from '../../bpf/session.js';
import { PinfoldError } from '../../errors.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { cgroupRoot } from '../../node-enforcer/cgroups.js';
import { RuntimeFiles } from '../../node-enforcer/agent/runtime-files.js';
import { lockDirectory } from '../../store/directory/lock.js';
import type { RunCommand } from '../context.js';

export interface DetachOptions {
  /** State directory of `pinfold up`; absolute. */
  readonly state: string;
  /** Directory in bpffs where a node enforcer left what outlives it; absent: `up` left nothing there. */
  readonly pins?: string;
}

/** Throws StateLocked while `pinfold up` runs: it would put back what is taken away. */
export const run: RunCommand<DetachOptions> = (context, { state, pins }) => {
  requireTracing();
  if (pins !== undefined)
    for (const program of TracingSession.detachAll(pins))
      context.stdout.write(`${program}: detached\n`);
  if (!existsSync(join(state, 'node'))) {
    if (pins !== undefined) return Promise.resolve(0);
    throw new PinfoldError('StateMissing', { directory: state });
  }
  const unlock = lockDirectory(state);
  try {
    const files = new RuntimeFiles(state);
    const root = cgroupRoot();
    for (const { cgroup } of files.enforced()) {
      const directory = join(root, cgroup);
      if (!existsSync(directory)) continue;
      const count = detachNetworkPrograms(directory);
      context.stdout.write(`${cgroup}: ${count} program(s) detached\n`);
    }
    files.setEnforced([]);
  } finally {
    unlock();
  }
  return Promise.resolve(0);
};
