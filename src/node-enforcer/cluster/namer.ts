/**
 * From a cgroup to a container with profiles: its bundle says who it is, the API server what labels its pod has.
 * What cannot be named is tried again; one of a namespace on Hold is kept from running meanwhile.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PinfoldError, reasonOf } from '../../errors.js';
import { delayAfter } from '../../kube/backoff.js';
import type { PlacedContainer } from '../agent/containers.js';
import type { BundleFacts, PodIdentity } from '../containers/bundle.js';
import { findBundle } from '../containers/bundle-files.js';
import { waitsForStart } from '../containers/start-gate.js';
import type { Finds } from './finds.js';
import type { Holding } from './holding.js';
import type { PodBook, PodDetails } from './pod-book.js';

/** A cgroup that was met. */
export interface Met {
  readonly directory: string;
  /** It was not there when the search began. */
  readonly isNew: boolean;
  /** Aborted when it is gone, or looked for no more. */
  readonly signal: AbortSignal;
  podUid?: string;
  /** Absent: the pod's own process, or not known yet. */
  facts?: BundleFacts;
  /** A container whose profiles are known; null: they were before. */
  placed?: PlacedContainer | null;
  /** Why it has no name. */
  failure?: PinfoldError;
  failures: number;
}

export interface NamerOptions {
  /** Where cgroup v2 is mounted. */
  readonly cgroupRoot: string;
  /** Where the node's root is seen from here. */
  readonly nodeRoot: string;
  readonly pods: PodBook;
  readonly holding: Holding;
  /** Namespaces whose containers do not start unjudged. */
  readonly hold: readonly string[];
  readonly finds: Finds;
}

/** Between attempts to name one, ms: soon at first, because it runs unjudged. */
const RETRY = { firstMs: 500, longestMs: 30_000 };

const errorFrom = (thrown: unknown): PinfoldError =>
  thrown instanceof PinfoldError
    ? thrown
    : new PinfoldError('Internal', { problem: reasonOf(thrown) }, { cause: thrown });

export class Namer {
  readonly #options: NamerOptions;
  readonly #settled: () => void;

  /** `settled`: hears that something was named, or failed to be, some time after `name`. */
  constructor(options: NamerOptions, settled: () => void) {
    this.#options = options;
    this.#settled = settled;
  }

  /** Finds out who it is; what takes no waiting is done when this returns. */
  name(met: Met): void {
    const { cgroupRoot, nodeRoot } = this.#options;
    try {
      const subject = findBundle(met.directory, { cgroupRoot, nodeRoot });
      if (subject === undefined) return;
      if (subject.kind === 'Sandbox') this.#expect(met, subject.pod);
      else this.#meet(met, subject.facts);
    } catch (thrown) {
      this.#fail(met, thrown);
    }
  }

  /** Its containers come soon. Where this fails they ask again, and tell. */
  #expect(met: Met, pod: PodIdentity): void {
    const { pods } = this.#options;
    met.podUid = pod.podUid;
    if (pods.known(pod.podUid) === undefined) pods.learn(pod, met.signal).catch(() => undefined);
  }

  #meet(met: Met, facts: BundleFacts): void {
    const { pods, finds } = this.#options;
    met.podUid = facts.podUid;
    met.facts = facts;
    // One that was found before the profiles were known is known too, and still to be judged.
    if (met.failures === 0 && finds.isKnown(this.#cgroupOf(met), facts.containerId)) {
      met.placed = null;
      return;
    }
    const details = pods.known(facts.podUid);
    if (details === undefined || !finds.isReady()) this.#holdBack(met, facts);
    if (details === undefined) void this.#learn(met, facts);
    else this.#place(met, facts, details);
  }

  async #learn(met: Met, facts: BundleFacts): Promise<void> {
    try {
      const details = await this.#options.pods.learn(facts, met.signal);
      if (!met.signal.aborted) this.#place(met, facts, details);
    } catch (thrown) {
      if (!met.signal.aborted) this.#fail(met, thrown);
    }
    if (!met.signal.aborted) this.#settled();
  }

  #place(met: Met, facts: BundleFacts, details: PodDetails): void {
    const { nodeRoot, finds, holding } = this.#options;
    const { directory } = met;
    const placed: PlacedContainer = {
      facts: { ...facts, ...details },
      cgroup: this.#cgroupOf(met),
      isStarting: () => waitsForStart(nodeRoot, facts.containerId, directory),
    };
    finds.found(placed, met.isNew);
    met.placed = placed;
    delete met.failure;
    holding.release(directory);
  }

  /** What ran before it was met goes on: a restart of ours is no outage. */
  #holdBack(met: Met, facts: BundleFacts): void {
    const { hold, holding, finds } = this.#options;
    if (!met.isNew || met.failures > 0 || !hold.includes(facts.namespace)) return;
    holding.hold(met.directory, () => {
      const { namespace, pod, container } = facts;
      const problem = met.failure?.message ?? 'the API server has not answered';
      const fields = { namespace, pod, container, seconds: holding.seconds, problem };
      finds.gap(new PinfoldError('HeldTooLong', fields), facts);
    });
  }

  /** It is tried again as long as it is there; a form of cgroup that is not known does not become known. */
  #fail(met: Met, thrown: unknown): void {
    if (!existsSync(met.directory)) return;
    const error = errorFrom(thrown);
    const isFirst = met.failure === undefined;
    met.failure = error;
    met.failures += 1;
    if (isFirst && !this.#options.holding.has(met.directory))
      this.#options.finds.gap(error, met.facts);
    if (error.code === 'RuntimeUnknown') return;
    const timer = setTimeout(
      () => {
        this.name(met);
        this.#settled();
      },
      delayAfter(met.failures, RETRY, Math.random()),
    );
    met.signal.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  }

  #cgroupOf({ directory }: Met): string {
    return join('/', relative(this.#options.cgroupRoot, directory));
  }
}
