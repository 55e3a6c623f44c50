/**
 * Whether a container that was created is still to be started. Between `create` and `start` its cgroup holds
 * only the runtime's own init, which waits at a FIFO that the OCI runtime removes when it has let it go.
 */
import { closeSync, existsSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { processesIn } from '../cgroups.js';

/**
 * Where runc and crun keep it (libcontainer/factory_linux.go, src/libcrun/status.c): of containerd, whose shim
 * names the directory to either, and of CRI-O.
 */
const GATES: readonly string[] = [
  '/run/containerd/runc/k8s.io/ID/exec.fifo',
  '/run/runc/ID/exec.fifo',
  '/run/crun/ID/exec.fifo',
];

/** open(2), of Linux on every architecture that Node has; Node's constants lack it. */
const O_PATH = 0o10000000;

const mountNamespace = (pid: number | 1): string => readlinkSync(`/proc/${String(pid)}/ns/mnt`);

/** Whether it executes a file of its own mount namespace; a runtime's init is executed from the node's, or a memfd. */
const runsOwnProgram = (pid: number): boolean => {
  if (mountNamespace(pid) === mountNamespace(1)) return false;
  const file = openSync(`/proc/${String(pid)}/exe`, O_PATH);
  try {
    const mount = /^mnt_id:\s*(\d+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${String(file)}`, 'latin1'),
    )?.[1];
    return readFileSync(`/proc/${String(pid)}/mountinfo`, 'latin1')
      .split('\n')
      .some((line) => line.startsWith(`${String(mount)} `));
  } finally {
    closeSync(file);
  }
};

/** What ended meanwhile runs nothing. */
const isThereAndRuns = (pid: number): boolean => {
  try {
    return runsOwnProgram(pid);
  } catch (cause) {
    if (
      cause instanceof Error &&
      'code' in cause &&
      (cause.code === 'ENOENT' || cause.code === 'ESRCH')
    )
      return false;
    throw cause;
  }
};

/**
 * `nodeRoot`: where the node's root is seen from here; `directory`: of the container's cgroup. False of an OCI
 * runtime that has no such FIFO. The FIFO goes a moment after the program was executed, so that is looked at too.
 */
export const waitsForStart = (nodeRoot: string, containerId: string, directory: string): boolean =>
  GATES.some((gate) => existsSync(join(nodeRoot, gate.replace('ID', containerId)))) &&
  !processesIn(directory).some(isThereAndRuns);
