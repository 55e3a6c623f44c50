/** Programs that a test bed runs to their end. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface Finished {
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its status. */
export const finish = (
  program: string,
  args: readonly string[],
  { input, ...options }: CommandOptions = {},
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A program that does not read to the end of its input is no failure of ours: its status tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 'SIGKILL', stdout, stderr });
    });
  });

/** A command as it would be typed, shortened for messages. */
const typed = (program: string, args: readonly string[]): string => {
  const text = [program, ...args].join(' ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};

/** A program that ended with another status than 0. */
export class CommandError extends Error {
  readonly finished: Finished;

  constructor(program: string, args: readonly string[], finished: Finished) {
    const said = [finished.stdout.trim(), finished.stderr.trim()].filter((text) => text !== '');
    super(`${typed(program, args)}: ${[`exit status ${finished.status}`, ...said].join('\n')}`);
    this.finished = finished;
  }
}

/** Standard output of a program. @throws CommandError where its status is not 0 */
export const output = async (
  program: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> => {
  const finished = await finish(program, args, options);
  if (finished.status !== 0) throw new CommandError(program, args, finished);
  return finished.stdout;
};

/** Where a program is on PATH, or undefined. */
export const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
