/** `pinfold detach`: ends the network enforcement that `pinfold up` left with its cgroups. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { detachNetworkPrograms } from '../../bpf/session.js';
import { PinfoldError } from '../../errors.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { cgroupRoot } from '../../node-enforcer/cgroups.js';
import { RuntimeFiles } from '../../node-enforcer/agent/runtime-files.js';
import { lockDirectory } from '../../store/directory/lock.js';
import type { RunCommand } from '../context.js';

export interface DetachOptions {
  /** State directory of `pinfold up`; absolute. */
  readonly state: string;
}

/** Throws StateLocked while `pinfold up` runs: it would put back what is taken away. */
export const run: RunCommand<DetachOptions> = (context, { state }) => {
  requireTracing();
  if (!existsSync(join(state, 'node')))
    throw new PinfoldError('StateMissing', { directory: state });
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
