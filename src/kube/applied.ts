/** What we write of an object, and whether it says anything new. Pure. */
import type { PinfoldObject } from '../api/objects.js';
import { checkObject } from '../api/validate.js';
import { canonical } from '../store/canonical.js';
import { keyOf } from '../store/object-key.js';
import type { Fields } from './kube-object.js';

export type Status = Fields;

/** The parts of metadata that are ours to say; the rest is the server's. */
const metadataOf = ({ metadata }: PinfoldObject): Fields => {
  const { labels, annotations, ownerReferences, finalizers } = metadata;
  return { labels, annotations, ownerReferences, finalizers };
};

const withoutStatus = (object: PinfoldObject): Fields =>
  Object.fromEntries(Object.entries(object).filter(([field]) => field !== 'status'));

/** Everything that we own of an object besides its status, as server-side apply takes it. */
export const applied = (object: PinfoldObject): Fields => {
  const { namespace, name } = keyOf(object);
  return {
    ...withoutStatus(object),
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadataOf(object) },
  };
};

/** The status of an object, as server-side apply takes it. */
export const appliedStatus = (object: PinfoldObject, status: Status): Fields => {
  const { namespace, name } = keyOf(object);
  const { apiVersion, kind } = object;
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion, kind, metadata, status };
};

/** As the server would fill it in; what is invalid is left for the server to refuse. */
const filled = (object: PinfoldObject): PinfoldObject => {
  const checked = checkObject(object.kind, object);
  return checked.kind === 'Valid' ? checked.object : object;
};

/** Whether applying `object` would change what `current` says. Their status is not looked at. */
export const isNews = (object: PinfoldObject, current: PinfoldObject): boolean =>
  canonical(applied(object)) !== canonical(applied(current)) &&
  canonical(applied(filled(object))) !== canonical(applied(current));

const statusOf = (object: PinfoldObject): object => ('status' in object && object.status) || {};

/** Whether `current` would have another status. */
export const isStatusNews = (current: PinfoldObject, status: Status): boolean => {
  const before = canonical(statusOf(current));
  if (canonical(status) === before) return false;
  return canonical(statusOf(filled({ ...current, status } as PinfoldObject))) !== before;
};
