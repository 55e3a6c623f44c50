/** Profiles from files that the user names. */
import { isProfile } from '../api/objects.js';
import type { AnyProfile, PinfoldObject } from '../api/objects.js';
import { parseObjects } from '../api/parse.js';
import { PinfoldError } from '../errors.js';
import { resolverOver } from '../node-enforcer/stored-resolver.js';
import { compose } from '../policy/compose.js';
import type { EffectiveRules } from '../policy/rules.js';
import type { CommandContext } from './context.js';
import { readInput } from './input.js';

/** Every object of a file. Throws what reading, parsing and validating throw. */
export const readObjects = async (
  context: CommandContext,
  file: string,
): Promise<readonly PinfoldObject[]> => {
  const input = await readInput(context, file);
  return parseObjects(input.bytes, input.file).map(({ object }) => object);
};

/** The only profile of a file. Throws ProfileMissing, or UsageError where there are several. */
export const onlyProfile = (file: string, objects: readonly PinfoldObject[]): AnyProfile => {
  const [first, ...others] = objects.filter(isProfile);
  if (first === undefined) throw new PinfoldError('ProfileMissing', { file });
  if (others.length === 0) return first;
  const problem = `${file} holds ${others.length + 1} profiles; give a file with one`;
  throw new PinfoldError('UsageError', { problem });
};

export interface ComposedProfile {
  readonly profile: AnyProfile;
  readonly rules: EffectiveRules;
  /** Every object of the files. */
  readonly objects: readonly PinfoldObject[];
}

/**
 * The first profile of the files; all others are what it may extend or be based on.
 * Throws ProfileMissing, and what reading and composing throw.
 */
export const composedProfile = async (
  context: CommandContext,
  files: readonly string[],
): Promise<ComposedProfile> => {
  const objects: PinfoldObject[] = [];
  for (const file of files) objects.push(...(await readObjects(context, file)));
  const profile = objects.find(isProfile);
  if (profile === undefined) throw new PinfoldError('ProfileMissing', { file: files.join(', ') });
  return { profile, rules: compose(profile, resolverOver(objects)), objects };
};
