/** Profile → effective rules: its own, those it extends, and those of its base revision, united. */
import type {
  AnyProfile,
  ClusterSecurityProfile,
  ProfileRevision,
  SecurityProfile,
} from '../api/objects.js';
import { PinfoldError } from '../errors.js';
import { effectiveRules } from './effective.js';
import type { EffectiveRules } from './rules.js';
import { unite } from './unite.js';

/** Rules for paths and addresses that one profile may have, with everything it extends. */
export const MAX_RULES = 5_000;

/** Levels of `extends`: deeper chains are hard to follow for people, too. */
export const MAX_EXTENDS_DEPTH = 8;

/** Finds what a profile refers to; each gives `undefined` where it does not exist. */
export interface Resolver {
  securityProfile(namespace: string | undefined, name: string): SecurityProfile | undefined;
  clusterSecurityProfile(name: string): ClusterSecurityProfile | undefined;
  /** `name` is `Latest` where the status of `profile` does not say which revision that is. */
  revision(profile: AnyProfile, name: string): ProfileRevision | undefined;
}

/** For profiles that stand alone: finds nothing. */
export const resolveNothing: Resolver = {
  securityProfile: () => undefined,
  clusterSecurityProfile: () => undefined,
  revision: () => undefined,
};

/** How messages and records name a profile: `namespace/name`, or `name` where it has no namespace. */
export const profileName = ({ metadata: { namespace, name } }: AnyProfile): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

const keyOf = (profile: AnyProfile): string => `${profile.kind} ${profileName(profile)}`;

const baseOf = (profile: AnyProfile, resolve: Resolver): readonly EffectiveRules[] => {
  const { baseRevision } = profile.spec;
  if (baseRevision === undefined) return [];
  const name =
    baseRevision === 'Latest' ? (profile.status?.latestRevision ?? baseRevision) : baseRevision;
  const revision = resolve.revision(profile, name);
  if (revision === undefined)
    throw new PinfoldError('RevisionMissing', { profile: profileName(profile), revision: name });
  return [effectiveRules(revision.metadata.name, revision.spec.rules)];
};

const parentsOf = (profile: AnyProfile, resolve: Resolver): readonly AnyProfile[] =>
  (profile.spec.extends ?? []).map(({ kind, name }) => {
    const parent =
      kind === 'SecurityProfile'
        ? resolve.securityProfile(profile.metadata.namespace, name)
        : resolve.clusterSecurityProfile(name);
    if (parent !== undefined) return parent;
    throw new PinfoldError('ExtendsMissing', {
      profile: profileName(profile),
      reference: `${kind} ${name}`,
    });
  });

/** Effective rules of the profile's own parts and of all that it reaches, each profile once. */
const collect = (
  profile: AnyProfile,
  resolve: Resolver,
  chain: readonly AnyProfile[],
  done: Set<string>,
): readonly EffectiveRules[] => {
  const path = [...chain, profile];
  const names = path.map(profileName).join(' → ');
  if (chain.some((earlier) => keyOf(earlier) === keyOf(profile)))
    throw new PinfoldError('ExtendsCycle', { cycle: names });
  if (chain.length > MAX_EXTENDS_DEPTH)
    throw new PinfoldError('ExtendsTooDeep', {
      profile: profileName(profile),
      limit: MAX_EXTENDS_DEPTH,
      chain: names,
    });
  if (done.has(keyOf(profile))) return [];
  const inherited = parentsOf(profile, resolve).flatMap((parent) =>
    collect(parent, resolve, path, done),
  );
  done.add(keyOf(profile));
  const own = effectiveRules(profileName(profile), profile.spec.rules);
  return [own, ...baseOf(profile, resolve), ...inherited];
};

/** Rules that count towards `MAX_RULES`. */
export const ruleCount = (rules: EffectiveRules): number =>
  [
    rules.exec.allow,
    rules.exec.deny,
    rules.files.allow,
    rules.files.deny,
    rules.egress,
    rules.ingress,
  ]
    .map((list) => list?.length ?? 0)
    .reduce((sum, length) => sum + length, 0);

/**
 * The effective rules of a validated profile. Throws `ExtendsMissing`, `ExtendsCycle`,
 * `ExtendsTooDeep`, `RevisionMissing`, `TooManyRules`, `PathInvalid`, `CidrInvalid`.
 * What happens to refused system calls is what the profile itself says, where it does.
 */
export const compose = (profile: AnyProfile, resolve: Resolver): EffectiveRules => {
  const parts = collect(profile, resolve, [], new Set());
  const name = profileName(profile);
  const united = unite(name, parts);
  const count = ruleCount(united);
  if (count > MAX_RULES)
    throw new PinfoldError('TooManyRules', { profile: name, count, limit: MAX_RULES });
  const own = parts[0]?.syscalls.otherwise;
  const says = profile.spec.rules?.syscalls?.otherwise !== undefined;
  return says && own !== undefined
    ? { ...united, syscalls: { ...united.syscalls, otherwise: own } }
    : united;
};
