/** The recording of one profile on this machine, over all cgroups that it names. */
import type { AnyProfile, RecordedBehavior } from '../../api/objects.js';
import { API_VERSION } from '../../api/objects.js';
import type { EngineCounters } from '../../bpf/counters.js';
import type { KernelEvent } from '../../bpf/events.js';
import type { SeenEntry } from '../../bpf/seen.js';
import { createBehaviour, itemCount, sawNote } from '../../recorder/saw.js';
import { Recording } from '../recording.js';
import type { Resolver } from '../resolver.js';
import { namespaceOf } from './own-namespace.js';
import { recordedSpec } from './recorded-spec.js';

const LONGEST = 253;

/** Names of objects hold less than names of hosts. */
const objectName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, LONGEST);

/** By which a node finds its own recordings. */
export const NODE_LABEL = 'pinfold.dev/node';

/** Values of labels hold less than names of nodes: equal for few, and `spec.node` has the whole name. */
export const labelOf = (node: string): string =>
  objectName(node)
    .slice(0, 63)
    .replace(/[^a-z0-9]+$/, '');

/** What the engine lost since `before`: it may have been ours. */
const lossesSince = (now: EngineCounters, before: EngineCounters): EngineCounters => {
  const earlier: Readonly<Record<string, bigint>> = before.lost;
  const lost = Object.fromEntries(
    Object.entries(now.lost).map(([name, count]) => [name, count - (earlier[name] ?? 0n)]),
  ) as EngineCounters['lost'];
  const misses = Object.fromEntries(
    Object.entries(now.misses)
      .map(([name, count]) => [name, count - (before.misses[name] ?? 0n)] as const)
      .filter(([, count]) => count > 0n),
  );
  return { ...now, lost, misses, noStorage: now.noStorage - before.noStorage };
};

/** A recording as it is to be stored. */
export interface Draft {
  readonly recording: ProfileRecording;
  readonly mark: string;
  readonly object: RecordedBehavior;
}

export class ProfileRecording {
  readonly #profile: AnyProfile;
  readonly #recording: Recording;
  readonly #node: string;
  readonly #startedAt: number;
  readonly #slots = new Set<number>();
  readonly #joinedRunning = new Set<number>();
  #counters: EngineCounters;
  #containers = 0;
  #cleanStop = false;
  #saved: string | undefined;

  /** `counters`: of the engine now; `startedAt` in ms since the epoch. */
  constructor(
    profile: AnyProfile,
    node: string,
    resolve: Resolver,
    counters: EngineCounters,
    startedAt: number,
  ) {
    this.#profile = profile;
    this.#node = node;
    // Into what ran already others enter too, by `kubectl exec` above all: that is no start.
    this.#recording = new Recording(
      createBehaviour(),
      resolve,
      (slot) => !this.#joinedRunning.has(slot),
    );
    this.#counters = counters;
    this.#startedAt = startedAt;
  }

  /** A workload comes under the recording. `running`: it ran before, so its start was not seen. */
  join(slot: number, running: boolean): void {
    if (this.#slots.has(slot)) return;
    this.#slots.add(slot);
    this.#containers += 1;
    if (running) this.#joinedRunning.add(slot);
    else this.#joinedRunning.delete(slot);
    if (running)
      sawNote(this.#recording.behaviour, 'StartNotSeen', 'a workload ran before it was recorded');
  }

  /** The workload's cgroup was removed: it was recorded to its end. */
  ended(slot: number): void {
    if (this.#slots.delete(slot)) this.#cleanStop = true;
  }

  take(event: KernelEvent): void {
    // What was refused is not a need.
    if (this.#slots.has(event.header.slot) && event.header.error === 0) this.#recording.take(event);
  }

  count(entries: readonly SeenEntry[], counters: EngineCounters): void {
    this.#recording.count(entries.filter(({ slot }) => this.#slots.has(slot)));
    this.#recording.losses(lossesSince(counters, this.#counters));
    this.#counters = counters;
  }

  /** Syscalls that the slot made, from the kernel's bitmap. `at` in ms. */
  syscalls(numbers: readonly (readonly number[])[], at: number): void {
    this.#recording.syscalls(numbers, at);
  }

  get slots(): ReadonlySet<number> {
    return this.#slots;
  }

  /**
   * What is to be written, or undefined where nothing is new since `saved`. `now` in ms; `finished`:
   * nothing will be added.
   */
  draft(now: number, finished = false): Draft | undefined {
    const { behaviour, events } = this.#recording;
    const mark = `${itemCount(behaviour)} ${events} ${this.#containers} ${String(this.#cleanStop)} ${String(finished)}`;
    if (mark === this.#saved || itemCount(behaviour) === 0) return undefined;
    return { recording: this, mark, object: this.#object(now, finished) };
  }

  /** The draft with that mark is stored. */
  saved(mark: string): void {
    this.#saved = mark;
  }

  #object(now: number, finished: boolean): RecordedBehavior {
    const { behaviour } = this.#recording;
    const { apiVersion, kind, metadata } = this.#profile;
    const started = Math.floor(this.#startedAt / 1000).toString(36);
    const { uid } = metadata;
    return {
      apiVersion: API_VERSION,
      kind: 'RecordedBehavior',
      metadata: {
        name: objectName(`${metadata.name}-${this.#node}-${started}`),
        namespace: namespaceOf(this.#profile),
        labels: { [NODE_LABEL]: labelOf(this.#node) },
        ...(uid === undefined
          ? {}
          : { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid }] }),
      },
      spec: recordedSpec(behaviour, {
        node: this.#node,
        profile: { kind, name: metadata.name, ...(uid === undefined ? {} : { uid }) },
        startedAt: this.#startedAt,
        updatedAt: now,
        containers: this.#containers,
        cleanStop: this.#cleanStop,
        finished,
      }),
    };
  }
}
