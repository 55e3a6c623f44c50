/** Where Pinfold keeps namespaced objects that belong to cluster-scoped ones. */
import type { AnyProfile } from '../api/objects.js';

export const OWN_NAMESPACE = 'pinfold';

/** Namespace of a profile's revisions and recordings. */
export const namespaceOf = ({ kind, metadata }: AnyProfile): string =>
  kind === 'ClusterSecurityProfile' ? OWN_NAMESPACE : (metadata.namespace ?? 'default');
