/**
 * Which objects there are, in which version: turns lists, watch messages and our own writes into
 * changes, so that none is lost, told twice, or undone by news that is older than our own write.
 */
import { nameText } from './kube-object.js';
import type { KubeObject } from './kube-object.js';

export type Change =
  | { readonly kind: 'Applied'; readonly key: string; readonly object: KubeObject }
  | { readonly kind: 'Deleted'; readonly key: string };

interface Known {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** A write of ours that the watch has not told yet. */
interface Written extends Known {
  readonly kind: 'Applied' | 'Deleted';
}

/** Versions of one resource are increasing integers; one that is no integer counts as newer. */
const isOlder = (a: string, b: string): boolean =>
  /^\d+$/.test(a) && /^\d+$/.test(b) && BigInt(a) < BigInt(b);

export class ObjectIndex {
  readonly #known = new Map<string, Known>();
  readonly #written = new Map<string, Written>();
  /** Up to that version everything has been told by list or watch. */
  #heard = '0';

  /** A list is asked for: it will hold every write that ended before. */
  beginList(): void {
    this.#written.clear();
  }

  /** The list that begin announced: what is not in it is gone, unless we made it meanwhile. */
  replace(items: readonly KubeObject[], resourceVersion: string): readonly Change[] {
    this.#heard = resourceVersion;
    const changes: Change[] = [];
    const present = new Set(items.map(({ metadata }) => nameText(metadata)));
    for (const key of [...this.#known.keys()])
      if (!present.has(key) && this.#written.get(key)?.kind !== 'Applied')
        changes.push(...this.#remove(key));
    return [...changes, ...items.flatMap((item) => this.#take(item))];
  }

  /** The watch told of a version of an object. */
  changed(item: KubeObject): readonly Change[] {
    this.#heard = item.metadata.resourceVersion;
    return this.#take(item);
  }

  /** The watch told that an object is gone. */
  gone(item: KubeObject): readonly Change[] {
    const { uid, resourceVersion } = item.metadata;
    this.#heard = resourceVersion;
    const key = nameText(item.metadata);
    if (this.#isNewsFromBefore(key, resourceVersion)) return [];
    this.#written.delete(key);
    return this.#known.get(key)?.uid === uid ? this.#remove(key) : [];
  }

  /** The watch told that nothing happened up to that version. */
  bookmark(resourceVersion: string): void {
    this.#heard = resourceVersion;
  }

  /** We wrote an object and the server answered with this version. */
  wrote(item: KubeObject): readonly Change[] {
    const { uid, resourceVersion } = item.metadata;
    // The watch was quicker, and may know of more that happened since.
    if (!isOlder(this.#heard, resourceVersion)) return [];
    const key = nameText(item.metadata);
    const latest = this.#written.get(key) ?? this.#known.get(key);
    if (latest !== undefined && !isOlder(latest.resourceVersion, resourceVersion)) return [];
    if (this.#isGone(key, uid)) return [];
    this.#written.set(key, { kind: 'Applied', uid, resourceVersion });
    return this.#apply(key, item);
  }

  /** We deleted an object, and the server says that it is gone. */
  deleted(key: string, uid: string): readonly Change[] {
    const known = this.#known.get(key);
    if (known?.uid !== uid) return [];
    this.#written.set(key, { kind: 'Deleted', ...known });
    return this.#remove(key);
  }

  /** Whether a version is older than what we wrote ourselves. */
  #isNewsFromBefore(key: string, resourceVersion: string): boolean {
    const written = this.#written.get(key);
    return written !== undefined && isOlder(resourceVersion, written.resourceVersion);
  }

  /** Whether we deleted that very object, and the watch still speaks of it. */
  #isGone(key: string, uid: string): boolean {
    const written = this.#written.get(key);
    return written?.kind === 'Deleted' && written.uid === uid;
  }

  #take(item: KubeObject): readonly Change[] {
    const { uid, resourceVersion } = item.metadata;
    const key = nameText(item.metadata);
    if (this.#isNewsFromBefore(key, resourceVersion) || this.#isGone(key, uid)) return [];
    this.#written.delete(key);
    return this.#apply(key, item);
  }

  #apply(key: string, object: KubeObject): readonly Change[] {
    const { uid, resourceVersion } = object.metadata;
    const known = this.#known.get(key);
    if (known?.uid === uid && known.resourceVersion === resourceVersion) return [];
    // Another object with the same name: the deletion in between is news too.
    const replaced = known !== undefined && known.uid !== uid ? this.#remove(key) : [];
    this.#known.set(key, { uid, resourceVersion });
    return [...replaced, { kind: 'Applied', key, object }];
  }

  #remove(key: string): readonly Change[] {
    return this.#known.delete(key) ? [{ kind: 'Deleted', key }] : [];
  }
}
