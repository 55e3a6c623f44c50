/** What is known of each profile here, and the reports made of it. */
import type { AnyProfile, RealizedProfile } from '../../api/objects.js';
import { keyOf } from '../../store/object-key.js';
import type { ObjectKey } from '../../store/store.js';
import type { Ledger } from './ledger.js';
import type { Realisation } from './realise.js';
import type { ProfileReport, Shortfall } from './report.js';

export interface Entry {
  readonly profile: AnyProfile;
  /** Absent: no version of it ever was good. */
  readonly realisation?: Realisation;
  /** Cgroups that it holds for now. */
  readonly matched: number;
  readonly unmatched?: Shortfall;
  /** Why a cgroup has not what it should have. */
  readonly problem?: Shortfall;
}

/** Pure: the report of one profile. */
export const reportFrom = (
  node: string,
  { realisation, matched, unmatched, problem }: Entry,
  account: Pick<ProfileReport, 'denied' | 'audited' | 'recentViolations'>,
): ProfileReport => {
  const degraded = problem ?? (matched > 0 ? realisation?.degraded : undefined);
  const holds = matched > 0 || realisation?.mode === 'Disabled';
  return {
    node,
    ...(realisation === undefined ? {} : { generation: realisation.profile.generation }),
    ...(realisation !== undefined && holds ? { mode: realisation.mode } : {}),
    containers: matched,
    ...(unmatched === undefined ? {} : { unmatched }),
    ...(degraded === undefined ? {} : { degraded }),
    gaps: realisation?.gaps ?? [],
    denied: account.denied,
    audited: account.audited,
    recentViolations: account.recentViolations,
  };
};

/** Gaps that the node's object spells out. */
const MAX_GAPS = 20;

export class Board {
  readonly #node: string;
  readonly #ledger: Ledger;
  #entries: ReadonlyMap<string, Entry> = new Map();
  readonly #reported = new Map<string, string>();

  constructor(node: string, ledger: Ledger) {
    this.#node = node;
    this.#ledger = ledger;
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  set(entries: ReadonlyMap<string, Entry>): void {
    this.#entries = entries;
  }

  report(id: string): ProfileReport | undefined {
    const entry = this.#entries.get(id);
    return entry && reportFrom(this.#node, entry, this.#ledger.of(id));
  }

  /** Profiles whose report is another one than at the last call. */
  changed(): readonly ObjectKey[] {
    const keys: ObjectKey[] = [];
    for (const [id, { profile }] of this.#entries) {
      const text = JSON.stringify([profile.metadata.generation, this.report(id)]);
      if (this.#reported.get(id) === text) continue;
      this.#reported.set(id, text);
      keys.push(keyOf(profile));
    }
    for (const id of [...this.#reported.keys()])
      if (!this.#entries.has(id)) this.#reported.delete(id);
    return keys;
  }

  /** As the NodeEnforcement object lists them: those that hold for something, or should. */
  realized(): readonly RealizedProfile[] {
    return [...this.#entries].flatMap(([id, entry]) => {
      const { profile, realisation, matched } = entry;
      const report = this.report(id);
      if (realisation === undefined || report === undefined) return [];
      const shortfall = report.degraded ?? report.unmatched;
      if (matched === 0 && shortfall === undefined) return [];
      return [
        {
          kind: profile.kind,
          namespace: profile.metadata.namespace ?? '',
          name: profile.metadata.name,
          generation: realisation.profile.generation,
          mode: realisation.mode,
          containers: matched,
          gaps: realisation.gaps.length,
          gapList: realisation.gaps.slice(0, MAX_GAPS),
          ...(shortfall === undefined ? {} : { degraded: shortfall }),
          denied: report.denied,
          audited: report.audited,
          recentViolations: report.recentViolations,
        },
      ];
    });
  }
}
