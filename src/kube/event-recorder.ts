/**
 * Writes events without making anybody wait: occurrences of a series that come faster than the API
 * server takes them are added up and written as one.
 */
import { PinfoldError, reasonOf } from '../errors.js';
import { keyText } from '../store/object-key.js';
import type { ObjectEvent, ObjectKey } from '../store/store.js';
import type { KubeClient } from './client.js';
import {
  countOf,
  eventName,
  eventNamespace,
  eventObject,
  microTime,
  seriesOf,
} from './event-object.js';
import type { Occurrences, Reporter } from './event-object.js';
import { TerminalError } from './reconcile.js';
import { EVENTS } from './resource.js';
import { hasCode } from './status-error.js';
import { WorkQueue } from './work-queue.js';

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly reporter: Reporter;
  /** Identity of the object that an event is about; `kubectl describe` finds events by it. */
  readonly uidOf: (key: ObjectKey) => Promise<string | undefined>;
  readonly onProblem: (problem: PinfoldError) => void;
}

/** Series that may wait while the API server is away; what is beyond is lost, and said. */
const MOST_WAITING = 1000;

/** Series whose count is remembered; of others it is read from the server. */
const MOST_REMEMBERED = 4000;

/** One at a time would let one slow namespace hold up all others. */
const WORKERS = 4;

/** Refusals that are the same the next time: no right, no such namespace, not a valid event. */
const isFinal = (error: unknown): boolean =>
  hasCode(error, 'KubeForbidden', 'KubeNotFound', 'KubeInvalid');

/** What is one series, as long as the object is the same one. */
const seriesText = ({ regarding, type, reason, action, note }: ObjectEvent): string =>
  [keyText(regarding), 'uid' in regarding ? regarding.uid : '', type, reason, action, note].join(
    '\0',
  );

const joined = (a: Occurrences, b: Occurrences): Occurrences => ({
  ...a,
  count: a.count + b.count,
  lastAt: Math.max(a.lastAt, b.lastAt),
});

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #queue: WorkQueue;
  readonly #waiting = new Map<string, Occurrences>();
  /** Count of each series as the server has it. */
  readonly #counts = new Map<string, number>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      workers: WORKERS,
      work: async (series, signal) => {
        await this.#write(series, signal);
        return undefined;
      },
      onFailure: (series, error, retryMs) => {
        if (retryMs === undefined) this.#lose(series, error);
      },
    });
  }

  /** Takes an event; it is written as soon as possible. */
  record(event: ObjectEvent): void {
    const { at, count = 1 } = event;
    const occurrences = { event, count, lastAt: at };
    const series = seriesText(event);
    const waiting = this.#waiting.get(series);
    if (waiting === undefined && this.#waiting.size >= MOST_WAITING) {
      this.#report(occurrences, 'too many events wait for the API server');
      return;
    }
    this.#waiting.set(series, waiting === undefined ? occurrences : joined(waiting, occurrences));
    this.#queue.add(series);
  }

  /** Resolves when nothing is being written; what is to be tried again later may be left. */
  flush(): Promise<void> {
    return this.#queue.idle();
  }

  /** Ends; what has not been written is said to be lost. */
  async close(): Promise<void> {
    await this.#queue.close();
    for (const series of [...this.#waiting.keys()]) this.#lose(series, 'Pinfold ended');
  }

  async #write(series: string, signal: AbortSignal): Promise<void> {
    const occurrences = this.#waiting.get(series);
    if (occurrences === undefined) return;
    this.#waiting.delete(series);
    try {
      await this.#tell(occurrences, signal);
    } catch (error) {
      const later = this.#waiting.get(series);
      this.#waiting.set(series, later === undefined ? occurrences : joined(occurrences, later));
      if (isFinal(error) && error instanceof PinfoldError) throw new TerminalError(error);
      throw error;
    }
  }

  async #tell({ event, count, lastAt }: Occurrences, signal: AbortSignal): Promise<void> {
    const { regarding } = event;
    const { reporter, uidOf } = this.#options;
    const uid = regarding.kind === 'Pod' ? regarding.uid : await uidOf(regarding);
    const occurrences = { event, count, lastAt, ...(uid === undefined ? {} : { uid }) };
    const name = eventName(event, uid, reporter);
    const known = this.#counts.get(name);
    const total =
      known === undefined
        ? await this.#begin(name, occurrences, signal)
        : await this.#go(name, occurrences, known, signal);
    this.#remember(name, total);
  }

  /** Makes the object, or goes on with the one that an earlier process made. */
  async #begin(name: string, occurrences: Occurrences, signal: AbortSignal): Promise<number> {
    const { client, reporter } = this.#options;
    const namespace = eventNamespace(occurrences.event.regarding);
    try {
      await client.create(EVENTS, namespace, eventObject(name, occurrences, reporter), { signal });
      return occurrences.count;
    } catch (error) {
      if (!hasCode(error, 'KubeConflict')) throw error;
      const stored = await client.get(EVENTS, { namespace, name }, { signal });
      // Made by ourselves just now, by a request whose answer was lost?
      const isOurs = stored.eventTime === microTime(occurrences.event.at);
      return this.#go(name, occurrences, isOurs ? 0 : countOf(stored), signal);
    }
  }

  /** Counts on. The API server forgets events after an hour or so; then the series begins anew. */
  async #go(
    name: string,
    occurrences: Occurrences,
    before: number,
    signal: AbortSignal,
  ): Promise<number> {
    const namespace = eventNamespace(occurrences.event.regarding);
    const count = before + occurrences.count;
    if (count < 2) return count;
    try {
      const patch = seriesOf(count, occurrences.lastAt);
      await this.#options.client.merge(EVENTS, { namespace, name }, patch, { signal });
      return count;
    } catch (error) {
      if (!hasCode(error, 'KubeNotFound')) throw error;
      this.#counts.delete(name);
      return this.#begin(name, occurrences, signal);
    }
  }

  #remember(name: string, count: number): void {
    this.#counts.delete(name);
    this.#counts.set(name, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_REMEMBERED && oldest !== undefined) this.#counts.delete(oldest);
  }

  #lose(series: string, error: unknown): void {
    const occurrences = this.#waiting.get(series);
    this.#waiting.delete(series);
    if (occurrences !== undefined) this.#report(occurrences, reasonOf(error), error);
  }

  #report({ event, count }: Occurrences, problem: string, cause?: unknown): void {
    const { reason, regarding } = event;
    const fields = { count, reason, object: keyText(regarding), problem };
    this.#options.onProblem(new PinfoldError('EventLost', fields, { cause }));
  }
}
