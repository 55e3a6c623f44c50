/**
 * Which profiles hold for a container: label selectors, namespaces, names of containers, and how many
 * profiles one container can have. Pure; the NRI worker and the agent share it.
 */
import type { AnyProfile, ClusterSecurityProfile, SecurityProfile } from '../api/objects.js';

type LabelSelector = NonNullable<SecurityProfile['spec']['selector']['podSelector']>;
type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];
type Labels = Readonly<Record<string, string>>;

/** What of a container decides which profiles hold for it. */
export interface Matchable {
  readonly namespace: string;
  /** Labels of its pod. */
  readonly labels: Labels;
  /** Its name in the pod. */
  readonly container: string;
}

/** What of a profile decides, and its age: small enough to be handed to the worker. */
export interface Selection {
  /** `keyText` of the profile. */
  readonly id: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Absent: a ClusterSecurityProfile. */
  readonly namespace?: string;
  readonly podSelector?: LabelSelector;
  readonly containers?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  readonly includeSystemNamespaces: boolean;
}

/** Profiles of each scope that one container can have; design §3. */
export const MAX_PROFILES = 4;

/** Matched only by profiles that say so: a mistake there takes down the cluster. */
const SYSTEM_NAMESPACES: readonly string[] = ['kube-system', 'kube-node-lease'];

const holds = ({ key, operator, values = [] }: Requirement, labels: Labels): boolean => {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
};

/** As Kubernetes' LabelSelector: all must hold; `{}` matches everything. */
export const selects = (
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Labels,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every((requirement) => holds(requirement, labels));

const podsOf = ({ spec }: SecurityProfile | ClusterSecurityProfile) => {
  const { podSelector, containers } = spec.selector ?? {};
  return {
    ...(podSelector === undefined ? {} : { podSelector }),
    ...(containers === undefined ? {} : { containers }),
  };
};

/** What of the profile decides, under the id given. */
export const selectionOf = (id: string, profile: AnyProfile): Selection => {
  const { creationTimestamp } = profile.metadata;
  const base = {
    id,
    createdAt: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    ...podsOf(profile),
  };
  if (profile.kind === 'SecurityProfile')
    return {
      ...base,
      namespace: profile.metadata.namespace ?? 'default',
      includeSystemNamespaces: true,
    };
  const { namespaceSelector, includeSystemNamespaces } = profile.spec;
  return {
    ...base,
    includeSystemNamespaces,
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
  };
};

export interface Scope {
  /** Pinfold's own namespace. */
  readonly ownNamespace: string;
  /** Labels of a namespace; undefined: not known, which a namespaceSelector other than {} does not match. */
  readonly namespaceLabels: (namespace: string) => Labels | undefined;
}

const inScope = (selection: Selection, { namespace }: Matchable, scope: Scope): boolean => {
  if (selection.namespace !== undefined) return selection.namespace === namespace;
  const isSystem = SYSTEM_NAMESPACES.includes(namespace) || namespace === scope.ownNamespace;
  if (isSystem && !selection.includeSystemNamespaces) return false;
  const { namespaceSelector } = selection;
  if (namespaceSelector === undefined) return true;
  return selects(namespaceSelector, scope.namespaceLabels(namespace) ?? {});
};

const matches = (selection: Selection, container: Matchable, scope: Scope): boolean =>
  selection.podSelector !== undefined &&
  inScope(selection, container, scope) &&
  selects(selection.podSelector, container.labels) &&
  (selection.containers?.includes(container.container) ?? true);

const older = (a: Selection, b: Selection): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

export interface Matched {
  /** Ids of profiles that hold: cluster-wide ones first, the oldest first. */
  readonly ids: readonly string[];
  /** Ids of those that match and find no room. */
  readonly crowdedOut: readonly string[];
}

/**
 * The profiles that hold for a container: at most four of each scope, oldest first, so that a
 * namespace's profiles never displace those of the cluster. `kept`: ids that hold already, which go
 * first and stay whatever the labels say now.
 */
export const matchProfiles = (
  selections: readonly Selection[],
  container: Matchable,
  scope: Scope,
  kept: ReadonlySet<string> = new Set(),
): Matched => {
  const found = selections
    .filter((selection) => kept.has(selection.id) || matches(selection, container, scope))
    .toSorted((a, b) => Number(kept.has(b.id)) - Number(kept.has(a.id)) || older(a, b));
  const cluster = found.filter(({ namespace }) => namespace === undefined);
  const namespaced = found.filter(({ namespace }) => namespace !== undefined);
  const idsOf = (list: readonly Selection[]): readonly string[] => list.map(({ id }) => id);
  return {
    ids: idsOf([...cluster.slice(0, MAX_PROFILES), ...namespaced.slice(0, MAX_PROFILES)]),
    crowdedOut: idsOf([...cluster.slice(MAX_PROFILES), ...namespaced.slice(MAX_PROFILES)]),
  };
};
