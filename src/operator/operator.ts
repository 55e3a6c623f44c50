/**
 * Follows the store and keeps the status of every profile true: whether it is valid, what of it is
 * in force, what was learned. Knows neither which store it has nor how nodes enforce.
 */
import type { Logger } from 'pino';
import { isProfile } from '../api/objects.js';
import type { AnyProfile } from '../api/objects.js';
import { PinfoldError, reasonOf } from '../errors.js';
import { keyOf, keyText } from '../store/object-key.js';
import type { ObjectKey, ObjectStore, StoreEvent } from '../store/store.js';
import { acceptanceOf } from './acceptance.js';
import type { Acceptance } from './acceptance.js';
import { namespaceOf } from './own-namespace.js';
import { profileStatus } from './profile-status.js';
import { reviseRecordings } from './recordings.js';
import type { Outcome } from '../kube/reconcile.js';
import type { NodeReports } from './report.js';
import { resolverOf } from './resolver.js';
import { REVISION_PENDING, transitionEvents } from './transitions.js';
import { WorkQueue } from '../kube/work-queue.js';

export interface OperatorOptions {
  readonly store: ObjectStore;
  readonly reports: NodeReports;
  readonly log: Logger;
  /** What events about no object in particular regard. */
  readonly self: ObjectKey;
  /** Hears of profiles whose `baseRevision: Latest` stands for another revision than before. */
  readonly onLatest?: (profile: ObjectKey) => void;
  /** ms since the epoch. */
  readonly now?: () => number;
}

type Rejection = Extract<StoreEvent, { readonly kind: 'Rejected' }>;

/** Profiles are few and their status is cheap; two keep one slow disk write from holding up the rest. */
const WORKERS = 2;

export class Operator {
  readonly #options: Required<OperatorOptions>;
  readonly #queue: WorkQueue;
  readonly #stop = new AbortController();
  readonly #profiles = new Map<string, ObjectKey>();
  /** Inputs that cannot be used, by the object that stays in force instead. */
  readonly #rejections = new Map<string, Rejection>();
  #closing = false;
  #watching: Promise<void> | undefined;

  constructor(options: OperatorOptions) {
    this.#options = { now: Date.now, onLatest: () => undefined, ...options };
    this.#queue = new WorkQueue({
      workers: WORKERS,
      work: (key) => this.#reconcile(key),
      onFailure: (key, error, retryMs) => {
        this.#options.log.error(
          { object: key, code: codeOf(error), problem: reasonOf(error), retryMs },
          'reconciling failed',
        );
      },
    });
  }

  /** Begins to follow the store. */
  start(): void {
    this.#watching = this.#watch();
  }

  /** A node's report of that profile is another one. */
  reported(profile: ObjectKey): void {
    const key = keyText(profile);
    if (this.#profiles.has(key)) this.#queue.add(key);
  }

  /** Resolves when every profile's status says what was known at the call. */
  async settle(): Promise<void> {
    for (const key of this.#profiles.keys()) this.#queue.add(key);
    await this.#queue.idle();
  }

  /** Concludes recordings, brings every status up to date and ends. */
  async stop(): Promise<void> {
    this.#closing = true;
    await this.settle();
    await this.abandon();
  }

  /** Ends at once and concludes nothing: another one has taken over. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await this.#queue.close();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    for await (const event of this.#options.store.watch(this.#stop.signal)) await this.#take(event);
  }

  async #take(event: StoreEvent): Promise<void> {
    switch (event.kind) {
      case 'Applied':
        if (isProfile(event.object)) {
          const key = keyOf(event.object);
          this.#profiles.set(keyText(key), key);
          this.#rejections.delete(keyText(key));
          this.#all();
        } else if (event.object.kind === 'ProfileRevision') this.#all();
        else if (event.object.kind === 'RecordedBehavior')
          this.#ownerOf(event.object.metadata.namespace, event.object.spec.profile);
        else
          for (const key of this.#options.reports.applied?.(event.object) ?? []) this.reported(key);
        return;
      case 'Deleted':
        this.#profiles.delete(keyText(event.key));
        this.#rejections.delete(keyText(event.key));
        if (event.key.kind === 'NodeEnforcement')
          for (const key of this.#options.reports.deleted?.(event.key.name) ?? [])
            this.reported(key);
        else if (event.key.kind !== 'RecordedBehavior') this.#all();
        return;
      case 'Rejected':
        await this.#rejected(event);
    }
  }

  /** What one profile is can depend on any other through `extends`. */
  #all(): void {
    for (const key of this.#profiles.keys()) this.#queue.add(key);
  }

  #ownerOf(
    namespace: string | undefined,
    { kind, name }: { readonly kind: AnyProfile['kind']; readonly name: string },
  ): void {
    const key: ObjectKey =
      kind === 'SecurityProfile' && namespace !== undefined
        ? { kind, namespace, name }
        : { kind, name };
    this.reported(key);
  }

  async #rejected(rejection: Rejection): Promise<void> {
    const { source, key, code, problem } = rejection;
    this.#options.log.warn({ file: source, code, problem }, 'manifest rejected');
    await this.#event(key ?? this.#options.self, {
      type: 'Warning',
      reason: 'ManifestRejected',
      note: `${code}: ${problem}`.slice(0, 1000),
    });
    // The other definition of a duplicate is as good as before.
    if (key === undefined || code === 'ObjectDuplicate') return;
    this.#rejections.set(keyText(key), rejection);
    this.#queue.add(keyText(key));
  }

  #event(
    regarding: ObjectKey,
    event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly note: string },
  ): Promise<void> {
    const at = this.#options.now();
    return this.#options.store.recordEvent({ regarding, action: 'Reconcile', at, ...event });
  }

  async #acceptance(profile: AnyProfile): Promise<Acceptance> {
    const rejection = this.#rejections.get(keyText(keyOf(profile)));
    if (rejection !== undefined)
      return { kind: 'Rejected', code: rejection.code, problem: rejection.problem };
    const { store } = this.#options;
    const [profiles, clusterProfiles, revisions] = await Promise.all([
      store.list('SecurityProfile'),
      store.list('ClusterSecurityProfile'),
      store.list('ProfileRevision'),
    ]);
    return acceptanceOf(profile, resolverOf({ profiles, clusterProfiles, revisions }));
  }

  async #reconcile(text: string): Promise<Outcome> {
    const key = this.#profiles.get(text);
    const profile = key && (await this.#options.store.get(key));
    if (key === undefined || profile === undefined || !isProfile(profile)) return undefined;
    const { store, reports, now, log } = this.#options;
    const reported = reports.of(key);
    const revised = await reviseRecordings(store, profile, reports, this.#closing, now());
    const { latest, created, learning } = revised;
    const acceptance = unlessLearning(
      await this.#acceptance(withLatest(profile, latest?.metadata.name)),
      learning !== undefined,
    );
    const { nodes } = reports;
    const status = profileStatus(
      {
        profile,
        acceptance,
        reports: reported,
        ...(latest === undefined ? {} : { latest }),
        ...(learning === undefined ? {} : { learning }),
        ...(nodes === undefined ? {} : { nodes }),
      },
      now(),
    );
    await store.applyStatus(key, { ...status });
    if (latest?.metadata.name !== profile.status?.latestRevision) this.#options.onLatest(key);
    if (created && latest !== undefined) {
      const { name, namespace } = latest.metadata;
      log.info({ profile: text, namespace, name }, 'revision created');
      const note = `ProfileRevision ${namespaceOf(profile)}/${name} was made from recordings`;
      await this.#event(key, { type: 'Normal', reason: 'RevisionCreated', note });
    }
    const before = profile.status?.conditions ?? [];
    for (const event of transitionEvents(key, before, status.conditions ?? [], now()))
      await store.recordEvent(event);
    return undefined;
  }
}

/** A revision that is still being made is not missing. */
const unlessLearning = (acceptance: Acceptance, isLearning: boolean): Acceptance =>
  isLearning && acceptance.kind === 'Rejected' && acceptance.code === 'RevisionMissing'
    ? {
        kind: 'Rejected',
        code: REVISION_PENDING,
        problem: 'its revision is made when every node has finished the recording',
      }
    : acceptance;

const withLatest = (profile: AnyProfile, latestRevision: string | undefined): AnyProfile =>
  latestRevision === undefined
    ? profile
    : { ...profile, status: { ...profile.status, latestRevision } };

const codeOf = (error: unknown): string | undefined =>
  error instanceof PinfoldError ? error.code : undefined;
