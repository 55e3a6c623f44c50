/** A profile from files, composed with what it extends. */
import { readFileSync } from 'node:fs';
import { isProfile } from '../api/objects.js';
import type { AnyProfile } from '../api/objects.js';
import { parseObjects } from '../api/parse.js';
import { PinfoldError, reasonOf } from '../errors.js';
import { compose } from '../policy/compose.js';
import type { EffectiveRules } from '../policy/rules.js';
import { resolverOver } from './stored-resolver.js';

export interface LoadedProfile {
  readonly profile: AnyProfile;
  readonly rules: EffectiveRules;
}

const read = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new PinfoldError('FileUnreadable', { file, problem: reasonOf(cause) }, { cause });
  }
};

/**
 * The first profile of the first file; the rest, and further files, are what it may refer to.
 * @throws PinfoldError for unreadable or invalid files, ProfileMissing, and whatever composing finds
 */
export const loadProfile = (files: readonly string[]): LoadedProfile => {
  const objects = files.flatMap((file) =>
    parseObjects(read(file), file).map(({ object }) => object),
  );
  const profile = objects.find(isProfile);
  if (profile === undefined) throw new PinfoldError('ProfileMissing', { file: files.join(', ') });
  return { profile, rules: compose(profile, resolverOver(objects)) };
};
