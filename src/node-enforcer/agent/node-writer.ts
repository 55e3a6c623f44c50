/** Keeps the NodeEnforcement object true: written on change; what only counts up, at most once a minute. */
import type { NodeEnforcementStatus, RealizedProfile } from '../../api/objects.js';
import type { ObjectStore } from '../../store/store.js';
import { machineAbilities } from '../abilities.js';
import { nodeObject } from './node-object.js';

/** ms between writes of totals alone; design §3. */
const TOTALS_MS = 60_000;

export interface NodeSnapshot {
  readonly profiles: readonly RealizedProfile[];
  readonly totals: NonNullable<NodeEnforcementStatus['totals']>;
  readonly running: boolean;
  /** Records that the audit log could not take, so far. */
  readonly unwritten: number;
}

export class NodeWriter {
  readonly #store: ObjectStore;
  readonly #node: string;
  #written = { facts: '', counts: '', at: 0 };

  constructor(store: ObjectStore, node: string) {
    this.#store = store;
    this.#node = node;
  }

  async write(snapshot: NodeSnapshot): Promise<void> {
    const { profiles, totals, running, unwritten } = snapshot;
    const facts = JSON.stringify([
      profiles,
      totals.containers,
      totals.lost > 0,
      running,
      unwritten,
    ]);
    const counts = JSON.stringify(totals);
    const now = Date.now();
    const last = this.#written;
    const due = counts !== last.counts && now - last.at >= TOTALS_MS;
    if (facts === last.facts && !due) return;
    const stored = await this.#store.get({ kind: 'NodeEnforcement', name: this.#node });
    const previous = stored?.kind === 'NodeEnforcement' ? stored : undefined;
    const abilities = machineAbilities();
    await this.#store.apply(nodeObject(this.#node, { abilities, ...snapshot }, previous, now));
    this.#written = { facts, counts, at: now };
  }
}
