/** Counts and last violations of each profile on this machine. */
import type { ViolationRecord } from '../../audit/record.js';
import { EMPTY_ACCOUNT, withRecord } from '../violation-text.js';
import type { ViolationAccount } from '../violation-text.js';

export class Ledger {
  readonly #accounts: Map<string, ViolationAccount>;

  /** Goes on from the accounts of an earlier process. */
  constructor(accounts: ReadonlyMap<string, ViolationAccount> = new Map()) {
    this.#accounts = new Map(accounts);
  }

  get accounts(): ReadonlyMap<string, ViolationAccount> {
    return this.#accounts;
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
