/** Events of one object that a handler has yet to see: as few as say the same. Pure. */
import type { KubeObject } from './kube-object.js';

export interface PendingEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/** One more: a newer version takes the place of one that waits, but no deletion is passed over. */
export const withPending = (
  pending: readonly PendingEvent[],
  event: PendingEvent,
): readonly PendingEvent[] => {
  const last = pending.at(-1);
  if (last === undefined || last.type === 'DELETED') return [...pending, event];
  const type = last.type === 'ADDED' && event.type === 'MODIFIED' ? 'ADDED' : event.type;
  return [...pending.slice(0, -1), { type, object: event.object }];
};

/** After its handler failed: before the others, unless a newer version of the object waits. */
export const withFailed = (
  pending: readonly PendingEvent[],
  failed: PendingEvent,
): readonly PendingEvent[] => {
  const [next, ...others] = pending;
  if (next === undefined || failed.type === 'DELETED') return [failed, ...pending];
  // Still its first version for the handler, if it never took one.
  return next.type === 'MODIFIED' ? [{ ...next, type: failed.type }, ...others] : pending;
};
