/** Runs bin/pinfold as a user would: a recording without strace, and its profile enforced. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './program.js';
import type { Prepared, Workspace } from './program.js';

const PINFOLD = join(import.meta.dirname, '..', '..', 'bin', 'pinfold');

export interface Ended {
  /** That of pinfold: `record` has one of its own, `run` that of the command. */
  readonly status: number | null;
  /** What a server answered; empty for other programs. */
  readonly answers: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** `pinfold ARGUMENTS -- COMMAND`; a server is driven and then asked to end. */
export const pinfold = async (
  args: readonly string[],
  prepared: Prepared,
  space: Workspace,
  signal: AbortSignal,
): Promise<Ended> => {
  const files = { stdout: join(space.fixed, 'stdout'), stderr: join(space.fixed, 'stderr') };
  const stdout = openSync(files.stdout, 'w');
  const stderr = openSync(files.stderr, 'w');
  const child = spawn(process.execPath, [PINFOLD, ...args, '--', ...prepared.command], {
    cwd: space.work,
    env: environment(space),
    stdio: ['ignore', stdout, stderr],
  });
  closeSync(stdout);
  closeSync(stderr);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  let status: number | null;
  let answers = '';
  try {
    if (prepared.drive !== undefined) answers = await prepared.drive(signal);
  } finally {
    if (prepared.drive !== undefined) stop();
    status = await ended;
    signal.removeEventListener('abort', stop);
  }
  return {
    status,
    answers,
    stdout: readFileSync(files.stdout, 'utf8'),
    stderr: readFileSync(files.stderr, 'utf8'),
  };
};
