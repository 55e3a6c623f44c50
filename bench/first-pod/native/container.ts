/** A container as a runtime describes it to NRI, with a cgroup of this machine and a process in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cgroupId, cgroupRoot, endCgroup, makeCgroup } from '../../../src/node-enforcer/cgroups.js';
import type { Json } from '../../../test/nri/support/peer.js';
import { LABELS, NAMESPACE } from '../profile.js';

const SANDBOX = 'sandbox';
const UID = '3f0d7a54-9b0e-4a53-8d6a-0f8b6f0f6a11';

export const POD: Json = {
  id: SANDBOX,
  name: 'web-1',
  uid: UID,
  namespace: NAMESPACE,
  labels: LABELS,
};

export class Container {
  readonly id: string;
  readonly directory = makeCgroup();

  constructor(id: string) {
    this.id = id;
  }

  get cgroupId(): bigint {
    return cgroupId(this.directory);
  }

  /** In NRI's words. `pid`: of the process that runs in it already. */
  description(pid?: number): Json {
    return {
      id: this.id,
      podSandboxId: SANDBOX,
      name: 'httpd',
      state: pid === undefined ? 'CONTAINER_CREATED' : 'CONTAINER_RUNNING',
      ...(pid === undefined ? {} : { pid }),
      linux: { cgroupsPath: `/${relative(cgroupRoot(), this.directory)}` },
    };
  }

  /** A process that does nothing, in the cgroup; it ends with the container. */
  async run(): Promise<number> {
    const child = spawn('sleep', ['86400'], { stdio: 'ignore' });
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error('sleep could not be started');
    writeFileSync(join(this.directory, 'cgroup.procs'), String(child.pid));
    return child.pid;
  }

  async end(onEmpty: () => void = () => undefined): Promise<void> {
    await endCgroup(this.directory, { onEmpty });
  }
}
