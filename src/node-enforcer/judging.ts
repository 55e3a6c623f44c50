/** Judges what one slot does by all profiles in force for it: one violation for one operation. */
import { constants, hostname } from 'node:os';
import type { JudgingMode, Outcome, Severity, Subject, ViolationRecord } from '../audit/record.js';
import { eventAt } from '../bpf/events.js';
import type { EventHeader, KernelEvent } from '../bpf/events.js';
import type { SeenEntry } from '../bpf/seen.js';
import type { Automaton } from '../policy/automaton/types.js';
import type { Access, Verdict } from '../policy/operation.js';
import type { EffectiveRules } from '../policy/rules.js';
import { severityOf } from '../policy/verdicts.js';
import type { Decision } from '../policy/verdicts.js';
import { instantOf } from './clock.js';
import { CountedViolations } from './lines/counted-violations.js';
import { attemptsOf } from './operations.js';
import type { Attempt } from './operations.js';
import { ProgramImages } from './program-images.js';
import type { Resolver } from './resolver.js';
import { compiledJudge } from './rule-judge.js';
import type { RuleJudge } from './rule-judge.js';

/** A profile that is in force for the slot and judges. */
export interface JudgedProfile {
  /** What the caller knows it by. */
  readonly id: string;
  readonly rules: EffectiveRules;
  readonly mode: JudgingMode;
  readonly severity: Severity;
  readonly subject: Subject;
  /** Processes that did what could not be refused are to be killed. */
  readonly kills: boolean;
  /** The kernel judges execution and opening in its own hooks: here that would be done twice. */
  readonly inKernel?: boolean;
}

export interface Violation {
  /** The profile whose verdict decided. */
  readonly profile: JudgedProfile;
  readonly record: ViolationRecord;
  /** A profile that refuses this asks for the death of who did what could not be refused. */
  readonly kill: boolean;
}

export interface JudgingOptions {
  /** As the cluster calls this machine; default: its own name. */
  readonly node?: string;
  /** Outlive a change of the profiles where they are given. */
  readonly images?: ProgramImages;
  readonly judgeOf?: (rules: EffectiveRules) => RuleJudge;
}

type Refused = Extract<Verdict, { kind: 'Deny' | 'CannotTell' }>;

interface Judgement {
  readonly profile: JudgedProfile;
  readonly verdict: Refused;
}

/** Read once: a system call for each record would cost more than the record. */
const NODE = hostname();

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** Enforced profiles before audited ones; then the most restrictive verdict, then the order given. */
const weightOf = ({ profile, verdict }: Judgement): number =>
  (profile.mode === 'Enforce' ? 0 : 10) + severityOf(verdict);

const weightiest = (judgements: readonly Judgement[]): Judgement | undefined =>
  judgements.reduce<Judgement | undefined>(
    (best, each) => (best === undefined || weightOf(each) < weightOf(best) ? each : best),
    undefined,
  );

const outcomeOf = ({ denied, error }: EventHeader, { mode }: JudgedProfile): Outcome => {
  if (denied || error !== 0) return 'Denied';
  return mode === 'Audit' ? 'WouldDeny' : 'Observed';
};

const recordOf = (
  node: string,
  header: EventHeader,
  { operation, source }: Attempt,
  { profile, verdict }: Judgement,
  exe: string,
): ViolationRecord => {
  const rule = verdict.kind === 'Deny' ? verdict.rule : undefined;
  const errno = header.killed ? undefined : ERRNO_NAMES.get(-header.error);
  const record = {
    kind: 'violation',
    time: instantOf(header.timeNs),
    node,
    cpu: header.cpu,
    sequence: header.sequence,
    severity: profile.severity,
    mode: profile.mode,
    outcome: outcomeOf(header, profile),
    class: verdict.class,
    operation,
    source,
    reason:
      verdict.kind === 'CannotTell'
        ? 'CannotTell'
        : rule === undefined
          ? 'NotAllowed'
          : 'DeniedByRule',
    subject: profile.subject,
    process: { pid: header.pid, tid: header.tid, uid: header.uid, exe, comm: header.comm },
  } as const;
  if (errno === undefined && rule === undefined) return record;
  return {
    ...record,
    ...(errno === undefined ? {} : { errno }),
    ...(rule === undefined ? {} : { rule }),
  };
};

const OPENING: ReadonlySet<Access> = new Set(['Read', 'Write', 'Create']);

/** What the LSM programs see: execution, and opening, which names an object and not an argument. */
const isJudgedInKernel = ({ operation, source }: Attempt): boolean =>
  operation.kind === 'Exec' ||
  (operation.kind === 'File' &&
    source === 'object' &&
    operation.access.every((access) => OPENING.has(access)));

export class Judging {
  readonly #profiles: readonly (readonly [JudgedProfile, RuleJudge])[];
  readonly #node: string;
  readonly #resolve: Resolver;
  readonly #images: ProgramImages;
  readonly #counted = new CountedViolations<Violation>((bytes, at) => {
    const event = eventAt(bytes, at);
    return event && this.examine(event);
  });
  #otherRefusals = 0;

  constructor(
    profiles: readonly JudgedProfile[],
    resolve: Resolver,
    { node = NODE, images = new ProgramImages(), judgeOf = compiledJudge }: JudgingOptions = {},
  ) {
    this.#node = node;
    this.#profiles = profiles.map((profile) => [profile, judgeOf(profile.rules)]);
    this.#resolve = resolve;
    this.#images = images;
  }

  /** Refusals that no profile explains: ordinary permissions. */
  get otherRefusals(): number {
    return this.#otherRefusals;
  }

  /** The violation that an event stands for, if it is one. */
  take(event: KernelEvent): Violation | undefined {
    if (event.kind === 'Exec')
      this.#images.set(event.exe, this.#resolve(event.program, event.header.pid).path);
    const violation = this.examine(event);
    if (violation !== undefined) this.#counted.keep(event.header.key, violation);
    else if (event.kind === 'Denial') this.#otherRefusals += 1;
    return violation;
  }

  /** As `take`, for one who only wants to know. */
  examine(event: KernelEvent): Violation | undefined {
    if (this.#profiles.length === 0) return undefined;
    for (const attempt of attemptsOf(event, this.#resolve)) {
      const refusals = this.#refusalsOf(attempt);
      const first = weightiest(refusals);
      if (first !== undefined) return this.#violation(event.header, attempt, first, refusals);
    }
    return undefined;
  }

  /** The event of the ring at `at` was found a violation by other means: its repeats are to be reported. */
  tookEvent(view: DataView, at: number): void {
    this.#counted.keepEvent(view, at);
  }

  /** The compiled rules of all profiles, or undefined where some are judged one by one. */
  get automata(): readonly Automaton[] | undefined {
    const automata = this.#profiles.flatMap(([, { automaton }]) => automaton ?? []);
    return automata.length === this.#profiles.length ? automata : undefined;
  }

  get images(): ProgramImages {
    return this.#images;
  }

  /**
   * The violation that the kernel itself found: its decision is written down and not reached again.
   * `decision`: what the number in the event stands for in the table that the kernel was given.
   * Undefined for one that refuses nothing, or of a profile that is not in force here any more; without a
   * profile the first that is enforced stands for all.
   */
  takeDecided(
    header: EventHeader,
    attempt: Attempt,
    { profile: name, verdict }: Decision,
  ): Violation | undefined {
    const profile = this.#profiles.find(([{ rules, inKernel }]) =>
      name === undefined ? inKernel === true : rules.profile === name,
    )?.[0];
    if (profile === undefined || verdict.kind === 'Allow') return undefined;
    const judgement = { profile, verdict };
    const violation = this.#violation(header, attempt, judgement, [judgement]);
    this.#counted.keep(header.key, violation);
    return violation;
  }

  /** One violation for each that was repeated since the last call, with how often. */
  repeats(entries: readonly SeenEntry[]): readonly Violation[] {
    this.#counted.retain(entries);
    return entries.flatMap((entry) => {
      const counted = this.#counted.more(entry);
      if (counted === undefined) return [];
      const { violation, more: count } = counted;
      const record: ViolationRecord = {
        ...violation.record,
        time: instantOf(entry.lastNs),
        firstTime: violation.record.firstTime ?? violation.record.time,
        count,
      };
      // Who repeated it is not known any more: the record names the first.
      return [{ ...violation, record, kill: false }];
    });
  }

  #refusalsOf(attempt: Attempt): readonly Judgement[] {
    const { operation } = attempt;
    const refusals: Judgement[] = [];
    for (const [profile, { verdict: verdictOn }] of this.#profiles) {
      if (profile.inKernel === true && isJudgedInKernel(attempt)) continue;
      const verdict = verdictOn(operation);
      if (verdict.kind !== 'Allow') refusals.push({ profile, verdict });
    }
    return refusals;
  }

  #violation(
    header: EventHeader,
    attempt: Attempt,
    judgement: Judgement,
    refusals: readonly Judgement[],
  ): Violation {
    const record = recordOf(this.#node, header, attempt, judgement, this.#images.pathOf(header));
    const { kind } = attempt.operation;
    return {
      profile: judgement.profile,
      record,
      kill:
        record.outcome === 'Observed' &&
        kind !== 'Connect' &&
        kind !== 'Bind' &&
        refusals.some(({ profile: { kills } }) => kills),
    };
  }
}
