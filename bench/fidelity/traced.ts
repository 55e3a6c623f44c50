/**
 * One run that both see: strace starts the launcher, which joins the recorded cgroup and executes
 * the program. strace itself stays outside, so that nothing it does is recorded.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endCgroup, makeCgroup, processesIn } from '../../src/node-enforcer/cgroups.js';
import { EMPTY_PLAN, launcherPath } from '../../src/node-enforcer/launcher.js';
import { record } from '../../src/node-enforcer/record.js';
import type { Behaviour } from '../../src/recorder/behaviour.js';
import { environment } from './program.js';
import type { Prepared, Workspace } from './program.js';
import { deriveTruth } from './truth/derive.js';
import type { Truth } from './items.js';

export interface TracedRun {
  readonly behaviour: Behaviour;
  readonly truth: Truth;
}

const BASE = 'trace';

/** The task that strace started. */
const childOf = (parent: number, cgroup: string): number | undefined =>
  processesIn(cgroup).find((pid) => {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'latin1');
    return status.includes(`\nPPid:\t${String(parent)}\n`);
  });

const underStrace = async (
  prepared: Prepared,
  space: Workspace,
  traces: string,
  cgroup: string,
  signal: AbortSignal,
): Promise<void> => {
  const plan = join(traces, 'plan');
  const said = join(traces, 'output');
  writeFileSync(plan, EMPTY_PLAN);
  const descriptors = [openSync(said, 'w'), openSync(plan, 'r')] as const;
  const [output, planFd] = descriptors;
  const strace = spawn(
    'strace',
    [
      ...['-ff', '-qq', '-n', '-yy', '-s', '64', '-o', join(traces, BASE), '--'],
      ...[launcherPath(), '--cgroup', cgroup, '--plan-fd', '3', '--', ...prepared.command],
    ],
    { cwd: space.work, env: environment(space), stdio: ['ignore', output, output, planFd] },
  );
  descriptors.forEach(closeSync);
  const ended = new Promise<number | null>((resolve, reject) => {
    strace.once('error', reject);
    strace.once('exit', resolve);
  });
  const kill = (): void => {
    strace.kill('SIGKILL'); // what it traced is ended with the cgroup
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    if (prepared.drive !== undefined) {
      await prepared.drive(signal);
      const server = childOf(strace.pid ?? 0, cgroup);
      if (server === undefined) throw new Error('the server ended by itself');
      process.kill(server, 'SIGTERM');
    }
    const status = await ended;
    signal.throwIfAborted();
    if (status !== 0)
      throw new Error(`ended with ${String(status)} under strace:\n${readFileSync(said, 'utf8')}`);
  } finally {
    kill();
    await ended;
    signal.removeEventListener('abort', kill);
  }
};

export const traced = async (
  prepared: Prepared,
  space: Workspace,
  traces: string,
  signal: AbortSignal,
): Promise<TracedRun> => {
  rmSync(traces, { recursive: true, force: true });
  mkdirSync(traces);
  const cgroup = makeCgroup();
  const stop = new AbortController();
  try {
    // A cgroup is attached before the first await of `record`: what joins it from here on is seen.
    const recording = record({ kind: 'Cgroup', directory: cgroup }, { signal: stop.signal });
    let behaviour: Behaviour;
    try {
      await underStrace(prepared, space, traces, cgroup, signal);
    } finally {
      stop.abort();
      ({ behaviour } = await recording);
    }
    return { behaviour, truth: deriveTruth(traces, BASE, space.work) };
  } finally {
    await endCgroup(cgroup);
    rmSync(traces, { recursive: true, force: true });
  }
};
