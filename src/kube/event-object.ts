/**
 * Events of events.k8s.io/v1 as the API server takes them: one object for a series, whose note and
 * first time never change (it refuses that), with count and last time in `series`. Pure.
 */
import { createHash } from 'node:crypto';
import { API_VERSION, isKind } from '../api/objects.js';
import { DEFAULT_NAMESPACE } from '../store/object-key.js';
import type { ObjectEvent, Regarding, StoredEvent } from '../store/store.js';
import { fieldsOf } from './kube-object.js';
import type { Fields, KubeObject } from './kube-object.js';
import { apiVersionOf, EVENTS } from './resource.js';

/** Who reports, as the event names it. */
export interface Reporter {
  /** Such as `pinfold.dev/operator`. */
  readonly controller: string;
  /** Such as the name of the node or of the pod; at most 128 bytes are kept. */
  readonly instance: string;
}

/** Prefix of every `controller` of ours. */
export const CONTROLLERS = 'pinfold.dev/';

/** Limits of the API, in bytes. */
const MAX_NOTE = 1024;
const MAX_NAME = 253;
const MAX_INSTANCE = 128;

/** Cuts at a character, so that no half one is left. */
const cutTo = (text: string, bytes: number): string => {
  if (Buffer.byteLength(text) <= bytes) return text;
  const cut = Buffer.from(text).subarray(0, bytes - 3);
  return `${new TextDecoder('utf-8').decode(cut, { stream: true })}…`;
};

/** Time with microseconds, as `MicroTime` has it. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** Where events about it are: the objects of the whole cluster have theirs in `default`. */
export const eventNamespace = ({ namespace }: Regarding): string => namespace ?? DEFAULT_NAMESPACE;

/** The same for each occurrence of a series, other for each other one. */
export const eventName = (event: ObjectEvent, uid: string | undefined, by: Reporter): string => {
  const { regarding, type, reason, action, note } = event;
  const series = [
    ...[regarding.kind, regarding.namespace, regarding.name, uid],
    ...[type, reason, action, note, by.controller, by.instance],
  ].join('\0');
  const digest = createHash('sha256').update(series).digest('hex').slice(0, 20);
  return `${regarding.name.slice(0, MAX_NAME - 21).replace(/[^a-z0-9]+$/, '')}.${digest}`;
};

export const seriesOf = (count: number, lastAt: number): Fields => ({
  series: { count, lastObservedTime: microTime(lastAt) },
});

const reference = (regarding: Regarding, uid: string | undefined): Fields => ({
  apiVersion: regarding.kind === 'Pod' ? 'v1' : API_VERSION,
  kind: regarding.kind,
  name: regarding.name,
  ...(regarding.namespace === undefined ? {} : { namespace: regarding.namespace }),
  ...(uid === undefined ? {} : { uid }),
});

/** Occurrences that are to be written: of one series, the first of them as `event`. */
export interface Occurrences {
  readonly event: ObjectEvent;
  /** Identity of what it is about, where it is there. */
  readonly uid?: string;
  readonly count: number;
  /** ms since the epoch. */
  readonly lastAt: number;
}

/** The object that begins a series. The API refuses a series of one. */
export const eventObject = (
  name: string,
  { event, uid, count, lastAt }: Occurrences,
  by: Reporter,
): Fields => ({
  apiVersion: apiVersionOf(EVENTS),
  kind: EVENTS.kind,
  metadata: { name, namespace: eventNamespace(event.regarding) },
  eventTime: microTime(event.at),
  reportingController: by.controller,
  reportingInstance: cutTo(by.instance, MAX_INSTANCE),
  action: event.action,
  reason: event.reason,
  type: event.type,
  note: cutTo(event.note, MAX_NOTE),
  regarding: reference(event.regarding, uid),
  ...(count > 1 ? seriesOf(count, lastAt) : {}),
});

/** How many occurrences a stored event stands for. */
export const countOf = (event: KubeObject): number => {
  const { count } = fieldsOf(event.series);
  return typeof count === 'number' ? count : 1;
};

const regardingFrom = (value: unknown): Regarding | undefined => {
  const { kind, namespace, name, uid } = fieldsOf(value);
  if (typeof name !== 'string') return undefined;
  if (kind === 'Pod')
    return typeof namespace === 'string' && typeof uid === 'string'
      ? { kind, namespace, name, uid }
      : undefined;
  if (!isKind(kind)) return undefined;
  return typeof namespace === 'string' ? { kind, namespace, name } : { kind, name };
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An event of ours as the store's interface has it, or undefined: somebody else's. */
export const storedEvent = (event: KubeObject): StoredEvent | undefined => {
  const regarding = regardingFrom(event.regarding);
  if (regarding === undefined || !textOf(event.reportingController).startsWith(CONTROLLERS))
    return undefined;
  const at = Date.parse(textOf(event.eventTime));
  const lastObserved = textOf(fieldsOf(event.series).lastObservedTime);
  return {
    regarding,
    type: event.type === 'Warning' ? 'Warning' : 'Normal',
    reason: textOf(event.reason),
    action: textOf(event.action),
    note: textOf(event.note),
    at,
    count: countOf(event),
    firstSeen: at,
    lastSeen: lastObserved === '' ? at : Date.parse(lastObserved),
  };
};
