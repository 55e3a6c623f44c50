/** Finds what a profile refers to among stored objects. */
import type { ClusterSecurityProfile, ProfileRevision, SecurityProfile } from '../api/objects.js';
import type { Resolver } from '../policy/compose.js';
import { namespaceOf } from './own-namespace.js';

export interface Referable {
  readonly profiles: readonly SecurityProfile[];
  readonly clusterProfiles: readonly ClusterSecurityProfile[];
  readonly revisions: readonly ProfileRevision[];
}

export const resolverOf = ({ profiles, clusterProfiles, revisions }: Referable): Resolver => ({
  securityProfile: (namespace, name) =>
    profiles.find(
      ({ metadata }) => metadata.name === name && metadata.namespace === (namespace ?? 'default'),
    ),
  clusterSecurityProfile: (name) => clusterProfiles.find(({ metadata }) => metadata.name === name),
  revision: (profile, name) =>
    revisions.find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespaceOf(profile),
    ),
});
