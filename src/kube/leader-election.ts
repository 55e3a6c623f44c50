/** Leads while it holds a Lease. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PinfoldError, reasonOf } from '../errors.js';
import type { CallOptions, KubeClient } from './client.js';
import { microTime } from './event-object.js';
import { fieldsOf } from './kube-object.js';
import type { KubeObject } from './kube-object.js';
import { LEASE_TIMING, stepLease } from './lease.js';
import type { Lease, LeaseEvent, LeaseState, LeaseTiming } from './lease.js';
import { apiVersionOf, LEASES } from './resource.js';
import { hasCode } from './status-error.js';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Of this process alone, such as the pod's name with its uid. */
  readonly identity: string;
  readonly timing?: LeaseTiming;
  /** Hears of every read or write that failed; they are tried again. */
  readonly onProblem?: (problem: PinfoldError) => void;
}

const leaseFrom = ({ metadata, spec }: KubeObject): Lease => {
  const { holderIdentity, leaseTransitions } = fieldsOf(spec);
  return {
    resourceVersion: metadata.resourceVersion,
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
  };
};

const asProblem = (error: unknown): PinfoldError =>
  error instanceof PinfoldError
    ? error
    : new PinfoldError('Internal', { problem: reasonOf(error) }, { cause: error });

export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;

  constructor(options: LeaderElectionOptions) {
    this.#options = { timing: LEASE_TIMING, onProblem: () => undefined, ...options };
  }

  /**
   * Waits until it leads, then runs `lead`, whose signal aborts when the lease is lost. Resolves with
   * `Lost`, or with `Ended` when the signal aborted or `lead` ended; then the lease is given back, after
   * `lead` is done. Rejects with what `lead` throws.
   */
  async run(
    signal: AbortSignal,
    lead: (signal: AbortSignal) => Promise<void>,
  ): Promise<'Ended' | 'Lost'> {
    const won = await this.#win(signal);
    if (won === undefined) return 'Ended';
    const leading = new AbortController();
    const abort = (): void => {
      leading.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (isAborted(signal)) abort();
    const work = lead(leading.signal).finally(abort);
    const [held, worked] = await Promise.allSettled([this.#hold(won, leading), work]);
    signal.removeEventListener('abort', abort);
    if (held.status === 'rejected') throw held.reason;
    const last = held.value;
    if (last.kind === 'Leading') await this.#release(last.lease);
    if (worked.status === 'rejected') throw worked.reason;
    return last.kind === 'Leading' ? 'Ended' : 'Lost';
  }

  /** Undefined: the signal aborted before. */
  async #win(signal: AbortSignal): Promise<LeaseState | undefined> {
    let state: LeaseState = { kind: 'Following' };
    for (;;) {
      if (isAborted(signal)) return undefined;
      const event: LeaseEvent = await this.#perform(
        state.kind === 'Claiming'
          ? () => this.#write(state, { signal })
          : () => this.#read({ signal }),
        signal,
      );
      state = this.#step(state, event);
      if (state.kind === 'Leading') return state;
      if (state.kind !== 'Claiming') await this.#pause(signal);
    }
  }

  /** Renews until the lease is lost, or `leading` aborts for another reason. */
  async #hold(won: LeaseState, leading: AbortController): Promise<LeaseState> {
    const { retryMs, deadlineMs } = this.#options.timing;
    let state = won;
    while (state.kind === 'Leading' && !isAborted(leading.signal)) {
      await this.#pause(leading.signal);
      if (isAborted(leading.signal)) break;
      // A request that hangs must not let the deadline pass unnoticed.
      const left = Math.max(0, state.renewedAt + deadlineMs - performance.now());
      const limit = { timeoutMs: Math.ceil(Math.min(left, retryMs * 2)) };
      const held: LeaseState = state;
      let event = await this.#perform(() => this.#write(held, limit));
      if (event.kind === 'Conflicted') event = await this.#perform(() => this.#read(limit));
      state = this.#step(state, event);
    }
    leading.abort();
    return state;
  }

  #step(state: LeaseState, event: LeaseEvent): LeaseState {
    const { timing, identity } = this.#options;
    return stepLease(state, event, { ...timing, identity, now: performance.now() });
  }

  async #pause(signal: AbortSignal): Promise<void> {
    // An abort ends the pause, which is all that is asked of it here.
    await sleep(this.#options.timing.retryMs, undefined, { signal }).catch(() => undefined);
  }

  /** What came of a request, as an event. */
  async #perform(request: () => Promise<LeaseEvent>, signal?: AbortSignal): Promise<LeaseEvent> {
    try {
      return await request();
    } catch (error) {
      if (hasCode(error, 'KubeConflict')) return { kind: 'Conflicted' };
      if (signal?.aborted !== true) this.#options.onProblem(asProblem(error));
      return { kind: 'Failed' };
    }
  }

  async #read(options: CallOptions): Promise<LeaseEvent> {
    const { client, namespace, name } = this.#options;
    try {
      const object = await client.get(LEASES, { namespace, name }, { ...options, tries: 1 });
      return { kind: 'Read', lease: leaseFrom(object) };
    } catch (error) {
      if (hasCode(error, 'KubeNotFound')) return { kind: 'Read' };
      throw error;
    }
  }

  /** Makes, takes or renews the lease. Throws KubeConflict where somebody else was quicker. */
  async #write(state: LeaseState, options: CallOptions): Promise<LeaseEvent> {
    const { client, namespace, name, identity } = this.#options;
    const askedAt = performance.now();
    const before = 'lease' in state ? state.lease : undefined;
    const taken = state.kind === 'Claiming' && before?.holder !== identity;
    const now = microTime(Date.now());
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#options.timing.durationMs / 1000),
      renewTime: now,
      leaseTransitions: (before?.transitions ?? 0) + (taken && before !== undefined ? 1 : 0),
      ...(taken ? { acquireTime: now } : {}),
    };
    const object =
      before === undefined
        ? await client.create(LEASES, namespace, manifest(namespace, name, spec), options)
        : await client.merge(
            LEASES,
            { namespace, name },
            { metadata: { resourceVersion: before.resourceVersion }, spec },
            { ...options, tries: 1 },
          );
    return { kind: 'Written', lease: leaseFrom(object), askedAt };
  }

  /** So that another one need not wait. Its failure costs only that wait. */
  async #release({ resourceVersion }: Lease): Promise<void> {
    const { client, namespace, name, onProblem } = this.#options;
    const patch = { metadata: { resourceVersion }, spec: { holderIdentity: '' } };
    try {
      await client.merge(LEASES, { namespace, name }, patch, { tries: 1 });
    } catch (error) {
      onProblem(asProblem(error));
    }
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

const manifest = (namespace: string, name: string, spec: object): object => ({
  apiVersion: apiVersionOf(LEASES),
  kind: LEASES.kind,
  metadata: { namespace, name },
  spec,
});
