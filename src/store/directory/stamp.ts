/** What the API server would add to an object's metadata. Pure but for the uid. */
import { randomUUID } from 'node:crypto';
import type { PinfoldObject } from '../../api/objects.js';
import { specText } from '../canonical.js';
import { keyOf } from '../object-key.js';

/**
 * An object as it is stored: uid and creation time of `previous` or new ones, generation one higher
 * where anything but metadata changed, no status. `now` in ms.
 */
export const stamped = (
  object: PinfoldObject,
  previous: PinfoldObject | undefined,
  now: number,
): PinfoldObject => {
  const { namespace } = keyOf(object);
  const old = previous?.metadata;
  const generation = old?.generation ?? 0;
  const changed = !previous || specText(previous) !== specText(object);
  const metadata = {
    ...object.metadata,
    ...(namespace !== undefined && { namespace }),
    uid: old?.uid ?? randomUUID(),
    creationTimestamp: old?.creationTimestamp ?? new Date(now).toISOString().replace(/\.\d+/, ''),
    generation: changed ? generation + 1 : generation,
  };
  return withoutStatus({ ...object, metadata });
};

/** Status is kept by itself: it is written by others and changes at another pace. */
const withoutStatus = (object: PinfoldObject): PinfoldObject =>
  Object.fromEntries(
    Object.entries(object).filter(([name]) => name !== 'status'),
  ) as unknown as PinfoldObject;
