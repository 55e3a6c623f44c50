/**
 * The object store over the Kubernetes API. Kinds that are watched are answered from memory as soon as
 * they were listed once, and our own writes are in that memory when they return; all else is asked of
 * the server each time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from '../api/objects.js';
import type { Kind, ObjectOf, PinfoldObject } from '../api/objects.js';
import type { PinfoldError } from '../errors.js';
import { Hub } from '../store/hub.js';
import { keyOf, keyText } from '../store/object-key.js';
import type {
  ObjectEvent,
  ObjectKey,
  ObjectStore,
  Regarding,
  StoredEvent,
  StoreEvent,
} from '../store/store.js';
import { applied, appliedStatus, isNews, isStatusNews } from './applied.js';
import type { Status } from './applied.js';
import type { KubeClient } from './client.js';
import { decode, keyOfObject } from './decode.js';
import { eventNamespace, storedEvent } from './event-object.js';
import type { Reporter } from './event-object.js';
import { EventRecorder } from './event-recorder.js';
import { nameText } from './kube-object.js';
import type { KubeObject } from './kube-object.js';
import { EVENTS, resourceOfKind } from './resource.js';
import type { Place } from './resource.js';
import { hasCode } from './status-error.js';
import { WatchedKind } from './watched-kind.js';
import type { Watched } from './watched-kind.js';

export interface KubeStoreOptions {
  readonly client: KubeClient;
  /** Owner of the fields that we apply: `pinfold-operator`, `pinfold-node`, … */
  readonly fieldManager: string;
  readonly reporter: Reporter;
  /** What is kept in memory and told by `watch`; default: every kind, whole. */
  readonly watched?: readonly Watched[];
  /** Trouble that no caller can be told of. `retryMs`: when it is tried again by itself. */
  readonly onProblem?: (problem: PinfoldError, retryMs?: number) => void;
}

/** ms that events may take to be written when the store is closed. */
const LAST_WRITES_MS = 5000;

const placeOf = ({ namespace, name }: ObjectKey): Place => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

const byKey = (a: PinfoldObject, b: PinfoldObject): number =>
  keyText(keyOf(a)) < keyText(keyOf(b)) ? -1 : 1;

export class KubeStore implements ObjectStore {
  readonly #client: KubeClient;
  readonly #fieldManager: string;
  readonly #onProblem: (problem: PinfoldError, retryMs?: number) => void;
  readonly #watched: ReadonlyMap<Kind, WatchedKind>;
  readonly #recorder: EventRecorder;
  readonly #hub = new Hub();
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor({ client, fieldManager, reporter, watched, onProblem }: KubeStoreOptions) {
    this.#client = client;
    this.#fieldManager = fieldManager;
    this.#onProblem = onProblem ?? (() => undefined);
    const all = watched ?? KINDS.map((kind) => ({ kind }));
    this.#watched = new Map(
      all.map((one) => [
        one.kind,
        new WatchedKind(client, one, {
          onEvent: (event) => {
            this.#hub.publish(event);
          },
          onProblem: this.#onProblem,
        }),
      ]),
    );
    this.#recorder = new EventRecorder({
      client,
      reporter,
      uidOf: async (key) => (await this.#current(key))?.metadata.uid,
      onProblem: this.#onProblem,
    });
  }

  /** Begins to list and watch. */
  start(): void {
    this.#running = Promise.all(
      [...this.#watched.values()].map((kind) => kind.informer.run(this.#stop.signal)),
    );
  }

  /** Resolves when everything watched is in memory, or the store is closed. */
  async synced(signal: AbortSignal = this.#stop.signal): Promise<void> {
    const informers = [...this.#watched.values()].map(({ informer }) => informer.synced());
    await Promise.race([Promise.all(informers), aborted(signal), aborted(this.#stop.signal)]);
  }

  async list<K extends Kind>(kind: K): Promise<readonly ObjectOf<K>[]> {
    const watched = this.#watched.get(kind);
    const objects =
      watched?.informer.isSynced === true
        ? // Decoded as that kind.
          (watched.informer.list() as readonly ObjectOf<K>[])
        : await this.#listDirectly(kind, watched);
    return objects.toSorted(byKey);
  }

  async get(key: ObjectKey): Promise<PinfoldObject | undefined> {
    return this.#current(key);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<StoreEvent, void, undefined> {
    await this.synced(signal);
    if (signal.aborted || this.#stop.signal.aborted) return;
    const kinds = [...this.#watched.values()];
    const present = kinds.flatMap((kind) => kind.present());
    yield* this.#hub.subscribe(present, signal);
  }

  async applyStatus(key: ObjectKey, status: Status): Promise<void> {
    const current = await this.#current(key);
    if (current !== undefined) await this.#writeStatus(current, status);
  }

  async apply(object: PinfoldObject): Promise<void> {
    const key = keyOf(object);
    const known = await this.#current(key);
    const current =
      known !== undefined && !isNews(object, known)
        ? known
        : this.#wrote(
            key.kind,
            await this.#client.apply(resourceOfKind(key.kind), placeOf(key), applied(object), {
              fieldManager: this.#fieldManager,
            }),
          );
    const status = 'status' in object ? object.status : undefined;
    if (status !== undefined) await this.#writeStatus(current, { ...status });
  }

  async delete(key: ObjectKey): Promise<void> {
    const watched = this.#watched.get(key.kind);
    try {
      const { uid, remains } = await this.#client.delete(resourceOfKind(key.kind), placeOf(key));
      if (remains !== undefined) this.#wrote(key.kind, remains);
      else if (uid !== undefined) watched?.informer.deleted(nameText(key), uid);
    } catch (error) {
      if (!hasCode(error, 'KubeNotFound')) throw error;
    }
  }

  recordEvent(event: ObjectEvent): Promise<void> {
    this.#recorder.record(event);
    return Promise.resolve();
  }

  /** Resolves when every event taken so far is written, unless the server refuses it for now. */
  flushEvents(): Promise<void> {
    return this.#recorder.flush();
  }

  async events(regarding?: Regarding): Promise<readonly StoredEvent[]> {
    const selection =
      regarding === undefined
        ? {}
        : {
            namespace: eventNamespace(regarding),
            fieldSelector: `regarding.kind=${regarding.kind},regarding.name=${regarding.name}`,
          };
    const events = await this.#client.list(EVENTS, selection);
    return events
      .map(storedEvent)
      .filter((event) => event !== undefined)
      .toSorted((a, b) => a.lastSeen - b.lastSeen);
  }

  /** Writes the events that wait, ends every watch and keeps no connection. */
  async close(): Promise<void> {
    await Promise.race([this.#recorder.flush(), sleep(LAST_WRITES_MS, undefined, { ref: false })]);
    await this.#recorder.close();
    this.#stop.abort();
    this.#hub.close();
    await this.#running;
  }

  /** The newest version that is known here, or asked for. Throws ObjectInvalid for one that is unusable. */
  async #current(key: ObjectKey): Promise<PinfoldObject | undefined> {
    const watched = this.#watched.get(key.kind);
    if (watched?.holds(key) === true) return watched.informer.get(nameText(key));
    try {
      return decode(key.kind, await this.#client.get(resourceOfKind(key.kind), placeOf(key)));
    } catch (error) {
      if (hasCode(error, 'KubeNotFound')) return undefined;
      throw error;
    }
  }

  async #writeStatus(current: PinfoldObject, status: Status): Promise<void> {
    if (!isStatusNews(current, status)) return;
    const key = keyOf(current);
    try {
      const written = await this.#client.apply(
        resourceOfKind(key.kind),
        { ...placeOf(key), subresource: 'status' },
        appliedStatus(current, status),
        { fieldManager: this.#fieldManager },
      );
      this.#wrote(key.kind, written);
    } catch (error) {
      // Deleted meanwhile: nobody needs its status.
      if (!hasCode(error, 'KubeNotFound')) throw error;
    }
  }

  #wrote<K extends Kind>(kind: K, object: KubeObject): ObjectOf<K> {
    const watched = this.#watched.get(kind);
    if (watched?.tracks(keyOfObject(kind, object)) === true) watched.informer.wrote(object);
    return decode(kind, object);
  }

  async #listDirectly<K extends Kind>(
    kind: K,
    watched: WatchedKind | undefined,
  ): Promise<readonly ObjectOf<K>[]> {
    const found = await this.#client.list(resourceOfKind(kind), watched?.informer.selection ?? {});
    return found.flatMap((object) => {
      try {
        return [decode(kind, object)];
      } catch (error) {
        // One unusable object must not hide the others.
        if (!hasCode(error, 'ObjectInvalid')) throw error;
        this.#onProblem(error);
        return [];
      }
    });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
