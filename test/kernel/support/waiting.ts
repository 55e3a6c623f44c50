/** A program that says when it runs and does its work when it is told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Waiting {
  readonly pid: number;
  /** Lets it go on; resolves to its exit status. */
  proceed(): Promise<number | null>;
}

/**
 * Starts `program`, which writes something to standard output when it is ready and then reads from
 * standard input. It is killed by `kill`.
 */
export const startWaiting = async (
  program: string,
  args: readonly string[],
): Promise<Waiting & { kill(): void }> => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  await Promise.race([once(child.stdout, 'data'), ended]);
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null)
    throw new Error(`${program} ended before it was ready`);
  return {
    pid,
    proceed: async () => {
      child.stdin.end('go');
      return (await ended)[0];
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};
