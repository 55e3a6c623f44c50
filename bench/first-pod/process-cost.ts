/** What a process costs, from the text of its files in /proc (proc(5)). */

export interface Memory {
  /** MiB that it has of the machine's memory, with what it shares with others. */
  readonly rss: number;
  /** MiB of these that are no file's: nobody else has them. */
  readonly anonymous: number;
}

/** Over some time in which nothing happened. */
export interface Idle extends Memory {
  /** Share of one CPU, percent. */
  readonly cpu: number;
}

const mebibytes = (status: string, field: string): number => {
  const [, text] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  if (text === undefined) throw new Error(`no ${field} in ${status}`);
  return Number(text) / 1024;
};

/** From /proc/PID/status. */
export const memoryIn = (status: string): Memory => ({
  rss: mebibytes(status, 'VmRSS'),
  anonymous: mebibytes(status, 'RssAnon'),
});

/** USER_HZ: what the kernel tells times of processes in, whatever its own clock's rate. */
const TICKS_PER_SECOND = 100;

/** Seconds that all its threads have run, from /proc/PID/stat. */
export const cpuSecondsIn = (stat: string): number => {
  // The name may hold anything, a closing parenthesis too; what follows the last one is numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  if (user === undefined || system === undefined || Number.isNaN(user + system))
    throw new Error(`no times in ${stat}`);
  return (user + system) / TICKS_PER_SECOND;
};
