/** Feeds the changes of one resource to a handler: per object in order, one at a time, until it succeeds. */
import type { PinfoldError } from '../errors.js';
import type { KubeClient, Selection } from './client.js';
import { Informer } from './informer.js';
import type { InformerEvent } from './informer.js';
import type { KubeObject } from './kube-object.js';
import { withFailed, withPending } from './pending-events.js';
import type { PendingEvent } from './pending-events.js';
import { TerminalError } from './reconcile.js';
import type { Outcome } from './reconcile.js';
import type { Resource } from './resource.js';
import { WorkQueue } from './work-queue.js';

export interface HandledResourceOptions {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly selection: Selection;
  readonly handle: (event: PendingEvent) => Promise<void>;
  readonly onFailure: (key: string, error: unknown, retryMs: number | undefined) => void;
  readonly onProblem: (problem: PinfoldError, retryMs: number) => void;
}

/** Objects handled at once. */
const WORKERS = 4;

export class HandledResource {
  readonly #handle: HandledResourceOptions['handle'];
  readonly #informer: Informer<KubeObject>;
  readonly #queue: WorkQueue;
  readonly #pending = new Map<string, readonly PendingEvent[]>();
  /** Identity of the objects that were told, to tell an addition from a change. */
  readonly #told = new Map<string, string>();

  constructor({ handle, onFailure, ...watched }: HandledResourceOptions) {
    this.#handle = handle;
    this.#queue = new WorkQueue({
      workers: WORKERS,
      work: (key) => this.#next(key),
      onFailure,
    });
    this.#informer = new Informer({
      ...watched,
      decode: (object) => object,
      onEvent: (event) => {
        this.#take(event);
      },
    });
  }

  /** Works until the signal aborts and the handlers under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#informer.run(signal);
    await this.#queue.close();
  }

  #take(event: InformerEvent<KubeObject>): void {
    const { key } = event;
    if (event.kind === 'Rejected' || event.object === undefined) return;
    const { object } = event;
    const { uid } = object.metadata;
    const changed = this.#told.get(key) === uid ? 'MODIFIED' : 'ADDED';
    if (event.kind === 'Deleted') this.#told.delete(key);
    else this.#told.set(key, uid);
    const type = event.kind === 'Deleted' ? 'DELETED' : changed;
    this.#pending.set(key, withPending(this.#pending.get(key) ?? [], { type, object }));
    this.#queue.add(key);
  }

  async #next(key: string): Promise<Outcome> {
    const [event, ...others] = this.#pending.get(key) ?? [];
    if (event === undefined) return undefined;
    this.#keep(key, others);
    try {
      await this.#handle(event);
    } catch (error) {
      if (!(error instanceof TerminalError))
        this.#keep(key, withFailed(this.#pending.get(key) ?? [], event));
      throw error;
    }
    if (this.#pending.has(key)) this.#queue.add(key);
    return undefined;
  }

  #keep(key: string, pending: readonly PendingEvent[]): void {
    if (pending.length === 0) this.#pending.delete(key);
    else this.#pending.set(key, pending);
  }
}
