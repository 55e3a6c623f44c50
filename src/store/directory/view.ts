/** What readers of a store see: objects of users and our own, each with its status. Pure. */
import { isOfKind } from '../../api/objects.js';
import type { Kind, ObjectOf, PinfoldObject } from '../../api/objects.js';
import { keyOf, keyText } from '../object-key.js';
import type { ObjectKey, Regarding, StoredEvent } from '../store.js';
import type { State } from './state.js';

const withStatus = (object: PinfoldObject, state: State): PinfoldObject => {
  const status = state.status.get(keyText(keyOf(object)));
  return status ? ({ ...object, status } as PinfoldObject) : object;
};

export const objectAt = (state: State, key: ObjectKey): PinfoldObject | undefined => {
  const text = keyText(key);
  const object = state.applied.get(text)?.object ?? state.objects.get(text);
  return object && withStatus(object, state);
};

/** Every object, by key. */
export const allObjects = (state: State): readonly PinfoldObject[] => {
  const applied = [...state.applied].map(([key, { object }]) => [key, object] as const);
  const merged = new Map([...state.objects, ...applied]);
  return [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => withStatus(object, state));
};

export const objectsOfKind = <K extends Kind>(state: State, kind: K): readonly ObjectOf<K>[] =>
  allObjects(state).filter((object) => isOfKind(object, kind));

/** Events of one object or of all, the most recent activity last. */
export const eventsOf = (state: State, regarding?: Regarding): readonly StoredEvent[] => {
  const all = regarding
    ? (state.events.get(keyText(regarding)) ?? [])
    : [...state.events.values()].flat();
  return all.toSorted((a, b) => a.lastSeen - b.lastSeen);
};
