/** What Pinfold consists of in a cluster, in the order in which it is removed; config/ has the same. */
import { KINDS, resourceOf } from '../../api/objects.js';
import type { Resource } from '../../kube/resource.js';
import { OWN_NAMESPACE } from '../../operator/own-namespace.js';

export interface Part {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name: string;
}

const resource = (group: string, kind: string, plural: string, namespaced = false): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const DAEMON_SETS = resource('apps', 'DaemonSet', 'daemonsets', true);
export const DEPLOYMENTS = resource('apps', 'Deployment', 'deployments', true);
export const NAMESPACE = resource('', 'Namespace', 'namespaces');
const CRDS = resource(
  'apiextensions.k8s.io',
  'CustomResourceDefinition',
  'customresourcedefinitions',
);
const POLICIES = resource(
  'admissionregistration.k8s.io',
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
);
const BINDINGS = resource(
  'admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
);
const RBAC = 'rbac.authorization.k8s.io';
const ROLES = resource(RBAC, 'ClusterRole', 'clusterroles');
const ROLE_BINDINGS = resource(RBAC, 'ClusterRoleBinding', 'clusterrolebindings');

const own = (of: Resource, name: string): Part => ({
  resource: of,
  namespace: OWN_NAMESPACE,
  name,
});

export const NODE_DAEMON_SET = own(DAEMON_SETS, 'pinfold-node');

export const PARTS: readonly Part[] = [
  own(DEPLOYMENTS, 'pinfold-operator'),
  NODE_DAEMON_SET,
  ...KINDS.map((kind) => ({ resource: CRDS, name: `${resourceOf(kind).plural}.pinfold.dev` })),
  { resource: BINDINGS, name: 'pinfold-node-writes' },
  { resource: POLICIES, name: 'pinfold-node-writes' },
  ...['pinfold-operator', 'pinfold-node'].flatMap((name) => [
    { resource: ROLE_BINDINGS, name },
    { resource: ROLES, name },
  ]),
  { resource: NAMESPACE, name: OWN_NAMESPACE },
];
