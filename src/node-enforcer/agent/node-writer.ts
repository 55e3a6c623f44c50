/** Keeps the NodeEnforcement object true: written on change; what only counts up, at most once a minute. */
import type {
  NodeEnforcement,
  NodeEnforcementStatus,
  OwnerReference,
  RealizedProfile,
} from '../../api/objects.js';
import type { ObjectStore } from '../../store/store.js';
import { machineAbilities } from '../abilities.js';
import { TokenBucket } from '../token-bucket.js';
import { nodeObject } from './node-object.js';
import type { NodeFinding } from './node-object.js';

/** ms between writes of totals alone; design §3. */
const TOTALS_MS = 60_000;

/** ms after a write within which the next one waits for the agent's clock: many changes at once are one write. */
const REST_MS = 1_000;

/**
 * Writes for a violation of a new kind: at once, but the workload chooses what it violates and must not
 * be able to flood the store.
 */
const NEWS_BURST = 5;
const NEWS_PER_SECOND = 0.1;

/** What is no count and no violation. */
const factsOf = ({
  kind,
  namespace,
  name,
  generation,
  mode,
  containers,
  ...more
}: RealizedProfile) => [
  kind,
  namespace,
  name,
  generation,
  mode,
  containers,
  more.gapList,
  more.degraded,
];

/** What violations there are, without how often and when. */
const newsOf = ({ recentViolations = [] }: RealizedProfile): readonly string[] =>
  recentViolations
    .map(({ action, class: ruleClass, operation, object, program, pod, container }) =>
      [action, ruleClass, operation, object, program, pod, container].join(' '),
    )
    .sort();

export interface NodeSnapshot {
  /** Absent: not known yet; what the process before this one reported stays. */
  readonly profiles?: readonly RealizedProfile[];
  readonly totals: NonNullable<NodeEnforcementStatus['totals']>;
  readonly running: boolean;
  /** Records that the audit log could not take, so far. */
  readonly unwritten: number;
  readonly findings: readonly NodeFinding[];
  /** The Node, where it is known. */
  readonly owner?: OwnerReference;
}

type Writable = Pick<ObjectStore, 'get' | 'apply'>;

export class NodeWriter {
  readonly #store: Writable;
  readonly #node: string;
  readonly #news = new TokenBucket(NEWS_BURST, NEWS_PER_SECOND, Date.now());
  #written = { facts: '', news: '', counts: '', at: 0 };
  #newest: NodeSnapshot | undefined;
  #writing: Promise<void> | undefined;

  constructor(store: Writable, node: string) {
    this.#store = store;
    this.#node = node;
  }

  /** Whether a change may be written at once. `now` in ms since the epoch. */
  rested(now: number): boolean {
    return this.#writing === undefined && now - this.#written.at >= REST_MS;
  }

  /** Resolves when this state, or a newer one, is written: one write at a time, so that none overtakes another. */
  write(snapshot: NodeSnapshot): Promise<void> {
    this.#newest = snapshot;
    this.#writing ??= this.#writeNewest();
    return this.#writing;
  }

  async #writeNewest(): Promise<void> {
    try {
      while (this.#newest !== undefined) {
        const snapshot = this.#newest;
        this.#newest = undefined;
        await this.#write(snapshot);
      }
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(snapshot: NodeSnapshot): Promise<void> {
    const { totals, running, unwritten, findings, owner } = snapshot;
    const profiles = snapshot.profiles ?? (await this.#stored())?.status?.profiles ?? [];
    const facts = JSON.stringify([
      profiles.map(factsOf),
      totals.containers,
      totals.lost > 0,
      running,
      unwritten,
      findings,
      owner,
    ]);
    const news = JSON.stringify(profiles.map(newsOf));
    const counts = JSON.stringify([
      totals,
      profiles.map(({ denied, audited }) => [denied, audited]),
    ]);
    const now = Date.now();
    const last = this.#written;
    const isDue = counts !== last.counts && now - last.at >= TOTALS_MS;
    const isNews = news !== last.news && this.#news.take(now);
    if (facts === last.facts && !isDue && !isNews) return;
    const previous = await this.#stored();
    const known = { abilities: machineAbilities(), ...snapshot, profiles };
    await this.#store.apply(nodeObject(this.#node, known, previous, now));
    this.#written = { facts, news, counts, at: now };
  }

  async #stored(): Promise<NodeEnforcement | undefined> {
    const stored = await this.#store.get({ kind: 'NodeEnforcement', name: this.#node });
    return stored?.kind === 'NodeEnforcement' ? stored : undefined;
  }
}
