/** Where objects of cluster-scoped profiles are kept; the operator has the same rule. */
import type { AnyProfile } from '../../api/objects.js';

export const OWN_NAMESPACE = 'pinfold';

export const namespaceOf = ({ kind, metadata }: AnyProfile): string =>
  kind === 'ClusterSecurityProfile' ? OWN_NAMESPACE : (metadata.namespace ?? 'default');
