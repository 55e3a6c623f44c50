/** Ends a process that did what its profile does not allow and the kernel could not refuse. */
import { cgroupOfProcess } from '../cgroups.js';
import { isWithin } from './plan.js';

/**
 * Sends SIGKILL to the process if it is (still) in the cgroup: its number may have gone to another one
 * meanwhile. Returns whether it was sent.
 */
export const killIn = (pid: number, directory: string): boolean => {
  if (pid <= 1 || pid === process.pid) return false;
  try {
    if (!isWithin(cgroupOfProcess(pid), directory)) return false;
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false; // it ended by itself
  }
};
