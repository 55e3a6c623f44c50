/** One of our kinds, or a part of it, kept in memory and told in the store's terms. */
import { keyText } from '../store/object-key.js';
import type { Kind, PinfoldObject } from '../api/objects.js';
import type { PinfoldError } from '../errors.js';
import type { ObjectKey, StoreEvent } from '../store/store.js';
import type { KubeClient, Selection } from './client.js';
import { decode } from './decode.js';
import { Informer } from './informer.js';
import type { InformerEvent } from './informer.js';
import { resourceOfKind } from './resource.js';

/** What is watched: as little as the program needs. */
export interface Watched {
  readonly kind: Kind;
  readonly namespace?: string;
  /** Only the object of that name, such as a node's own NodeEnforcement. */
  readonly name?: string;
  readonly labelSelector?: string;
}

export interface WatchedKindOptions {
  readonly onEvent: (event: StoreEvent) => void;
  readonly onProblem: (problem: PinfoldError, retryMs?: number) => void;
}

const selectionOf = ({ namespace, name, labelSelector }: Watched): Selection => ({
  ...(namespace === undefined ? {} : { namespace }),
  ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  ...(labelSelector === undefined ? {} : { labelSelector }),
});

/** `namespace/name` or `name` as a key again. */
const keyIn = (kind: Kind, text: string): ObjectKey => {
  const [first = '', name] = text.split('/');
  return name === undefined ? { kind, name: first } : { kind, namespace: first, name };
};

export class WatchedKind {
  readonly informer: Informer<PinfoldObject>;
  readonly #watched: Watched;

  constructor(client: KubeClient, watched: Watched, { onEvent, onProblem }: WatchedKindOptions) {
    this.#watched = watched;
    this.informer = new Informer<PinfoldObject>({
      client,
      resource: resourceOfKind(watched.kind),
      selection: selectionOf(watched),
      decode: (object) => decode(watched.kind, object),
      onEvent: (event) => {
        onEvent(this.#storeEvent(event));
      },
      onProblem,
    });
  }

  /** Whether memory has every version of that object, those that we write at once. */
  tracks({ namespace, name }: ObjectKey): boolean {
    const { namespace: onlyIn, name: only, labelSelector } = this.#watched;
    return (
      labelSelector === undefined &&
      (onlyIn === undefined || onlyIn === namespace) &&
      (only === undefined || only === name)
    );
  }

  /** Whether memory answers for that object: what is not there does not exist. */
  holds(key: ObjectKey): boolean {
    return this.informer.isSynced && this.tracks(key);
  }

  /** Everything there is, and what of it cannot be used. */
  present(): readonly StoreEvent[] {
    return [
      ...this.informer.list().map((object): StoreEvent => ({ kind: 'Applied', object })),
      ...[...this.informer.rejections()].map(([key, problem]) =>
        this.#storeEvent({ kind: 'Rejected', key, problem }),
      ),
    ];
  }

  #storeEvent(event: InformerEvent<PinfoldObject>): StoreEvent {
    const { kind } = this.#watched;
    switch (event.kind) {
      case 'Applied':
        return { kind: 'Applied', object: event.object };
      case 'Deleted':
        return { kind: 'Deleted', key: keyIn(kind, event.key) };
      case 'Rejected': {
        const key = keyIn(kind, event.key);
        const { code, message } = event.problem;
        return { kind: 'Rejected', source: keyText(key), key, code, problem: message };
      }
    }
  }
}
