/** Names of objects: as keys of maps, in messages and as parts of file names. */
import { createHash } from 'node:crypto';
import { isNamespaced } from '../api/objects.js';
import type { PinfoldObject } from '../api/objects.js';
import type { ObjectKey, Regarding } from './store.js';

/** Where an object of a namespaced kind goes that names no namespace: as kubectl has it. */
export const DEFAULT_NAMESPACE = 'default';

export const keyOf = ({ kind, metadata }: PinfoldObject): ObjectKey =>
  isNamespaced(kind)
    ? { kind, namespace: metadata.namespace ?? DEFAULT_NAMESPACE, name: metadata.name }
    : { kind, name: metadata.name };

/** `Kind namespace/name`, or `Kind name`: unique, and fit for messages. */
export const keyText = ({ kind, namespace, name }: Regarding): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;

/** File names hold 255 bytes; room is left for endings. */
const LONGEST = 200;

/** A name as part of a path: nothing in it can leave its directory or hide. */
const fileSafe = (name: string): string => {
  const plain = name.replace(/[^A-Za-z0-9.-]|^\./g, (character) =>
    encodeURIComponent(character).replace('.', '%2E'),
  );
  if (plain.length <= LONGEST) return plain;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${plain.slice(0, LONGEST - 33)}~${digest}`;
};

/** Relative path of the file that holds something about an object; `_` stands for the cluster scope. */
export const filePathOf = ({ kind, namespace, name }: Regarding): string =>
  `${kind}/${namespace === undefined ? '_' : fileSafe(namespace)}/${fileSafe(name)}.json`;
