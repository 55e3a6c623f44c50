/** Runs the measured program once under a condition, and undoes the condition. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { loadAddon } from '../../src/bpf/addon.js';
import { TracingSession } from '../../src/bpf/session.js';
import { cgroupId, endCgroup, makeCgroup } from '../../src/node-enforcer/cgroups.js';
import { EMPTY_PLAN, launch } from '../../src/node-enforcer/launcher.js';
import { BPFTRACE_PROGRAM } from './conditions.js';
import type { Condition } from './conditions.js';
import { withTracefs } from './tracefs.js';

/** ns of CPU time: medians over the chunks of one run. */
export interface Sample {
  readonly getppid: number;
  readonly openClose: number;
}

export interface Tool {
  readonly binary: string;
  /** The file that is opened, and where results go. */
  readonly file: string;
  readonly out: string;
  readonly chunks: number;
  readonly calls: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

const argumentsOf = (tool: Tool, scale = 1): readonly string[] => [
  String(availableParallelism() - 1),
  String(tool.chunks),
  String(Math.max(4, Math.round(tool.calls * scale))),
  tool.file,
  tool.out,
];

const readSample = (tool: Tool): Sample => {
  const chunks = readFileSync(tool.out, 'latin1')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const column = (index: number): number => median(chunks.map((chunk) => chunk[index] ?? NaN));
  return { getppid: column(0), openClose: column(1) };
};

const finished = async (child: ChildProcess, what: string): Promise<void> => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0) throw new Error(`${what} ended with ${String(signal ?? code)}`);
};

const plain = async (tool: Tool): Promise<Sample> => {
  await finished(spawn(tool.binary, argumentsOf(tool), { stdio: 'inherit' }), 'the program');
  return readSample(tool);
};

/** strace stops a task twice a syscall: a hundredth of the calls takes long enough. */
const STRACE_SCALE = 0.01;

const underStrace = async (tool: Tool): Promise<Sample> => {
  const line = ['-f', '-c', '-o', '/dev/null', tool.binary, ...argumentsOf(tool, STRACE_SCALE)];
  await finished(spawn('strace', line, { stdio: 'inherit' }), 'strace');
  return readSample(tool);
};

const beside = async (tool: Tool): Promise<Sample> => {
  const program = `BEGIN { printf("ready\\n"); } ${BPFTRACE_PROGRAM}`;
  const [command, ...args] = withTracefs(['bpftrace', '-e', program]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let text = '';
    let problem = '';
    child.stderr.on('data', (chunk) => {
      problem += String(chunk);
    });
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('ready')) break; // BEGIN runs once everything is attached
    }
    if (!text.includes('ready')) throw new Error(`bpftrace did not start: ${problem}`);
    return await plain(tool);
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
};

const underSession = async (
  tool: Tool,
  condition: Extract<Condition, { kind: 'Session' }>,
): Promise<Sample> => {
  const session = TracingSession.open();
  try {
    if (condition.slot === undefined) return await plain(tool);
    const cgroup = makeCgroup();
    try {
      const id = cgroupId(cgroup);
      const slot = session.allocateSlot();
      session.configureSlot(slot, id, condition.slot);
      if (condition.network) session.attachNetwork(slot, cgroup, false);
      session.bindCgroup(slot, id);
      if (condition.where === 'outside') return await plain(tool);
      const launched = await launch({
        command: tool.binary,
        arguments: argumentsOf(tool),
        cgroup,
        plan: EMPTY_PLAN,
      });
      const { code } = await launched.exited;
      if (code !== 0) throw new Error(`the program ended with ${String(code)}`);
      return readSample(tool);
    } finally {
      await endCgroup(cgroup);
    }
  } finally {
    session.close();
  }
};

export const sampleUnder = (tool: Tool, condition: Condition): Promise<Sample> => {
  switch (condition.kind) {
    case 'Nothing':
      return plain(tool);
    case 'Bpftrace':
      return beside(tool);
    case 'Strace':
      return underStrace(tool);
    case 'Session':
      return underSession(tool, condition);
  }
};

/** BPF programs of others that are attached to every system call now: their tax would be taken for ours. */
export const disturbers = (): readonly string[] => {
  const addon = loadAddon();
  const attached = new Set(addon.links().map(({ programId }) => programId));
  return addon
    .programs()
    .filter(
      ({ id, name }) => name.includes('sys_') && (attached.has(id) || !name.startsWith('pf_')),
    )
    .map(({ name }) => name)
    .sort();
};
