/** Counts and last violations of each profile on this machine. */
import type { AnyProfile } from '../../api/objects.js';
import type { ViolationRecord } from '../../audit/record.js';
import { EMPTY_ACCOUNT, withRecord } from '../violation-text.js';
import type { ViolationAccount } from '../violation-text.js';

export class Ledger {
  readonly #accounts = new Map<string, ViolationAccount>();

  /** Goes on from what an earlier process wrote into the profile's status. */
  open(id: string, { status }: AnyProfile): void {
    if (this.#accounts.has(id)) return;
    this.#accounts.set(id, {
      denied: status?.counts?.denied ?? 0,
      audited: status?.counts?.audited ?? 0,
      recentViolations: status?.recentViolations ?? [],
    });
  }

  of(id: string): ViolationAccount {
    return this.#accounts.get(id) ?? EMPTY_ACCOUNT;
  }

  add(id: string, record: ViolationRecord): void {
    this.#accounts.set(id, withRecord(this.of(id), record));
  }

  /** Forgets all but these. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of [...this.#accounts.keys()]) if (!ids.has(id)) this.#accounts.delete(id);
  }
}
