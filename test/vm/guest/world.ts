/** Cgroups with slots and policies, and things done in them. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rules } from '../../../src/api/objects.js';
import type { KernelEvent } from '../../../src/bpf/events.js';
import type { TracingSession } from '../../../src/bpf/session.js';
import { compile } from '../../../src/policy/automaton/compile.js';
import type { Automaton } from '../../../src/policy/automaton/types.js';
import { effectiveRules } from '../../../src/policy/effective.js';

export const ACT = '/programs/act';
export const EACCES = 13;

export const ALLOWED = '/held/allowed';
export const REFUSED = '/held/refused';
/** Two files, of which one may be read. */
export const HELD_RULES: Rules = {
  exec: { allow: [{ path: ACT }] },
  files: { allow: [{ path: ALLOWED, access: ['Read'] }] },
};

export type Refusal = Extract<KernelEvent, { kind: 'Refusal' }>;

export const compiled = (...profiles: readonly Rules[]): Automaton =>
  compile(profiles.map((rules, index) => effectiveRules(`p${String(index)}`, rules)));

export const file = (path: string, text = 'text\n'): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};

let made = 0;

export const makeCgroup = (): { readonly directory: string; readonly id: bigint } => {
  made += 1;
  const directory = `/sys/fs/cgroup/case-${String(made)}`;
  mkdirSync(directory);
  return { directory, id: statSync(directory, { bigint: true }).ino };
};

export interface Outcome {
  readonly status: number;
  readonly output: string;
}

/** A cgroup whose tasks are judged. */
export class Container {
  readonly directory: string;
  readonly id: bigint;
  readonly slot: number;
  readonly #session: TracingSession;

  constructor(session: TracingSession, policy: number, container = false) {
    const { directory, id } = makeCgroup();
    this.directory = directory;
    this.id = id;
    this.#session = session;
    this.slot = session.allocateSlot();
    session.configureSlot(this.slot, id, {
      observe: false,
      syscalls: false,
      denials: false,
      enforce: false,
      generation: 1,
      capabilitiesLost: 0n,
      policy,
      container,
    });
    session.bindCgroup(this.slot, id);
  }

  /** Runs a program as the first of a process that comes in from outside. */
  run(...command: readonly string[]): Outcome {
    const { status, stdout, stderr, error } = spawnSync(
      ACT,
      ['enter', this.directory, ...command],
      {
        encoding: 'utf8',
      },
    );
    if (error !== undefined) throw error;
    if (status === null || status >= 200) throw new Error(`${command.join(' ')}: ${stderr}`);
    return { status, output: stdout };
  }

  /** `run` of the test program: 0 or the errno of what it did. */
  act(...what: readonly string[]): number {
    return this.run(ACT, ...what).status;
  }

  start(...command: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(ACT, ['enter', this.directory, ...command]);
  }

  /** What was refused here since the last time. */
  refusals(): readonly Refusal[] {
    return refusals(this.#session).filter(({ header }) => header.slot === this.slot);
  }
}

export const refusals = (session: TracingSession): readonly Refusal[] => {
  const events: Refusal[] = [];
  session.drain((event) => {
    if (event.kind === 'Refusal') events.push(event);
  });
  return events;
};

let policies = 0;

/** A container under these rules, that refuse or only say that they would. */
export const contained = (
  session: TracingSession,
  rules: Rules,
  group: 'enforce' | 'audit' = 'enforce',
): Container => {
  policies += 1;
  session.setPolicy(policies, { [group]: compiled(rules) }, 1);
  return new Container(session, policies);
};

export const freshPolicy = (): number => (policies += 1);
