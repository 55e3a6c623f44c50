/**
 * Keeps all objects of one resource, or a selection of them, at hand: lists and watches for ever,
 * decodes each object once, and tells what changed. An object that cannot be decoded is told as
 * rejected; its last good version stays.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PinfoldError, reasonOf } from '../errors.js';
import type { Backoff } from './backoff.js';
import type { KubeClient, Selection } from './client.js';
import type { KubeObject } from './kube-object.js';
import { BACKOFF, INITIAL, step } from './list-watch.js';
import type { ListWatchEvent, ListWatchState, Waiting } from './list-watch.js';
import { ObjectIndex } from './object-index.js';
import type { Change } from './object-index.js';
import type { Resource } from './resource.js';
import { hasCode, retryAfterMsOf } from './status-error.js';
import type { WatchEvent } from './watch-event.js';

export type InformerEvent<T> =
  | { readonly kind: 'Applied'; readonly key: string; readonly object: T }
  /** `object`: its last good version, if there was one. */
  | { readonly kind: 'Deleted'; readonly key: string; readonly object?: T }
  | { readonly kind: 'Rejected'; readonly key: string; readonly problem: PinfoldError };

export interface InformerOptions<T> {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly selection?: Selection;
  /** What is kept of an object: as little as is needed. Throws a PinfoldError where it is unusable. */
  readonly decode: (object: KubeObject) => T;
  /** Called for each change, in order. Must not throw. */
  readonly onEvent?: (event: InformerEvent<T>) => void;
  /** Hears why lists and watches failed; they are tried again by themselves. */
  readonly onProblem?: (problem: PinfoldError, retryMs: number) => void;
  readonly backoff?: Backoff;
  /** ms without a message after which a watch is taken for dead. */
  readonly silenceMs?: number;
  readonly random?: () => number;
}

/** API servers send a bookmark each minute; three missing ones are no coincidence. */
const SILENCE_MS = 190_000;

/** A watch lasts between these, s: client-go's choice, so that watches spread over API servers. */
const WATCH_SECONDS = { least: 300, most: 600 };

/** What a watch is aborted with when nothing was heard of it. */
const SILENT = new Error('silent');

const asProblem = (error: unknown): PinfoldError =>
  error instanceof PinfoldError
    ? error
    : new PinfoldError('Internal', { problem: reasonOf(error) }, { cause: error });

/** A watch under way: its messages one by one, each awaited no longer than the silence allows. */
interface OpenWatch {
  readonly next: () => Promise<IteratorResult<WatchEvent, void> | 'Silent'>;
  readonly close: () => void;
}

export class Informer<T> {
  readonly resource: Resource;
  readonly selection: Selection;
  readonly #options: Required<Omit<InformerOptions<T>, 'resource' | 'selection'>>;
  readonly #index = new ObjectIndex();
  readonly #objects = new Map<string, T>();
  readonly #rejected = new Map<string, PinfoldError>();
  readonly #whenSynced: Promise<void>;
  #setSynced: () => void = () => undefined;
  #isSynced = false;
  #listed: KubeObject[] = [];
  #watch: OpenWatch | undefined;
  /** Why the next attempt is waited for. */
  #lastProblem: PinfoldError | undefined;

  constructor({ resource, selection, ...options }: InformerOptions<T>) {
    this.resource = resource;
    this.selection = selection ?? {};
    this.#options = {
      onEvent: () => undefined,
      onProblem: () => undefined,
      backoff: BACKOFF,
      silenceMs: SILENCE_MS,
      random: Math.random,
      ...options,
    };
    this.#whenSynced = new Promise((resolve) => {
      this.#setSynced = resolve;
    });
  }

  /** Whether every object that was there at the start has been told. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves when `isSynced`. */
  synced(): Promise<void> {
    return this.#whenSynced;
  }

  /** Last good versions. */
  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Last good version of the object with that `nameText`. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** Objects whose present version cannot be used, and why. */
  rejections(): ReadonlyMap<string, PinfoldError> {
    return this.#rejected;
  }

  /** We wrote an object that belongs to the selection: what the server answered is news already. */
  wrote(object: KubeObject): void {
    this.#tell(this.#index.wrote(object));
  }

  /** We deleted an object and the server says that it is gone. */
  deleted(key: string, uid: string): void {
    this.#tell(this.#index.deleted(key, uid));
  }

  /** Works until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let state: ListWatchState = INITIAL;
    while (state.kind !== 'Stopped') {
      const event = await this.#perform(state, signal);
      const next: ListWatchState = step(
        state,
        event,
        this.#options.random(),
        this.#options.backoff,
      );
      if (next.kind !== 'Watching' || event.kind === 'Ended') this.#closeWatch();
      state = next;
    }
  }

  /** Does what a state stands for. */
  async #perform(
    state: Exclude<ListWatchState, { readonly kind: 'Stopped' }>,
    signal: AbortSignal,
  ): Promise<ListWatchEvent> {
    try {
      switch (state.kind) {
        case 'Listing':
          return await this.#list(state.continue, signal);
        case 'Watching':
          return await this.#hear(state.resourceVersion, signal);
        case 'Waiting':
          return await this.#wait(state, signal);
      }
    } catch (error) {
      if (signal.aborted) return { kind: 'Aborted' };
      return this.#failed(error);
    }
  }

  #failed(error: unknown): ListWatchEvent {
    this.#lastProblem = asProblem(error);
    if (hasCode(error, 'KubeExpired')) return { kind: 'Expired' };
    const retryAfterMs = retryAfterMsOf(error);
    return { kind: 'Failed', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }

  async #wait({ ms }: Waiting, signal: AbortSignal): Promise<ListWatchEvent> {
    if (this.#lastProblem !== undefined) this.#options.onProblem(this.#lastProblem, ms);
    this.#lastProblem = undefined;
    await sleep(ms, undefined, { signal });
    return { kind: 'Elapsed' };
  }

  async #list(from: string | undefined, signal: AbortSignal): Promise<ListWatchEvent> {
    const { client } = this.#options;
    if (from === undefined) {
      this.#listed = [];
      this.#index.beginList();
    }
    // The state machine repeats, so the client need not.
    const page = await client.listPage(this.resource, this.selection, {
      signal,
      tries: 1,
      ...(from === undefined ? {} : { from }),
    });
    this.#listed.push(...page.items);
    const { resourceVersion } = page;
    if (page.continue !== undefined)
      return { kind: 'Page', resourceVersion, continue: page.continue };
    this.#tell(this.#index.replace(this.#listed, resourceVersion));
    this.#listed = [];
    this.#isSynced = true;
    this.#setSynced();
    return { kind: 'Page', resourceVersion };
  }

  async #hear(resourceVersion: string, signal: AbortSignal): Promise<ListWatchEvent> {
    this.#watch ??= this.#openWatch(resourceVersion, signal);
    const message = await this.#watch.next();
    if (message === 'Silent') return { kind: 'Silent' };
    if (message.done === true) return signal.aborted ? { kind: 'Aborted' } : { kind: 'Ended' };
    const event = message.value;
    switch (event.kind) {
      case 'Bookmark':
        this.#index.bookmark(event.resourceVersion);
        return { kind: 'Heard', resourceVersion: event.resourceVersion };
      case 'Changed':
        this.#tell(this.#index.changed(event.object));
        break;
      case 'Deleted':
        this.#tell(this.#index.gone(event.object));
    }
    return { kind: 'Heard', resourceVersion: event.object.metadata.resourceVersion };
  }

  #openWatch(resourceVersion: string, signal: AbortSignal): OpenWatch {
    const { client, silenceMs, random } = this.#options;
    const { least, most } = WATCH_SECONDS;
    const own = new AbortController();
    const close = (): void => {
      signal.removeEventListener('abort', close);
      own.abort();
    };
    signal.addEventListener('abort', close, { once: true });
    const timeoutSeconds = Math.round(least + (most - least) * random());
    const messages = client.watch(this.resource, this.selection, resourceVersion, {
      signal: own.signal,
      timeoutSeconds,
    });
    return {
      close,
      next: async () => {
        const timer = setTimeout(() => {
          own.abort(SILENT);
        }, silenceMs);
        try {
          return await messages.next();
        } catch (error) {
          if (own.signal.reason === SILENT) return 'Silent';
          throw error;
        } finally {
          clearTimeout(timer);
        }
      },
    };
  }

  #closeWatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #tell(changes: readonly Change[]): void {
    for (const change of changes) this.#options.onEvent(this.#decoded(change));
  }

  #decoded(change: Change): InformerEvent<T> {
    const { key } = change;
    if (change.kind === 'Deleted') {
      const object = this.#objects.get(key);
      this.#objects.delete(key);
      this.#rejected.delete(key);
      return { kind: 'Deleted', key, ...(object === undefined ? {} : { object }) };
    }
    try {
      const object = this.#options.decode(change.object);
      this.#objects.set(key, object);
      this.#rejected.delete(key);
      return { kind: 'Applied', key, object };
    } catch (error) {
      const problem = asProblem(error);
      this.#rejected.set(key, problem);
      return { kind: 'Rejected', key, problem };
    }
  }
}
