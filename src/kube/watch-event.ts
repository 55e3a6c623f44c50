/** One line of a watch. */
import { fieldsOf, kubeObject } from './kube-object.js';
import type { KubeObject } from './kube-object.js';
import type { Resource } from './resource.js';

export type WatchEvent =
  | { readonly kind: 'Changed'; readonly object: KubeObject }
  | { readonly kind: 'Deleted'; readonly object: KubeObject }
  /** Everything up to that version has been told. */
  | { readonly kind: 'Bookmark'; readonly resourceVersion: string };

/** Undefined: nothing that this protocol knows. Errors are the caller's. */
export const watchEvent = (
  type: unknown,
  value: unknown,
  resource: Resource,
): WatchEvent | undefined => {
  if (type === 'BOOKMARK') {
    const { resourceVersion } = fieldsOf(fieldsOf(value).metadata);
    return typeof resourceVersion === 'string' ? { kind: 'Bookmark', resourceVersion } : undefined;
  }
  const object = kubeObject(value, resource);
  if (object === undefined) return undefined;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'Changed', object };
    case 'DELETED':
      return { kind: 'Deleted', object };
    default:
      return undefined;
  }
};
