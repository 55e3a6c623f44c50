/** From stored objects to what each profile is here: in force, realised, and for which cgroups. */
import { isOfKind, isProfile } from '../../api/objects.js';
import type { AnyProfile, PinfoldObject } from '../../api/objects.js';
import type { PinfoldError } from '../../errors.js';
import type { Resolver } from '../../policy/compose.js';
import { keyOf, keyText } from '../../store/object-key.js';
import { resolverOver } from '../stored-resolver.js';
import { namespaceOf } from './own-namespace.js';
import type { Catalogue, InForce } from './catalogue.js';
import { realise } from './realise.js';
import type { EngineAbilities, Realisation } from './realise.js';

export interface Source {
  readonly id: string;
  readonly profile: AnyProfile;
  /** The version in force; absent: none ever was good. */
  readonly inForce?: InForce;
  readonly realisation?: Realisation;
  /** Why the newest version is not in force. */
  readonly refusal?: PinfoldError;
}

/** As `resolverOver`, with revisions of cluster profiles where they are kept. */
const resolverFor = (objects: readonly PinfoldObject[]): Resolver => ({
  ...resolverOver(objects),
  revision: (profile, name) =>
    objects
      .filter((object) => isOfKind(object, 'ProfileRevision'))
      .find(
        ({ metadata }) => metadata.name === name && metadata.namespace === namespaceOf(profile),
      ),
});

/** A recording ends as soon as it is not asked for: what replaces it may be based on its outcome. */
const outlived = (profile: AnyProfile, { mode }: InForce): boolean =>
  mode === 'Record' && profile.spec.mode !== 'Record';

/** Realisations of versions in force: the same version is realised once. */
const realised = new WeakMap<InForce, Realisation>();

const realisationOf = (inForce: InForce, abilities: EngineAbilities): Realisation => {
  const known = realised.get(inForce) ?? realise(inForce, abilities);
  realised.set(inForce, known);
  return known;
};

export const sourcesOf = (
  objects: readonly PinfoldObject[],
  catalogue: Catalogue,
  abilities: EngineAbilities,
): readonly Source[] => {
  const resolve = resolverFor(objects);
  const profiles = objects.filter(isProfile);
  const ids = new Set(profiles.map((profile) => keyText(keyOf(profile))));
  catalogue.retain(ids);
  return profiles.map((profile) => {
    const id = keyText(keyOf(profile));
    const { inForce, refusal } = catalogue.update(profile, resolve);
    const source = { id, profile, ...(refusal === undefined ? {} : { refusal }) };
    if (inForce === undefined || outlived(profile, inForce)) return source;
    return { ...source, inForce, realisation: realisationOf(inForce, abilities) };
  });
};
