/** What the API server has: kinds of objects, and where in its tree of URLs they are. */
import { isNamespaced, resourceOf } from '../api/objects.js';
import type { Kind } from '../api/objects.js';

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const core = (kind: string, plural: string, namespaced: boolean): Resource => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const PODS = core('Pod', 'pods', true);
export const NODES = core('Node', 'nodes', false);
export const SERVICE_ACCOUNTS = core('ServiceAccount', 'serviceaccounts', true);
export const NAMESPACES = core('Namespace', 'namespaces', false);

export const EVENTS: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

export const LEASES: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** The resource of one of our own kinds. */
export const resourceOfKind = (kind: Kind): Resource => ({
  group: 'pinfold.dev',
  version: 'v1alpha1',
  kind,
  plural: resourceOf(kind).plural,
  namespaced: isNamespaced(kind),
});

export const apiVersionOf = ({ group, version }: Resource): string =>
  group === '' ? version : `${group}/${version}`;

/** As `kubectl auth can-i` and the server's messages name it: `securityprofiles.pinfold.dev`. */
export const resourceText = ({ group, plural }: Resource): string =>
  group === '' ? plural : `${plural}.${group}`;

export interface Place {
  /** Absent for kinds of the whole cluster, and for a list over all namespaces. */
  readonly namespace?: string;
  /** Absent for a list. */
  readonly name?: string;
  readonly subresource?: 'status';
}

/** Path of an object or a collection. */
export const pathOf = (resource: Resource, { namespace, name, subresource }: Place): string => {
  const { group, version, plural, namespaced } = resource;
  const root = group === '' ? ['api', version] : ['apis', group, version];
  const scope = namespaced && namespace !== undefined ? ['namespaces', namespace] : [];
  const parts = [...root, ...scope, plural, name, subresource];
  return `/${parts
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join('/')}`;
};
