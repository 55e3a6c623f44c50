/**
 * Whether a container that was created is still to be started. Between `create` and `start` its cgroup holds
 * only the runtime's own init, which waits at a FIFO that the OCI runtime removes when it has let it go.
 */
import { closeSync, existsSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { processesIn } from '../cgroups.js';
import { hasErrno } from '../../errors.js';

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

const mountNamespace = (pid: number): string => readlinkSync(`/proc/${String(pid)}/ns/mnt`);

/** Undefined where process 1 is none of the node's to be looked at. */
const nodeMounts = (): string | undefined => {
  try {
    return mountNamespace(1);
  } catch (cause) {
    if (hasErrno(cause, 'EACCES')) return undefined;
    throw cause;
  }
};

/** Ids of the mounts that a process sees: the first field of each line (proc_pid_mountinfo(5)). */
const mountsOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${String(pid)}/mountinfo`, 'latin1')
    .split('\n')
    .map((line) => line.slice(0, line.indexOf(' ')));

const mountOfExecutable = (pid: number): string | undefined => {
  const file = openSync(`/proc/${String(pid)}/exe`, O_PATH);
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${String(file)}`, 'latin1'),
    )?.[1];
  } finally {
    closeSync(file);
  }
};

/**
 * Whether it executes a file of its own mount namespace; a runtime's init was executed in the node's, or from a
 * memfd. What ended meanwhile runs nothing.
 */
const runsOwnProgram = (pid: number): boolean => {
  try {
    // Neither the node's nor ours is a container's that is to be started.
    const own = mountNamespace(pid);
    if (own === nodeMounts() || own === mountNamespace(process.pid)) return false;
    const mount = mountOfExecutable(pid);
    return mount !== undefined && mountsOf(pid).includes(mount);
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT', 'ESRCH')) return false;
    throw cause;
  }
};

/**
 * `nodeRoot`: where the node's root is seen from here; `directory`: of the container's cgroup. False of an OCI
 * runtime that has no such FIFO. The FIFO goes a moment after the program was executed, so that is looked at too.
 */
export const waitsForStart = (nodeRoot: string, containerId: string, directory: string): boolean =>
  GATES.some((gate) => existsSync(join(nodeRoot, gate.replace('ID', containerId)))) &&
  !processesIn(directory).some(runsOwnProgram);
