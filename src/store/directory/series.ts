/** Events with counts, as Kubernetes keeps them: equal ones are one series. Pure. */
import type { ObjectEvent, StoredEvent } from '../store.js';

/** Series kept per object; beyond it the one that was quiet longest goes. */
const MAX_SERIES = 64;

const isSame = (stored: StoredEvent, event: ObjectEvent): boolean =>
  stored.type === event.type &&
  stored.reason === event.reason &&
  stored.action === event.action &&
  stored.note === event.note;

/** The events of one object with one more, oldest activity first, and whether it began a series. */
export const withEvent = (
  stored: readonly StoredEvent[],
  event: ObjectEvent,
): { readonly events: readonly StoredEvent[]; readonly isNew: boolean } => {
  const known = stored.find((series) => isSame(series, event));
  const series: StoredEvent = {
    ...event,
    at: known?.at ?? event.at,
    count: (known?.count ?? 0) + (event.count ?? 1),
    firstSeen: known?.firstSeen ?? event.at,
    lastSeen: Math.max(known?.lastSeen ?? event.at, event.at),
  };
  const others = stored.filter((other) => other !== known);
  return { events: [...others, series].slice(-MAX_SERIES), isNew: known === undefined };
};

/** What is still worth keeping at `now`: series with activity in the last `ttlMs`. */
export const unexpired = (
  stored: readonly StoredEvent[],
  now: number,
  ttlMs: number,
): readonly StoredEvent[] => stored.filter(({ lastSeen }) => now - lastSeen < ttlMs);
