/**
 * The object store over two directories: manifests, which belong to the user and are only read, and
 * state, which is ours. All changes go through one queue, so that memory, disk and watchers agree.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Kind, ObjectOf, PinfoldObject } from '../../api/objects.js';
import { PinfoldError, reasonOf } from '../../errors.js';
import { canonical } from '../canonical.js';
import { Hub } from '../hub.js';
import { keyOf, keyText } from '../object-key.js';
import type {
  ObjectEvent,
  ObjectKey,
  ObjectStore,
  Regarding,
  StoredEvent,
  StoreEvent,
} from '../store.js';
import { decide } from './decide.js';
import type { Decision, ManifestFile, Rejection } from './decide.js';
import { lockDirectory } from './lock.js';
import { DirectoryWatch, readManifests } from './manifests.js';
import { SerialQueue } from './serial-queue.js';
import { unexpired, withEvent } from './series.js';
import { stamped } from './stamp.js';
import { recoverState, removeEntry, saveEntry } from './state.js';
import type { State, Status } from './state.js';
import { allObjects, eventsOf, objectAt, objectsOfKind } from './view.js';

export interface DirectoryStoreOptions {
  readonly manifests: string;
  readonly state: string;
  /** Clock: ms since the epoch. */
  readonly now?: () => number;
  /** ms of quiet before changed manifests are read (50). */
  readonly settleMs?: number;
  /** ms between looks without a notification (10,000). */
  readonly rescanMs?: number;
  /** ms for which counts of known events may wait to be written (1,000). */
  readonly eventDelayMs?: number;
  /** ms that a series of events is kept after its last activity (24 h). */
  readonly eventTtlMs?: number;
  /** Trouble that no caller can be told of: damaged state files, manifests that cannot be persisted. */
  readonly onProblem?: (problem: PinfoldError) => void;
}

type Settings = Required<DirectoryStoreOptions>;

const defaults = {
  now: Date.now,
  settleMs: 50,
  rescanMs: 10_000,
  eventDelayMs: 1000,
  eventTtlMs: 24 * 3600 * 1000,
  onProblem: () => undefined,
} satisfies Partial<DirectoryStoreOptions>;

const textOfRejection = ({ source, key, code, problem }: Rejection): string =>
  [source, key ? keyText(key) : '', code, problem].join('\0');

export class DirectoryStore implements ObjectStore {
  readonly #settings: Settings;
  readonly #state: State;
  readonly #unlock: () => void;
  readonly #queue = new SerialQueue();
  readonly #hub = new Hub();
  readonly #watch: DirectoryWatch;
  /** Applied objects whose file does not hold them yet. */
  readonly #unsaved = new Map<string, ObjectKey>();
  /** Objects with events that are not on disk yet. */
  readonly #unsavedEvents = new Map<string, Regarding>();
  #files: ReadonlyMap<string, ManifestFile> = new Map();
  #rejections: readonly Rejection[] = [];
  #eventTimer: NodeJS.Timeout | undefined;
  #scanWaits = false;
  #closed = false;

  private constructor(settings: Settings, state: State, unlock: () => void) {
    this.#settings = settings;
    this.#state = state;
    this.#unlock = unlock;
    this.#watch = new DirectoryWatch(settings.manifests, settings, () => {
      this.#rescan();
    });
  }

  /**
   * Locks the state directory (made if need be), recovers what is in it and reads the manifests once.
   * Throws StateLocked, FileUnreadable (no manifests directory) or OutputFailed.
   */
  static async open(options: DirectoryStoreOptions): Promise<DirectoryStore> {
    const settings = { ...defaults, ...options, manifests: resolve(options.manifests) };
    const files = await readManifests(settings.manifests, new Map());
    await mkdir(settings.state, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
      const fields = { file: settings.state, problem: reasonOf(cause) };
      throw new PinfoldError('OutputFailed', fields, { cause });
    });
    const unlock = lockDirectory(settings.state);
    try {
      const state = await recoverState(settings.state, settings.onProblem);
      const store = new DirectoryStore(settings, state, unlock);
      await store.#queue.run(async () => {
        await store.#watch.renew();
        await store.#take(files, true);
        await store.#expireEvents();
      });
      return store;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  list<K extends Kind>(kind: K): Promise<readonly ObjectOf<K>[]> {
    return Promise.resolve(objectsOfKind(this.#state, kind));
  }

  get(key: ObjectKey): Promise<PinfoldObject | undefined> {
    return Promise.resolve(objectAt(this.#state, key));
  }

  events(regarding?: Regarding): Promise<readonly StoredEvent[]> {
    return Promise.resolve(eventsOf(this.#state, regarding));
  }

  /** Inputs that cannot be used now. */
  problems(): readonly Rejection[] {
    return this.#rejections;
  }

  watch(signal: AbortSignal): AsyncIterable<StoreEvent> {
    const present = allObjects(this.#state).map((object): StoreEvent => ({
      kind: 'Applied',
      object,
    }));
    return this.#hub.subscribe([...present, ...this.#rejections], signal);
  }

  /** Reads the manifests now; resolves when everything found is in force and announced. */
  rescan(): Promise<void> {
    return this.#queue.run(() => this.#scan());
  }

  applyStatus(key: ObjectKey, status: Status): Promise<void> {
    return this.#queue.run(() => this.#setStatus(key, status));
  }

  async #setStatus(key: ObjectKey, status: Status): Promise<void> {
    const text = keyText(key);
    if (!this.#state.applied.has(text) && !this.#state.objects.has(text)) return;
    const known = this.#state.status.get(text);
    if (known && canonical(known) === canonical(status)) return;
    await saveEntry(this.#settings.state, 'status', key, { status });
    this.#state.status.set(text, status);
  }

  apply(object: PinfoldObject): Promise<void> {
    return this.#queue.run(async () => {
      const key = keyOf(object);
      const text = keyText(key);
      this.#refuseManifest(key);
      const previous = this.#state.objects.get(text);
      const next = stamped(object, previous, this.#settings.now());
      if (!previous || canonical(previous) !== canonical(next)) {
        await saveEntry(this.#settings.state, 'objects', key, { object: next });
        this.#state.objects.set(text, next);
        this.#publish(key);
      }
      const status = 'status' in object ? object.status : undefined;
      if (status) await this.#setStatus(key, { ...status });
    });
  }

  delete(key: ObjectKey): Promise<void> {
    return this.#queue.run(async () => {
      this.#refuseManifest(key);
      if (!this.#state.objects.has(keyText(key))) return;
      await removeEntry(this.#settings.state, 'objects', key);
      this.#state.objects.delete(keyText(key));
      await this.#forgetStatus(key);
      this.#hub.publish({ kind: 'Deleted', key });
    });
  }

  recordEvent(event: ObjectEvent): Promise<void> {
    return this.#queue.run(async () => {
      const text = keyText(event.regarding);
      const { events, isNew } = withEvent(this.#state.events.get(text) ?? [], event);
      this.#state.events.set(text, events);
      this.#unsavedEvents.set(text, event.regarding);
      if (isNew) await this.#saveEvents();
      else
        this.#eventTimer ??= setTimeout(
          () => void this.#saveLater(),
          this.#settings.eventDelayMs,
        ).unref();
    });
  }

  /** Writes what waits and gives the state directory back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#hub.close();
    clearTimeout(this.#eventTimer);
    try {
      await this.#queue.run(() => this.#saveEvents());
    } finally {
      this.#unlock();
    }
  }

  #refuseManifest(key: ObjectKey): void {
    const held = this.#state.applied.get(keyText(key));
    if (!held) return;
    throw new PinfoldError('ObjectNotOurs', { object: keyText(key), file: held.source });
  }

  #publish(key: ObjectKey): void {
    const object = objectAt(this.#state, key);
    if (object) this.#hub.publish({ kind: 'Applied', object });
  }

  #report(error: unknown): void {
    const problem =
      error instanceof PinfoldError
        ? error
        : new PinfoldError('Internal', { problem: reasonOf(error) }, { cause: error });
    this.#settings.onProblem(problem);
  }

  async #forgetStatus(key: ObjectKey): Promise<void> {
    if (!this.#state.status.delete(keyText(key))) return;
    await removeEntry(this.#settings.state, 'status', key);
  }

  /** On a notification; several that come while one look waits need only that one. */
  #rescan(): void {
    if (this.#scanWaits || this.#closed) return;
    this.#scanWaits = true;
    this.rescan().catch((error: unknown) => {
      this.#report(error);
    });
  }

  async #scan(): Promise<void> {
    this.#scanWaits = false;
    if (this.#closed) return;
    await this.#watch.renew();
    try {
      await this.#take(await readManifests(this.#settings.manifests, this.#files));
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      // The directory is gone or unreadable: that takes nothing out of force.
      const { code, message: problem } = error;
      this.#announceRejections([
        { kind: 'Rejected', source: this.#settings.manifests, code, problem },
      ]);
    }
  }

  /** Whether the last look saw the very same files, and nothing else was wrong. */
  #isUnchanged(files: ReadonlyMap<string, ManifestFile>): boolean {
    return (
      files.size === this.#files.size &&
      [...files].every(([name, file]) => this.#files.get(name) === file) &&
      this.#rejections.every(({ source }) => source !== this.#settings.manifests)
    );
  }

  async #take(files: ReadonlyMap<string, ManifestFile>, isFirst = false): Promise<void> {
    if (!isFirst && this.#isUnchanged(files)) {
      await this.#persist();
      return;
    }
    const wasRejected = new Set(this.#rejections.map(({ source }) => source));
    const mended = new Set(
      [...files.keys()].filter(
        (file) => files.get(file) !== this.#files.get(file) && wasRejected.has(file),
      ),
    );
    const now = this.#settings.now();
    const decision = decide(this.#state.applied, files, mended, (object, previous) =>
      stamped(object, previous, now),
    );
    this.#files = files;
    await this.#enforce(decision);
  }

  /** Memory first, then watchers, then disk: an object is in force even where it cannot be persisted. */
  async #enforce({ inForce, changed, deleted, rejections }: Decision): Promise<void> {
    for (const [key, held] of inForce) {
      const before = this.#state.applied.get(key);
      if (before?.source === held.source && before.object === held.object) continue;
      if (!before || canonical(before) !== canonical(held))
        this.#unsaved.set(key, keyOf(held.object));
      this.#state.applied.set(key, held);
    }
    for (const key of deleted) {
      this.#state.applied.delete(keyText(key));
      this.#unsaved.set(keyText(key), key);
    }
    for (const object of changed) this.#publish(keyOf(object));
    for (const key of deleted) this.#hub.publish({ kind: 'Deleted', key });
    this.#announceRejections(rejections);
    await this.#persist();
  }

  #announceRejections(rejections: readonly Rejection[]): void {
    const known = new Set(this.#rejections.map(textOfRejection));
    this.#rejections = rejections;
    for (const rejection of rejections) {
      if (!known.has(textOfRejection(rejection))) this.#hub.publish(rejection);
    }
  }

  async #persist(): Promise<void> {
    for (const [text, key] of [...this.#unsaved]) {
      const held = this.#state.applied.get(text);
      try {
        if (held) await saveEntry(this.#settings.state, 'applied', key, held);
        else {
          await removeEntry(this.#settings.state, 'applied', key);
          await this.#forgetStatus(key);
        }
        this.#unsaved.delete(text);
      } catch (error) {
        this.#report(error); // stays unsaved: tried again at the next look
      }
    }
  }

  async #saveLater(): Promise<void> {
    this.#eventTimer = undefined;
    try {
      await this.#queue.run(() => this.#saveEvents());
    } catch (error) {
      this.#report(error);
    }
  }

  async #saveEvents(): Promise<void> {
    for (const [text, key] of [...this.#unsavedEvents]) {
      const events = this.#state.events.get(text) ?? [];
      await saveEntry(this.#settings.state, 'events', key, { events });
      this.#unsavedEvents.delete(text);
    }
  }

  async #expireEvents(): Promise<void> {
    const { now, eventTtlMs, state } = this.#settings;
    for (const [text, events] of [...this.#state.events]) {
      const kept = unexpired(events, now(), eventTtlMs);
      const key = events[0]?.regarding;
      if (kept.length === events.length || !key) continue;
      this.#state.events.set(text, kept);
      if (kept.length > 0) this.#unsavedEvents.set(text, key);
      else {
        this.#state.events.delete(text);
        await removeEntry(state, 'events', key);
      }
    }
  }
}
