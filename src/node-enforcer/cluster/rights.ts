/** What a node enforcer has to be permitted; config/node-rights.yaml grants it, and a test compares them. */
import { EVENTS, NAMESPACES, PODS, resourceOfKind } from '../../kube/resource.js';
import type { Resource } from '../../kube/resource.js';
import type { Right } from '../../kube/rights.js';

/** Its service account, as config/ has it. */
export const ENFORCER_ACCOUNT = { namespace: 'pinfold', name: 'pinfold-node' } as const;

const each = (resource: Resource, ...verbs: readonly string[]): readonly Right[] =>
  verbs.map((verb) => ({ verb, resource }));

const READ = ['get', 'list', 'watch'] as const;
const NODE_ENFORCEMENTS = resourceOfKind('NodeEnforcement');

export const ENFORCER_RIGHTS: readonly Right[] = [
  ...each(resourceOfKind('SecurityProfile'), ...READ),
  ...each(resourceOfKind('ClusterSecurityProfile'), ...READ),
  ...each(resourceOfKind('ProfileRevision'), ...READ),
  ...each(resourceOfKind('RecordedBehavior'), ...READ, 'create', 'patch'),
  ...each(NODE_ENFORCEMENTS, ...READ, 'create', 'patch'),
  { verb: 'patch', resource: NODE_ENFORCEMENTS, subresource: 'status' },
  ...each(NAMESPACES, ...READ),
  ...each(PODS, 'get'),
  ...each(EVENTS, 'create', 'patch', 'get'),
];
