/**
 * A store that goes on answering when its server does not: what was listed last is kept on disk, so
 * that a node which starts without its API server still knows what is to be in force.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind, ObjectOf, PinfoldObject } from '../../api/objects.js';
import { checkObject } from '../../api/validate.js';
import { PinfoldError, reasonOf } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import { replaceFile } from '../replace-file.js';
import type {
  ObjectEvent,
  ObjectKey,
  ObjectStore,
  Regarding,
  StoredEvent,
  StoreEvent,
} from '../store.js';

export interface OfflineCopyOptions {
  /** Directory of the copies; made if need be. */
  readonly directory: string;
  /** Kinds that are kept. */
  readonly kinds: readonly Kind[];
  /** Errors that mean the server is out of reach, not that it refuses. */
  readonly unreachable: readonly ErrorCode[];
  /** ms that the store may take to answer before a copy is used, where there is one. */
  readonly patienceMs: number;
  /** Hears when a copy is used instead of the store, once until the store answers again. */
  readonly onOffline: (kind: Kind, problem: string) => void;
}

export class OfflineCopy implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #options: OfflineCopyOptions;
  readonly #written = new Map<Kind, string>();
  readonly #offline = new Set<Kind>();

  /** @throws PinfoldError OutputFailed */
  constructor(store: ObjectStore, options: OfflineCopyOptions) {
    this.#store = store;
    this.#options = options;
    try {
      mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
      const fields = { file: options.directory, problem: reasonOf(cause) };
      throw new PinfoldError('OutputFailed', fields, { cause });
    }
  }

  async list<K extends Kind>(kind: K): Promise<readonly ObjectOf<K>[]> {
    if (!this.#options.kinds.includes(kind)) return this.#store.list(kind);
    const listing = this.#store.list(kind);
    const answer = await this.#answer(listing);
    if (answer.kind === 'Listed') {
      this.#offline.delete(kind);
      this.#keep(kind, answer.objects);
      return answer.objects;
    }
    const copy = this.#read(kind);
    if (copy === undefined) return listing;
    // What comes late is asked for again by whoever hears that the store changed.
    listing.catch(() => undefined);
    if (!this.#offline.has(kind)) this.#options.onOffline(kind, answer.problem);
    this.#offline.add(kind);
    return copy;
  }

  /** What the store says, or why it says nothing. @throws what is no matter of reach */
  async #answer<T>(
    listing: Promise<readonly T[]>,
  ): Promise<
    | { readonly kind: 'Listed'; readonly objects: readonly T[] }
    | { readonly kind: 'Silent'; readonly problem: string }
  > {
    const { patienceMs, unreachable } = this.#options;
    const given = new AbortController();
    try {
      return await Promise.race([
        listing.then((objects) => ({ kind: 'Listed', objects }) as const),
        sleep(patienceMs, undefined, { signal: given.signal }).then(
          () => ({ kind: 'Silent', problem: `no answer in ${patienceMs / 1000} s` }) as const,
        ),
      ]);
    } catch (error) {
      if (!(error instanceof PinfoldError) || !unreachable.includes(error.code)) throw error;
      return { kind: 'Silent', problem: error.message };
    } finally {
      given.abort();
    }
  }

  get(key: ObjectKey): Promise<PinfoldObject | undefined> {
    return this.#store.get(key);
  }

  watch(signal: AbortSignal): AsyncIterable<StoreEvent> {
    return this.#store.watch(signal);
  }

  applyStatus(key: ObjectKey, status: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#store.applyStatus(key, status);
  }

  apply(object: PinfoldObject): Promise<void> {
    return this.#store.apply(object);
  }

  delete(key: ObjectKey): Promise<void> {
    return this.#store.delete(key);
  }

  recordEvent(event: ObjectEvent): Promise<void> {
    return this.#store.recordEvent(event);
  }

  events(regarding?: Regarding): Promise<readonly StoredEvent[]> {
    return this.#store.events(regarding);
  }

  #file(kind: Kind): string {
    return join(this.#options.directory, `${kind}.json`);
  }

  #keep(kind: Kind, objects: readonly PinfoldObject[]): void {
    const text = `${JSON.stringify(objects)}\n`;
    if (this.#written.get(kind) === text) return;
    replaceFile(this.#file(kind), text);
    this.#written.set(kind, text);
  }

  /** Undefined where there is no copy, or one that a crash cut: then nothing is known. */
  #read<K extends Kind>(kind: K): readonly ObjectOf<K>[] | undefined {
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(this.#file(kind), 'utf8'));
    } catch {
      return undefined;
    }
    if (!Array.isArray(value)) return undefined;
    return value.flatMap((each: unknown): readonly ObjectOf<K>[] => {
      const checked = checkObject(kind, each);
      return checked.kind === 'Valid' ? [checked.object] : [];
    });
  }
}
