/** Judges what one slot does by all profiles in force for it: one record for one operation. */
import { hostname } from 'node:os';
import type { Outcome, Subject, ViolationRecord } from '../../audit/record.js';
import type { KernelEvent } from '../../bpf/events.js';
import type { SeenEntry } from '../../bpf/seen.js';
import { judge } from '../../policy/judge.js';
import type { Operation, Verdict } from '../../policy/operation.js';
import { severityOf } from '../../policy/verdicts.js';
import { instantOf } from '../clock.js';
import { attemptsOf } from '../operations.js';
import type { Attempt } from '../operations.js';
import type { Resolver } from '../resolver.js';
import type { Realisation } from './realise.js';

export interface Violation {
  /** The profile whose verdict decided. */
  readonly realisation: Realisation;
  readonly record: ViolationRecord;
  /** A profile that refuses this asks for the death of who did what could not be refused. */
  readonly kill: boolean;
}

type Refused = Extract<Verdict, { kind: 'Deny' | 'CannotTell' }>;

interface Judgement {
  readonly realisation: Realisation;
  readonly verdict: Refused;
}

const ERRNO_NAMES: Readonly<Record<number, string>> = { 1: 'EPERM', 13: 'EACCES' };

/** Enforced profiles before audited ones; then the most restrictive verdict, then the order given. */
const weightOf = ({ realisation, verdict }: Judgement): number =>
  (realisation.profile.mode === 'Enforce' ? 0 : 10) + severityOf(verdict);

const refusalsOf = (
  realisations: readonly Realisation[],
  operation: Operation,
): readonly Judgement[] =>
  realisations
    .flatMap((realisation) => {
      const verdict = judge(realisation.profile.rules, operation);
      return verdict.kind === 'Allow' ? [] : [{ realisation, verdict }];
    })
    .toSorted((a, b) => weightOf(a) - weightOf(b));

const isNetwork = ({ kind }: Operation): boolean => kind === 'Connect' || kind === 'Bind';

export class WorkloadJudging {
  readonly #realisations: readonly Realisation[];
  readonly #resolve: Resolver;
  readonly #subjects: ReadonlyMap<Realisation, Subject>;
  /** Path of each program image, by the id that its events carry; outlives a change of rules. */
  readonly #programs: Map<bigint, string>;
  readonly #counted = new Map<string, { readonly violation: Violation; reported: number }>();

  constructor(
    realisations: readonly Realisation[],
    subject: Omit<Subject, 'profile' | 'generation'>,
    resolve: Resolver,
    programs: Map<bigint, string>,
  ) {
    this.#realisations = realisations.filter(
      ({ profile: { mode } }) => mode === 'Audit' || mode === 'Enforce',
    );
    this.#resolve = resolve;
    this.#programs = programs;
    this.#subjects = new Map(
      this.#realisations.map((realisation) => {
        const { rules, generation } = realisation.profile;
        return [realisation, { profile: rules.profile, generation, ...subject }];
      }),
    );
  }

  take(event: KernelEvent): Violation | undefined {
    if (event.kind === 'Exec')
      this.#programs.set(event.exe, this.#resolve(event.program, event.header.pid).path);
    if (this.#realisations.length === 0) return undefined;
    for (const attempt of attemptsOf(event, this.#resolve)) {
      const refusals = refusalsOf(this.#realisations, attempt.operation);
      const [first] = refusals;
      if (first === undefined) continue;
      const violation = this.#violation(event, attempt, first, refusals);
      if (event.header.key !== '') this.#counted.set(event.header.key, { violation, reported: 1 });
      return violation;
    }
    return undefined;
  }

  /** One violation for each that was repeated since the last call, with how often. */
  repeats(entries: readonly SeenEntry[]): readonly Violation[] {
    return entries.flatMap((entry) => {
      const known = this.#counted.get(entry.key);
      if (known === undefined || entry.count <= known.reported) return [];
      const { violation } = known;
      const count = entry.count - known.reported;
      known.reported = entry.count;
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

  #outcome(event: KernelEvent, { realisation }: Judgement): Outcome {
    if (event.header.error !== 0) return 'Denied';
    return realisation.profile.mode === 'Audit' ? 'WouldDeny' : 'Observed';
  }

  #violation(
    event: KernelEvent,
    { operation, source }: Attempt,
    judgement: Judgement,
    refusals: readonly Judgement[],
  ): Violation {
    const { realisation, verdict } = judgement;
    const { header } = event;
    const { profile } = realisation;
    const { rules, generation, severity } = profile;
    const rule = verdict.kind === 'Deny' ? verdict.rule : undefined;
    const errno = ERRNO_NAMES[-header.error];
    const outcome = this.#outcome(event, judgement);
    return {
      realisation,
      kill: outcome === 'Observed' && !isNetwork(operation) && refusals.some(asksForDeath),
      record: {
        kind: 'violation',
        time: instantOf(header.timeNs),
        node: hostname(),
        cpu: header.cpu,
        sequence: header.sequence,
        severity,
        mode: profile.mode === 'Enforce' ? 'Enforce' : 'Audit',
        outcome,
        class: verdict.class,
        operation,
        source,
        reason:
          verdict.kind === 'CannotTell'
            ? 'CannotTell'
            : rule === undefined
              ? 'NotAllowed'
              : 'DeniedByRule',
        ...(errno === undefined ? {} : { errno }),
        subject: this.#subjects.get(realisation) ?? { profile: rules.profile, generation },
        ...(rule === undefined ? {} : { rule }),
        process: {
          pid: header.pid,
          tid: header.tid,
          uid: header.uid,
          exe: this.#programs.get(header.exe) ?? '',
          comm: header.comm,
        },
      },
    };
  }
}

const asksForDeath = ({ realisation }: Judgement): boolean => realisation.kills;
