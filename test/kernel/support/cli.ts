/** The command line as a user runs it. */
import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { join } from 'node:path';
import { installationRoot } from '../../../src/bpf/addon.js';

export interface Finished {
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Program and arguments that run Pinfold from its sources. */
export const PINFOLD: readonly [string, ...string[]] = [
  process.execPath,
  '--import',
  'tsx',
  join(installationRoot(), 'src/cli/main.ts'),
];

/** Runs a program to its end. `started` gets it while it runs. */
export const finish = async (
  [program, ...args]: readonly [string, ...string[]],
  options: SpawnOptions = {},
  started: (child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<Finished> => {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  started(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 'SIGKILL', stdout, stderr });
    });
  });
};

/** `pinfold ARGS…` */
export const pinfold = (args: readonly string[], options?: SpawnOptions): Promise<Finished> =>
  finish([...PINFOLD, ...args], options);
