/** Which profile judges: one from files, or the one that a record names in the state directory. */
import { isProfile } from '../../api/objects.js';
import type { AnyProfile, PinfoldObject } from '../../api/objects.js';
import type { Subject } from '../../audit/record.js';
import { PinfoldError } from '../../errors.js';
import { resolverOver } from '../../node-enforcer/stored-resolver.js';
import { compose, profileName } from '../../policy/compose.js';
import type { EffectiveRules } from '../../policy/rules.js';
import { DEFAULT_NAMESPACE } from '../../store/object-key.js';
import type { CommandContext } from '../context.js';
import { readObjects } from '../profiles.js';
import { withReader } from '../state.js';

export interface Judge {
  readonly profile: AnyProfile;
  readonly rules: EffectiveRules;
}

const composed = (profile: AnyProfile, objects: readonly PinfoldObject[]): Judge => ({
  profile,
  rules: compose(profile, resolverOver(objects)),
});

/** A file that names no namespace is in the default one as soon as a store has it. */
const named = (objects: readonly PinfoldObject[], name: string): AnyProfile | undefined => {
  const names = name.includes('/') ? [name] : [name, `${DEFAULT_NAMESPACE}/${name}`];
  return objects.filter(isProfile).find((profile) => names.includes(profileName(profile)));
};

/**
 * From files: the profile that the record names, else the first; the rest is what it may extend.
 * Throws ProfileMissing, and what reading and composing throw.
 */
export const judgeFromFiles = async (
  context: CommandContext,
  files: readonly string[],
  subject: Subject | undefined,
): Promise<Judge> => {
  const objects: PinfoldObject[] = [];
  for (const file of files) objects.push(...(await readObjects(context, file)));
  const wanted = subject === undefined ? undefined : named(objects, subject.profile);
  const profile = wanted ?? objects.find(isProfile);
  if (profile === undefined) throw new PinfoldError('ProfileMissing', { file: files.join(', ') });
  return composed(profile, objects);
};

/** Throws ObjectNotFound, StateMissing, and what composing throws. */
export const judgeFromState = async (context: CommandContext, subject: Subject): Promise<Judge> => {
  const objects = await withReader(context, {}, async (reader) => [
    ...(await reader.list('SecurityProfile')),
    ...(await reader.list('ClusterSecurityProfile')),
    ...(await reader.list('ProfileRevision')),
  ]);
  const profile = named(objects, subject.profile);
  if (profile !== undefined) return composed(profile, objects);
  throw new PinfoldError('ObjectNotFound', {
    object: `profile ${subject.profile}`,
    directory: context.settings.stateDirectory,
  });
};
