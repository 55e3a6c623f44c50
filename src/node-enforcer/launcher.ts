/** Starts a program through the launcher, which puts it into its cgroup and under its plan. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { installationRoot } from '../bpf/addon.js';
import { PinfoldError, reasonOf } from '../errors.js';

export interface LaunchRequest {
  readonly command: string;
  readonly arguments: readonly string[];
  /** cgroup directory, bound to its slot already. */
  readonly cgroup: string;
  /** The launcher's plan; just `end` applies nothing. */
  readonly plan: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Launched {
  readonly pid: number;
  /** Canonical path of the program. */
  readonly program: string;
  /** Allowed paths that were skipped because they lead nowhere now. */
  readonly skipped: readonly string[];
  readonly exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
}

/** A plan that changes nothing: for recording and auditing. */
export const EMPTY_PLAN = 'end\n';

/** Where the launcher was built. @throws PinfoldError AddonMissing */
export const launcherPath = (): string => {
  const path = join(installationRoot(), 'native', 'build', 'pinfold-launch');
  if (!existsSync(path)) throw new PinfoldError('AddonMissing', { problem: `${path} is missing` });
  return path;
};

const decode = (text: string): string =>
  text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'),
  );

const readAll = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
};

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });

const failure = (
  request: LaunchRequest,
  fields: readonly string[],
  path: string | undefined,
): PinfoldError => {
  const [, step = 'unknown', , name = '', text = ''] = fields;
  const problem = decode(text);
  if (step === 'resolve' && name === 'ENOENT')
    return new PinfoldError('CommandNotFound', { command: request.command });
  if (step === 'resolve' || step === 'exec')
    return new PinfoldError('CommandNotExecutable', { command: request.command, problem, path });
  return new PinfoldError('LaunchFailed', { step, problem });
};

/**
 * Resolves once the program runs. @throws PinfoldError CommandNotFound, CommandNotExecutable,
 * LaunchFailed; then nothing runs.
 */
export const launch = async (request: LaunchRequest): Promise<Launched> => {
  const child = spawn(
    launcherPath(),
    [
      '--cgroup',
      request.cgroup,
      '--plan-fd',
      '3',
      '--status-fd',
      '4',
      '--',
      request.command,
      ...request.arguments,
    ],
    { stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'] },
  );
  const exited = exitOf(child);
  const [, , , planPipe, statusPipe] = child.stdio as unknown as [
    null,
    null,
    null,
    Writable,
    Readable,
  ];
  // A launcher that fails before it has read the plan closes the pipe; its status line says why.
  planPipe.on('error', () => undefined);
  planPipe.end(request.plan);
  const status = await Promise.race([
    readAll(statusPipe),
    exited.then(
      () => new Promise<never>(() => undefined), // the status pipe ends with it: wait for that
      (cause: unknown): never => {
        throw new PinfoldError(
          'LaunchFailed',
          { step: 'spawn', problem: reasonOf(cause) },
          { cause },
        );
      },
    ),
  ]);
  const lines = status
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const error = lines.find(([kind]) => kind === 'error');
  const exec = lines.find(([kind]) => kind === 'exec');
  if (error !== undefined || exec === undefined || child.pid === undefined) {
    const exit = await exited;
    throw error === undefined
      ? new PinfoldError('LaunchFailed', {
          step: 'exec',
          problem: `the launcher ended with ${String(exit.signal ?? exit.code)}`,
        })
      : failure(request, error, exec?.[1] === undefined ? undefined : decode(exec[1]));
  }
  return {
    pid: child.pid,
    program: decode(exec[1] ?? ''),
    skipped: lines.filter(([kind]) => kind === 'skipped').map((line) => decode(line[3] ?? '')),
    exited,
    signal: (name) => {
      child.kill(name);
    },
  };
};
