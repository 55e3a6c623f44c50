/** All recordings of this machine: which profile learns from which slots. */
import type { AnyProfile } from '../../api/objects.js';
import type { EngineCounters } from '../../bpf/counters.js';
import type { KernelEvent } from '../../bpf/events.js';
import type { SeenEntry } from '../../bpf/seen.js';
import type { ObjectStore } from '../../store/store.js';
import type { Resolver } from '../resolver.js';
import { ProfileRecording } from './profile-recording.js';
import type { Draft } from './profile-recording.js';

/** What the recordings need of the engine. */
export interface RecordingSource {
  counters(): EngineCounters;
  /** Numbers of the syscalls that a slot made, per ABI. */
  syscalls(slot: number): readonly (readonly number[])[];
}

export class Recordings {
  readonly #source: RecordingSource;
  readonly #store: Pick<ObjectStore, 'apply'>;
  readonly #resolve: Resolver;
  readonly #node: string;
  readonly #active = new Map<string, ProfileRecording>();

  constructor(
    source: RecordingSource,
    store: Pick<ObjectStore, 'apply'>,
    resolve: Resolver,
    node: string,
  ) {
    this.#source = source;
    this.#store = store;
    this.#resolve = resolve;
    this.#node = node;
  }

  ids(): readonly string[] {
    return [...this.#active.keys()];
  }

  /** The slot is recorded for the profile from now on. `running`: something runs there already. */
  join(profile: AnyProfile, id: string, slot: number, running: boolean, now: number): void {
    const known = this.#active.get(id);
    const recording =
      known ??
      new ProfileRecording(profile, this.#node, this.#resolve, this.#source.counters(), now);
    this.#active.set(id, recording);
    recording.join(slot, running);
  }

  take(event: KernelEvent): void {
    for (const recording of this.#active.values()) recording.take(event);
  }

  /** Brings counts and syscalls up to what the kernel knows. `now` in ms. */
  catchUp(entries: readonly SeenEntry[], now: number): void {
    if (this.#active.size === 0) return;
    const counters = this.#source.counters();
    for (const recording of this.#active.values()) {
      recording.count(entries, counters);
      for (const slot of recording.slots) recording.syscalls(this.#source.syscalls(slot), now);
    }
  }

  /** The slot's cgroup was removed. */
  ended(slot: number): void {
    for (const recording of this.#active.values()) recording.ended(slot);
  }

  /** What has something new in it. */
  drafts(now: number): readonly Draft[] {
    return [...this.#active.values()].flatMap((recording) => recording.draft(now) ?? []);
  }

  /** The last drafts of these recordings: nothing will be added. */
  finals(now: number, ids: readonly string[] = this.ids()): readonly Draft[] {
    return ids.flatMap((id) => this.#active.get(id)?.draft(now, true) ?? []);
  }

  /** Stores drafts; one that cannot be stored is drafted again next time. */
  async save(drafts: readonly Draft[]): Promise<void> {
    for (const { recording, mark, object } of drafts) {
      await this.#store.apply(object);
      recording.saved(mark);
    }
  }

  forget(id: string): void {
    this.#active.delete(id);
  }
}
