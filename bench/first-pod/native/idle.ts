/** What processes cost while nothing happens. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Idle, Memory } from '../process-cost.js';
import { costOf } from './native-node.js';

/** Of each process, over so many seconds. */
export const idleCosts = async (
  pids: readonly number[],
  seconds: number,
  signal: AbortSignal,
): Promise<readonly Idle[]> => {
  const before = pids.map(costOf);
  const start = performance.now();
  await pause(seconds * 1000, undefined, { signal });
  const passed = (performance.now() - start) / 1000;
  return pids.map((pid, at) => {
    const { rss, anonymous, cpuSeconds } = costOf(pid);
    return { rss, anonymous, cpu: (100 * (cpuSeconds - (before[at]?.cpuSeconds ?? 0))) / passed };
  });
};

/** Memory of a Node.js that does nothing at all. */
export const bareNode = async (): Promise<Memory> => {
  const script = 'setInterval(() => {}, 1e9); console.log()';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    if (child.pid === undefined) throw new Error('node could not be started');
    return costOf(child.pid);
  } finally {
    child.kill('SIGKILL');
  }
};
