/** Counts and last violations of each profile on this machine. */
import type { AnyProfile, Violation as StatusViolation } from '../../api/objects.js';
import type { ViolationRecord } from '../../audit/record.js';
import { statusViolation, withViolation } from './violation-text.js';

export interface Account {
  readonly denied: number;
  readonly audited: number;
  readonly recentViolations: readonly StatusViolation[];
}

const EMPTY: Account = { denied: 0, audited: 0, recentViolations: [] };

/** The account with one more violation. */
export const withRecord = (account: Account, record: ViolationRecord): Account => {
  const count = record.count ?? 1;
  const denied = record.outcome === 'Denied';
  return {
    denied: account.denied + (denied ? count : 0),
    audited: account.audited + (denied ? 0 : count),
    recentViolations: withViolation(account.recentViolations, statusViolation(record)),
  };
};

export class Ledger {
  readonly #accounts = new Map<string, Account>();

  /** Goes on from what an earlier process wrote into the profile's status. */
  open(id: string, { status }: AnyProfile): void {
    if (this.#accounts.has(id)) return;
    this.#accounts.set(id, {
      denied: status?.counts?.denied ?? 0,
      audited: status?.counts?.audited ?? 0,
      recentViolations: status?.recentViolations ?? [],
    });
  }

  of(id: string): Account {
    return this.#accounts.get(id) ?? EMPTY;
  }

  add(id: string, record: ViolationRecord): void {
    this.#accounts.set(id, withRecord(this.of(id), record));
  }

  /** Forgets all but these. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of [...this.#accounts.keys()]) if (!ids.has(id)) this.#accounts.delete(id);
  }
}
