/** Starts the launcher in a cgroup of its own and tells what came of it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';

export const repository = join(import.meta.dirname, '../../..');
export const launcher = join(repository, 'native/build/pinfold-launch');

/** Mount point of the cgroup v2 hierarchy, also beside v1. */
const cgroupRoot = readFileSync('/proc/self/mountinfo', 'utf8')
  .split('\n')
  .find((line) => line.includes(' - cgroup2 '))
  ?.split(' ')[4];

/** Why this machine cannot run these tests, or false. */
export const skip: string | false =
  process.getuid?.() !== 0
    ? 'needs root'
    : cgroupRoot === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : false;

const LSM_LIST = '/sys/kernel/security/lsm';

/** The kernel's list of security modules; securityfs need not be mounted here for that. */
export const securityModules = (): string =>
  existsSync(LSM_LIST)
    ? readFileSync(LSM_LIST, 'utf8')
    : execFileSync(
        'unshare',
        ['--mount', 'sh', '-c', `mount -t securityfs none ${dirname(LSM_LIST)} && cat ${LSM_LIST}`],
        { encoding: 'utf8' },
      );

/** Builds the launcher where it is not up to date. */
export const buildLauncher = (): void => {
  execFileSync('make', ['-s', '-C', join(repository, 'native/launcher')], { stdio: 'inherit' });
};

export const makeTemporary = (): string => mkdtempSync(join(tmpdir(), 'pinfold-launch-'));

export const removeTemporary = (path: string): void => {
  rmSync(path, { recursive: true, force: true });
};

/** Compiles the actor; throws where the compiler or its libraries are missing. */
export const compileActor = (directory: string, name: string, ...flags: string[]): string => {
  const output = join(directory, name);
  const source = join(import.meta.dirname, 'actor.c');
  execFileSync(
    'gcc',
    ['-std=gnu11', '-Wall', '-Werror', '-static', ...flags, '-o', output, source],
    {
      stdio: 'pipe',
    },
  );
  return output;
};

let cgroups = 0;

/** Calls `use` with the path of a new cgroup, which is gone afterwards. */
export const withCgroup = async <T>(use: (path: string) => Promise<T>): Promise<T> => {
  const path = join(cgroupRoot ?? '', `pinfold-launch-test-${process.pid}-${++cgroups}`);
  mkdirSync(path);
  try {
    return await use(path);
  } finally {
    writeFileSync(join(path, 'cgroup.kill'), '1');
    await removeCgroup(path);
  }
};

/** A killed task leaves its cgroup a moment later: tries again until it has. */
const removeCgroup = async (path: string): Promise<void> => {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      rmdirSync(path);
      return;
    } catch (thrown) {
      if (Date.now() > deadline) throw thrown;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
};

export interface LaunchOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called when the launcher waits in the cgroup; true sends the byte, false gives up. */
  readonly onJoined?: (cgroup: string) => boolean;
  readonly withoutStatus?: boolean;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Fields of each status line, decoded. */
  readonly status: readonly (readonly string[])[];
  /** PIDs in the cgroup when the launcher had ended. */
  readonly members: string;
}

const collect = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const decodeFields = (line: string): string[] => line.split('\t').map(decodeURIComponent);

const parseStatus = (text: string): string[][] => text.split('\n').slice(0, -1).map(decodeFields);

const readable = (stream: unknown): Readable => {
  assert(stream instanceof Readable);
  return stream;
};

const writable = (stream: unknown): Writable => {
  assert(stream instanceof Writable);
  return stream;
};

/** Runs `command` under `plan` (its lines) and waits for its end. */
export const launch = (
  plan: readonly string[],
  command: readonly string[],
  options: LaunchOptions = {},
): Promise<Outcome> =>
  withCgroup(async (cgroup) => {
    const go = options.onJoined === undefined ? [] : ['--go-fd', '5'];
    const status = options.withoutStatus === true ? [] : ['--status-fd', '4'];
    const child = spawn(
      launcher,
      ['--cgroup', cgroup, '--plan-fd', '3', ...status, ...go, '--', ...command],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
        env: options.env ?? process.env,
        cwd: options.cwd,
      },
    );
    const pipes: readonly unknown[] = child.stdio;
    const [plansTo, goesTo] = [writable(pipes[3]), writable(pipes[5])];
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve([code, signal]);
      });
    });
    // A launcher that refuses early closes its ends before everything is written.
    const ignorePipe = (): void => undefined;
    plansTo.on('error', ignorePipe);
    goesTo.on('error', ignorePipe);
    plansTo.end(plan.map((line) => `${line}\n`).join(''));
    const readStatus = async (): Promise<string> => {
      let text = '';
      for await (const chunk of readable(pipes[4])) {
        text += String(chunk);
        if (text.endsWith('joined\n') && options.onJoined !== undefined)
          goesTo.end(options.onJoined(cgroup) ? 'g' : '');
      }
      return text;
    };
    const [stdout, stderr, lines, [code, signal]] = await Promise.all([
      collect(readable(pipes[1])),
      collect(readable(pipes[2])),
      readStatus(),
      ended,
    ]);
    const members = readFileSync(join(cgroup, 'cgroup.procs'), 'utf8');
    return { code, signal, stdout, stderr, status: parseStatus(lines), members };
  });
