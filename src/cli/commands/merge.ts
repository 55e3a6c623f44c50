/** `pinfold merge`: one profile that allows what any of several allows. */
import { resolve } from 'node:path';
import type { AnyProfile } from '../../api/objects.js';
import { PinfoldError } from '../../errors.js';
import { profileName } from '../../policy/compose.js';
import { mergeRules } from '../../policy/merge/merge.js';
import { writeAtomically } from '../../recorder/output.js';
import type { CommandContext, RunCommand } from '../context.js';
import { onlyProfile, readObjects } from '../profiles.js';
import { printable } from '../print/printable.js';
import { serialised } from '../print/serialised.js';

export interface MergeOptions {
  readonly format: 'yaml' | 'json';
  /** Absent: stdout. */
  readonly output?: string;
  /** `metadata.name` of the result; absent: the first profile's. */
  readonly name?: string;
}

/** What the API server writes belongs to the object it was written for. */
const ownMetadata = ({ metadata }: AnyProfile, name: string | undefined) => {
  const { namespace, labels, annotations } = metadata;
  return {
    name: name ?? metadata.name,
    ...(namespace !== undefined && { namespace }),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  };
};

/** Profiles that each profile extends are united as well: each once. */
const unitedExtends = (profiles: readonly AnyProfile[]): readonly object[] => {
  const all = profiles.flatMap(({ spec }) => spec.extends ?? []);
  const byName = new Map(
    all.map((reference) => [`${reference.kind}/${reference.name}`, reference]),
  );
  return [...byName.values()];
};

/** Two base revisions cannot be named at once; leaving one out would allow less than asked for. */
const onlyRevision = (profiles: readonly AnyProfile[]): string | undefined => {
  const named = new Set(profiles.flatMap(({ spec }) => spec.baseRevision ?? []));
  if (named.size > 1) {
    const problem = `profiles are based on different revisions: ${[...named].join(', ')}`;
    throw new PinfoldError('UsageError', { problem });
  }
  return [...named][0];
};

const merged = (
  first: AnyProfile,
  profiles: readonly AnyProfile[],
  name: string | undefined,
): object => {
  const parents = unitedExtends(profiles);
  const baseRevision = onlyRevision(profiles);
  return {
    apiVersion: first.apiVersion,
    kind: first.kind,
    metadata: ownMetadata(first, name),
    spec: {
      ...first.spec,
      ...(parents.length > 0 && { extends: parents }),
      ...(baseRevision !== undefined && { baseRevision }),
      rules: mergeRules(...profiles.map(({ spec }) => spec.rules ?? {})),
    },
  };
};

const readProfiles = async (context: CommandContext, files: readonly string[]) => {
  const profiles: AnyProfile[] = [];
  for (const file of files) profiles.push(onlyProfile(file, await readObjects(context, file)));
  return profiles;
};

/** Throws what reading and merging throw, UsageError for profiles that do not go together, OutputFailed. */
export const run: RunCommand<MergeOptions> = async (context, { format, output, name }, files) => {
  const profiles = await readProfiles(context, files);
  const [first] = profiles;
  if (first === undefined) throw new PinfoldError('UsageError', { problem: 'no file was given' });
  const other = profiles.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) {
    const problem = `${profileName(first)} is a ${first.kind} and ${profileName(other)} a ${other.kind}`;
    throw new PinfoldError('UsageError', { problem });
  }
  // A name of a file may hold a line break, which would end the comment.
  const sources = files.map(printable).join(', ');
  const text = serialised(merged(first, profiles, name), format);
  const commented = format === 'yaml' ? `# Merged by pinfold from ${sources}.\n${text}` : text;
  if (output === undefined) context.stdout.write(commented);
  else await writeAtomically(resolve(context.cwd, output), commented);
  return 0;
};
