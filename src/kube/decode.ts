/** Objects of ours as the API server has them, checked by our own validation. Pure. */
import type { Kind, ObjectOf } from '../api/objects.js';
import { problemOf, problemText } from '../api/problem.js';
import { checkObject } from '../api/validate.js';
import { PinfoldError } from '../errors.js';
import { keyText } from '../store/object-key.js';
import type { ObjectKey } from '../store/store.js';
import type { KubeObject } from './kube-object.js';

/** So many problems are named. */
const SHOWN = 20;

export const keyOfObject = (kind: Kind, { metadata }: KubeObject): ObjectKey => {
  const { namespace, name } = metadata;
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
};

/** The object with every default filled in. Throws ObjectInvalid with all that is wrong. */
export const decode = <K extends Kind>(kind: K, object: KubeObject): ObjectOf<K> => {
  const checked = checkObject(kind, object);
  if (checked.kind === 'Valid') return checked.object;
  const file = keyText(keyOfObject(kind, object));
  const { findings } = checked;
  throw new PinfoldError('ObjectInvalid', {
    file,
    count: findings.length,
    problems: findings
      .slice(0, SHOWN)
      .map((finding) => `  ${problemText(file, problemOf(finding))}`)
      .join('\n'),
  });
};
