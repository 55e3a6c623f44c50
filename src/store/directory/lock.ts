/**
 * One process per state directory. Lock files are numbered and the highest counts: it is never
 * removed, only outnumbered, so that two processes that both find a dead owner cannot both succeed.
 * The owner is alive if a process of its id and start time is (a reused id has another start time).
 */
import { readFileSync, readdirSync, rmSync, linkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../../errors.js';

interface Owner {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of proc_pid_stat(5). */
  readonly startTime: string;
  readonly boot: string;
  /** Given back by a process that goes on. */
  readonly released?: true;
}

const PREFIX = 'lock.';

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Start time of a process, or `undefined` where there is none or it is a zombie. */
const startTimeOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined; // gone: the only reason for which stat of a process cannot be read
  }
};

const ownerIn = (file: string): Owner | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined; // removed by its successor, or damaged by a power cut: nobody's in both cases
  }
};

const isAlive = (owner: Owner | undefined): owner is Owner =>
  owner !== undefined &&
  owner.released === undefined &&
  owner.boot === bootId() &&
  owner.startTime === startTimeOf(owner.pid);

const numbersIn = (directory: string): readonly number[] =>
  readdirSync(directory)
    .filter((name) => /^lock\.\d+$/.test(name))
    .map((name) => Number(name.slice(PREFIX.length)))
    .sort((a, b) => b - a);

/** Makes the lock of that number, with its content from the first moment; `false` where it is taken. */
const claim = (directory: string, number: number, owner: Owner): boolean => {
  const draft = join(directory, `${PREFIX}draft-${owner.pid}.tmp`);
  writeFileSync(draft, JSON.stringify(owner), { mode: 0o600 });
  try {
    linkSync(draft, join(directory, `${PREFIX}${number}`));
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft);
  }
};

const draftName = /^lock\.(?:draft-(\d+)|\d+)\.tmp$/;

/** Removes what contenders left that were killed while they tried. */
const removeDrafts = (directory: string): void => {
  for (const name of readdirSync(directory)) {
    const draft = draftName.exec(name);
    if (!draft || (draft[1] !== undefined && startTimeOf(Number(draft[1])) !== undefined)) continue;
    rmSync(join(directory, name), { force: true });
  }
};

const tryLock = (directory: string, owner: Owner): number | undefined => {
  const [highest = 0] = numbersIn(directory);
  const holder = highest > 0 ? ownerIn(join(directory, `${PREFIX}${highest}`)) : undefined;
  if (isAlive(holder)) throw new PinfoldError('StateLocked', { directory, pid: holder.pid });
  const mine = highest + 1;
  if (!claim(directory, mine, owner)) return undefined;
  // Somebody slower than a whole lock, release and relock may have claimed a number of the past.
  const [now = 0] = numbersIn(directory);
  const file = (number: number): string => join(directory, `${PREFIX}${number}`);
  if (now > mine) {
    rmSync(file(mine), { force: true });
    return undefined;
  }
  for (const number of numbersIn(directory))
    if (number < mine) rmSync(file(number), { force: true });
  removeDrafts(directory);
  return mine;
};

const release = (file: string, owner: Owner): void => {
  const draft = `${file}.tmp`;
  try {
    writeFileSync(draft, JSON.stringify({ ...owner, released: true }), { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    // The directory is gone, or full: then the lock ends with the process.
    if (!hasErrno(error, 'ENOENT', 'ENOSPC')) throw error;
  }
};

/** Two contenders settle it in one round; more rounds only under constant contention. */
const ROUNDS = 100;

/**
 * Takes the lock of an existing directory; the result gives it back. Throws StateLocked where a live
 * process has it, OutputFailed where the directory cannot be written.
 */
export const lockDirectory = (directory: string): (() => void) => {
  const owner: Owner = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    boot: bootId(),
  };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const number = tryLock(directory, owner);
      if (number === undefined) continue;
      const file = join(directory, `${PREFIX}${number}`);
      return () => {
        release(file, owner);
      };
    }
  } catch (cause) {
    if (cause instanceof PinfoldError) throw cause;
    throw new PinfoldError(
      'OutputFailed',
      { file: directory, problem: reasonOf(cause) },
      { cause },
    );
  }
  throw new PinfoldError('StateLocked', { directory, pid: 'several that start at once' });
};
