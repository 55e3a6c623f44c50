/** The cgroup v2 hierarchy: where it is, and cgroups of our own in it. */
import { mkdirSync, readFileSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PinfoldError, reasonOf } from '../errors.js';

export interface MountInfo {
  readonly type: string;
  readonly mountPoint: string;
}

/** Mounts from the text of /proc/<pid>/mountinfo (proc(5)). Octal escapes in paths are undone. */
export const parseMountInfo = (text: string): readonly MountInfo[] =>
  text
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ', 2);
      const mountPoint = (before.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      );
      return { type: after.split(' ')[0] ?? '', mountPoint };
    })
    .filter(({ mountPoint }) => mountPoint !== '');

/** Where cgroup v2 is mounted. @throws PinfoldError CgroupV2Missing */
export const cgroupRoot = (mountInfo = readFileSync('/proc/self/mountinfo', 'latin1')): string => {
  const mounts = parseMountInfo(mountInfo);
  const found = mounts.find(({ type }) => type === 'cgroup2');
  if (found !== undefined) return found.mountPoint;
  const old = mounts.filter(({ type }) => type === 'cgroup').map(({ mountPoint }) => mountPoint);
  throw new PinfoldError('CgroupV2Missing', {
    found: old.length === 0 ? 'none at all' : `cgroup v1 at ${old.join(', ')}`,
  });
};

/** Directory of the v2 cgroup that a process is in. @throws PinfoldError ProcessNotFound */
export const cgroupOfProcess = (pid: number | 'self', root = cgroupRoot()): string => {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/cgroup`, 'latin1');
  } catch (cause) {
    throw new PinfoldError('ProcessNotFound', { pid, problem: reasonOf(cause) }, { cause });
  }
  const line = text.split('\n').find((candidate) => candidate.startsWith('0::')) ?? '0::/';
  return join(root, line.slice(3));
};

/** The cgroup's id: what the kernel programs know it by. @throws PinfoldError CgroupNotFound */
export const cgroupId = (directory: string): bigint => {
  try {
    return statSync(directory, { bigint: true }).ino;
  } catch (cause) {
    throw new PinfoldError('CgroupNotFound', { directory, problem: reasonOf(cause) }, { cause });
  }
};

/** A cgroup directory and all below it. */
export const cgroupTree = (directory: string): readonly string[] => [
  directory,
  ...readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => cgroupTree(join(directory, entry.name))),
];

/** Processes in a cgroup itself, not below it. */
export const processesIn = (directory: string): readonly number[] =>
  readFileSync(join(directory, 'cgroup.procs'), 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);

/** Whether anything lives in the cgroup or below. */
export const isPopulated = (directory: string): boolean =>
  /^populated 1$/m.test(readFileSync(join(directory, 'cgroup.events'), 'latin1'));

/** False: it is gone. */
const signalled = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // ESRCH: gone
  }
};

/** Removes what earlier runs left when they were killed: empty cgroups whose maker is gone. */
const sweep = (parent: string): void => {
  for (const entry of readdirSync(parent, { withFileTypes: true })) {
    const maker = /^pinfold-(\d+)-\d+$/.exec(entry.name)?.[1];
    if (maker === undefined || signalled(Number(maker), 0)) continue;
    const directory = join(parent, entry.name);
    if (!isPopulated(directory)) removeTree(directory);
  }
};

const removeTree = (directory: string): void => {
  for (const each of [...cgroupTree(directory)].reverse()) rmdirSync(each);
};

let made = 0;

/**
 * Makes a fresh cgroup below the one this process is in, so that limits of the session or unit go on
 * to hold. @throws PinfoldError CgroupV2Missing, CgroupFailed
 */
export const makeCgroup = (): string => {
  const parent = cgroupOfProcess('self');
  try {
    sweep(parent);
    const directory = join(parent, `pinfold-${String(process.pid)}-${String((made += 1))}`);
    mkdirSync(directory);
    return directory;
  } catch (cause) {
    throw new PinfoldError(
      'CgroupFailed',
      { directory: parent, problem: reasonOf(cause) },
      { cause },
    );
  }
};

/**
 * How long daemons that a command left behind may take to put away their sockets and files, ms: what
 * they then do is recorded, and the next run finds nothing stale.
 */
export const LEFT_BEHIND_MS = 1_000;

/** How long the kernel may take to reap what was killed, ms. */
const REAP_MS = 10_000;

/** Whether nothing lives there any more, within that time. */
const emptied = async (directory: string, ms: number): Promise<boolean> => {
  const deadline = Date.now() + ms;
  while (isPopulated(directory)) {
    if (Date.now() > deadline) return false;
    // cgroup.events can be polled but not watched from here; ending takes a few milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
};

export interface CgroupEnding {
  /** How long processes may take to end by themselves after SIGTERM, ms. Default 0: killed at once. */
  readonly graceMs?: number;
  /**
   * Called when nothing lives there any more and the cgroup still does: the kernel frees what is
   * attached to a removed cgroup at its leisure, so who attached something detaches it here.
   */
  readonly onEmpty?: () => void;
}

/**
 * Ends everything in a cgroup and removes it. Resolves to the number of processes that were still
 * there. @throws PinfoldError CgroupFailed when the kernel does not let go of it in time.
 */
export const endCgroup = async (
  directory: string,
  { graceMs = 0, onEmpty }: CgroupEnding = {},
): Promise<number> => {
  const left = cgroupTree(directory).flatMap((each) => processesIn(each));
  if (left.length > 0) {
    if (graceMs > 0) for (const pid of left) signalled(pid, 'SIGTERM');
    if (graceMs <= 0 || !(await emptied(directory, graceMs))) killCgroup(directory);
  }
  if (!(await emptied(directory, REAP_MS)))
    throw new PinfoldError('CgroupFailed', {
      directory,
      problem: `still populated ${String(REAP_MS / 1000)} s after its processes were killed`,
    });
  onEmpty?.();
  removeTree(directory);
  return left.length;
};

const killCgroup = (directory: string): void => {
  try {
    writeFileSync(join(directory, 'cgroup.kill'), '1'); // since Linux 5.14
  } catch {
    for (const each of cgroupTree(directory))
      for (const pid of processesIn(each)) signalled(pid, 'SIGKILL');
  }
};
