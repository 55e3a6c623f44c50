/**
 * Where objects live: what operator and enforcer are written against. Implementations: a directory
 * (src/store/directory) and the Kubernetes API (src/kube). Nothing above knows which one it has.
 */
import type { Kind, ObjectOf, PinfoldObject } from '../api/objects.js';

export interface ObjectKey {
  readonly kind: Kind;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
}

/** A pod: no object of ours, but events are about it too. */
export interface PodReference {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What an event can be about. */
export type Regarding = ObjectKey | PodReference;

export type StoreEvent =
  | { readonly kind: 'Applied'; readonly object: PinfoldObject }
  | { readonly kind: 'Deleted'; readonly key: ObjectKey }
  /** An input that cannot be used; the last good version (if any) stays in force. */
  | {
      readonly kind: 'Rejected';
      readonly source: string;
      readonly key?: ObjectKey;
      readonly problem: string;
      readonly code: string;
    };

/** A Kubernetes Event in the terms both stores need. `note` is constant per (regarding, reason, key). */
export interface ObjectEvent {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** ms since the epoch. */
  readonly at: number;
  /** How many occurrences this stands for; absent means 1. */
  readonly count?: number;
}

/** An event with its series, as the store keeps it. */
export interface StoredEvent extends ObjectEvent {
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export interface ObjectStore {
  /** Objects of a kind with their status, by namespace and name. */
  list<K extends Kind>(kind: K): Promise<readonly ObjectOf<K>[]>;
  get(key: ObjectKey): Promise<PinfoldObject | undefined>;
  /** First an `Applied` for every object present, then changes, until the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<StoreEvent>;
  /** Replaces the status of an object; nothing is written when nothing changed. */
  applyStatus(key: ObjectKey, status: Readonly<Record<string, unknown>>): Promise<void>;
  /** Creates or replaces an object that this program owns (ProfileRevision, NodeEnforcement, …). */
  apply(object: PinfoldObject): Promise<void>;
  delete(key: ObjectKey): Promise<void>;
  /** Resolves when the event is taken; a store may write it later, and counts of known ones in batches. */
  recordEvent(event: ObjectEvent): Promise<void>;
  events(regarding?: Regarding): Promise<readonly StoredEvent[]>;
}
