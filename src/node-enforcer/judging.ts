/** Turns kernel events of a judged workload into audit records. */
import { readlinkSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import type { EngineCounters } from '../bpf/counters.js';
import type { EventHeader, KernelEvent } from '../bpf/events.js';
import type { SeenEntry } from '../bpf/seen.js';
import type {
  JudgingMode,
  LossRecord,
  Outcome,
  Severity,
  Subject,
  ViolationRecord,
} from '../audit/record.js';
import { PinfoldError } from '../errors.js';
import { compile } from '../policy/automaton/compile.js';
import { evaluate } from '../policy/automaton/evaluate.js';
import { judge } from '../policy/judge.js';
import type { Operation, RuleClass, RuleRef, Verdict } from '../policy/operation.js';
import type { EffectiveRules } from '../policy/rules.js';
import { instantOf } from './clock.js';
import { attemptsOf } from './operations.js';
import type { Attempt } from './operations.js';
import type { Resolver } from './resolver.js';

export interface JudgedWorkload {
  readonly rules: EffectiveRules;
  readonly mode: JudgingMode;
  readonly subject: Subject;
  readonly severity: Severity;
}

export type Judge = (operation: Operation) => Verdict;

/**
 * The compiled rules: their cost does not grow with the number of rules. Rules that are too many to
 * compile are judged one by one.
 */
const judgeOf = (rules: EffectiveRules): Judge => {
  try {
    const automaton = compile([rules]);
    return (operation) => evaluate(automaton, operation);
  } catch (error) {
    if (!(error instanceof PinfoldError) || error.code !== 'TooComplex') throw error;
    return (operation) => judge(rules, operation);
  }
};

/** Read once: a system call for each record would cost more than the record. */
const NODE = hostname();

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** For tasks that ran before the slot did: their exec was not seen. Empty once the process is gone. */
const runningImage = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${String(pid)}/exe`);
  } catch {
    return '';
  }
};

type Refused = Extract<Verdict, { kind: 'Deny' | 'CannotTell' }>;

interface Finding {
  readonly attempt: Attempt;
  readonly verdict: Refused;
}

export class Judging {
  readonly #workload: JudgedWorkload;
  readonly #resolve: Resolver;
  readonly #judge: Judge;
  readonly #programs = new Map<bigint, string>();
  /** Violations by the key of their event: to report how often the kernel counted them. */
  readonly #counted = new Map<string, { readonly record: ViolationRecord; reported: number }>();
  #lastImage: { readonly exe: bigint; readonly path: string } | undefined;
  #lost = 0n;
  #otherRefusals = 0;

  constructor(
    workload: JudgedWorkload,
    resolve: Resolver,
    judgeWith: Judge = judgeOf(workload.rules),
  ) {
    this.#workload = workload;
    this.#resolve = resolve;
    this.#judge = judgeWith;
  }

  /** Refusals that the profile does not explain: ordinary permissions. */
  get otherRefusals(): number {
    return this.#otherRefusals;
  }

  /** The violation that an event stands for, if it is one. */
  take(event: KernelEvent): ViolationRecord | undefined {
    if (event.kind === 'Exec') {
      this.#programs.set(event.exe, this.#resolve(event.program, event.header.pid).path);
      this.#lastImage = undefined;
    }
    const finding = this.#findingOf(event);
    if (finding === undefined) {
      if (event.kind === 'Denial') this.#otherRefusals += 1;
      return undefined;
    }
    const record = this.#record(event, finding);
    if (event.header.key !== '') this.#counted.set(event.header.key, { record, reported: 1 });
    return record;
  }

  /** One record for each violation that was repeated since the last call, with how often. */
  repeats(entries: readonly SeenEntry[]): readonly ViolationRecord[] {
    return entries.flatMap((entry) => {
      const known = this.#counted.get(entry.key);
      if (known === undefined || entry.count <= known.reported) return [];
      const count = entry.count - known.reported;
      known.reported = entry.count;
      return [
        {
          ...known.record,
          time: instantOf(entry.lastNs),
          firstTime: known.record.firstTime ?? known.record.time,
          count,
        },
      ];
    });
  }

  /** A record of what the kernel lost since the last call, if it lost anything. */
  losses(counters: EngineCounters, nowNs: number): LossRecord | undefined {
    const byClass = [
      ...Object.entries(counters.lost),
      ...Object.entries(counters.misses).map(
        ([name, count]) => [`skipped ${name}`, count] as const,
      ),
      ['tasks', counters.noStorage] as const,
    ].filter(([, count]) => count > 0n);
    const total = byClass.reduce((sum, [, count]) => sum + count, 0n);
    if (total <= this.#lost) return undefined;
    const lost = Number(total - this.#lost);
    this.#lost = total;
    const detail = byClass.map(([name, count]) => `${name} ${String(count)}`).join(', ');
    return {
      kind: 'loss',
      time: instantOf(nowNs),
      node: NODE,
      where: 'Kernel',
      lost,
      detail: `so far: ${detail}`,
    };
  }

  #findingOf(event: KernelEvent): Finding | undefined {
    for (const attempt of attemptsOf(event, this.#resolve)) {
      const verdict = this.#judge(attempt.operation);
      if (verdict.kind !== 'Allow') return { attempt, verdict };
    }
    return undefined;
  }

  #outcome(event: KernelEvent): Outcome {
    if (event.kind === 'Denial' || event.header.error !== 0) return 'Denied';
    return this.#workload.mode === 'Audit' ? 'WouldDeny' : 'Observed';
  }

  #record(event: KernelEvent, { attempt, verdict }: Finding): ViolationRecord {
    const { header } = event;
    const { mode, severity, subject } = this.#workload;
    const rule: RuleRef | undefined = verdict.kind === 'Deny' ? verdict.rule : undefined;
    const ruleClass: RuleClass = verdict.class;
    const errno = header.killed ? undefined : ERRNO_NAMES.get(-header.error);
    const record = {
      kind: 'violation',
      time: instantOf(header.timeNs),
      node: NODE,
      cpu: header.cpu,
      sequence: header.sequence,
      severity,
      mode,
      outcome: this.#outcome(event),
      class: ruleClass,
      operation: attempt.operation,
      source: attempt.source,
      reason:
        verdict.kind === 'CannotTell'
          ? 'CannotTell'
          : rule === undefined
            ? 'NotAllowed'
            : 'DeniedByRule',
      subject,
      process: this.#process(header),
    } as const;
    if (errno === undefined && rule === undefined) return record;
    return {
      ...record,
      ...(errno === undefined ? {} : { errno }),
      ...(rule === undefined ? {} : { rule }),
    };
  }

  /** Asked for every record, nearly always about the program of the one before. */
  #image({ exe, pid }: EventHeader): string {
    if (this.#lastImage?.exe === exe) return this.#lastImage.path;
    const path = this.#programs.get(exe);
    if (path === undefined) return runningImage(pid);
    this.#lastImage = { exe, path };
    return path;
  }

  #process(header: EventHeader): ViolationRecord['process'] {
    return {
      pid: header.pid,
      tid: header.tid,
      uid: header.uid,
      exe: this.#image(header),
      comm: header.comm,
    };
  }
}
