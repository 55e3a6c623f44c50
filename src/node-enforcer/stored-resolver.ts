/** What a profile refers to, found among stored objects. */
import { isOfKind } from '../api/objects.js';
import type { PinfoldObject } from '../api/objects.js';
import type { Resolver } from '../policy/compose.js';

/** Finds among the objects given. */
export const resolverOver = (objects: readonly PinfoldObject[]): Resolver => ({
  securityProfile: (namespace, name) =>
    objects
      .filter((object) => isOfKind(object, 'SecurityProfile'))
      .find(
        ({ metadata }) => metadata.name === name && (metadata.namespace ?? namespace) === namespace,
      ),
  clusterSecurityProfile: (name) =>
    objects
      .filter((object) => isOfKind(object, 'ClusterSecurityProfile'))
      .find(({ metadata }) => metadata.name === name),
  revision: (profile, name) =>
    objects
      .filter((object) => isOfKind(object, 'ProfileRevision'))
      .find(
        ({ metadata }) =>
          metadata.name === name && metadata.namespace === profile.metadata.namespace,
      ),
});
