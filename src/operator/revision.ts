/** ProfileRevisions: made from recordings, named after their content, never changed. */
import { createHash } from 'node:crypto';
import type {
  AnyProfile,
  ProfileRevision,
  RecordedBehavior,
  RevisionProvenance,
  Rules,
} from '../api/objects.js';
import { API_VERSION } from '../api/objects.js';
import type { Behaviour } from '../recorder/behaviour.js';
import { generalise, rulesOf } from '../recorder/generalise.js';
import { canonical } from '../store/canonical.js';
import { mergeRecordings } from './merge-recordings.js';
import { namespaceOf } from './own-namespace.js';

/** Revisions kept of a profile, besides those that some profile is based on; design §3. */
export const REVISION_HISTORY_LIMIT = 10;

const MAX_NAME = 253;

/** `sha256:` and the digest of the rules in canonical form. */
export const hashOf = (rules: Rules): string =>
  `sha256:${createHash('sha256').update(canonical(rules)).digest('hex')}`;

/**
 * `<profile>-<8 digits>`, of the rules and of what decides whether they may be enforced: the same rules
 * from a recording that saw a start are another revision.
 */
export const revisionName = (
  profile: string,
  hash: string,
  { startNotSeen, incomplete }: Pick<RevisionProvenance, 'startNotSeen' | 'incomplete'>,
): string => {
  const content = createHash('sha256').update(canonical({ hash, startNotSeen, incomplete }));
  return `${profile.slice(0, MAX_NAME - 9)}-${content.digest('hex').slice(0, 8)}`;
};

const eventsIn = ({ execs, files, sockets, capabilities, syscalls }: Behaviour): number =>
  [
    ...execs.values(),
    ...files.values(),
    ...sockets.values(),
    ...capabilities.values(),
    ...[...syscalls.values()].flatMap((names) => [...names.values()]),
  ].reduce((sum, { count }) => sum + count, 0);

const provenanceOf = (
  recordings: readonly RecordedBehavior[],
  behaviour: Behaviour,
): RevisionProvenance => {
  const specs = recordings.map(({ spec }) => spec);
  const losses = Object.entries(behaviour.lost).filter(([, count]) => count > 0n);
  const lost = Object.fromEntries(losses.map(([name, count]) => [name, Number(count)]));
  const notes = [...behaviour.notes.values()].slice(0, 64);
  return {
    recordedFrom: specs.map(({ startedAt }) => startedAt).toSorted()[0] ?? '',
    recordedUntil:
      specs
        .map(({ updatedAt }) => updatedAt)
        .toSorted()
        .at(-1) ?? '',
    containers: specs.reduce((sum, { containers }) => sum + (containers ?? 0), 0),
    nodes: [...new Set(specs.map(({ node }) => node))].sort().slice(0, 100),
    events: eventsIn(behaviour),
    startNotSeen: !behaviour.startSeen,
    cleanStop: specs.some(({ cleanStop }) => cleanStop),
    incomplete: losses.length > 0,
    ...(losses.length === 0 ? {} : { lost }),
    ...(notes.length === 0 ? {} : { notes: notes.map((note) => ({ ...note })) }),
  };
};

/** The revision that these recordings of the profile lead to; at least one. */
export const revisionFrom = (
  profile: AnyProfile,
  recordings: readonly RecordedBehavior[],
): ProfileRevision => {
  const behaviour = mergeRecordings(recordings.map(({ spec }) => spec));
  const provenance = provenanceOf(recordings, behaviour);
  const rules = rulesOf(generalise(behaviour));
  const hash = hashOf(rules);
  const { kind, apiVersion, metadata } = profile;
  const { name, uid } = metadata;
  return {
    apiVersion: API_VERSION,
    kind: 'ProfileRevision',
    metadata: {
      name: revisionName(name, hash, provenance),
      namespace: namespaceOf(profile),
      ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion, kind, name, uid }] }),
    },
    spec: {
      profile: { kind, name, ...(uid === undefined ? {} : { uid }) },
      hash,
      rules,
      provenance,
    },
  };
};

/** Whether a recording or revision belongs to the profile. */
export const belongsTo = (
  { metadata, spec }: RecordedBehavior | ProfileRevision,
  profile: AnyProfile,
): boolean =>
  spec.profile.kind === profile.kind &&
  spec.profile.name === profile.metadata.name &&
  metadata.namespace === namespaceOf(profile);

const recordedUntil = ({ spec }: ProfileRevision): string => spec.provenance.recordedUntil;

/** Newest recording first; of equals, by name. */
export const newestFirst = (revisions: readonly ProfileRevision[]): readonly ProfileRevision[] =>
  revisions.toSorted((a, b) => {
    const [x, y] = [recordedUntil(a), recordedUntil(b)];
    if (x !== y) return x < y ? 1 : -1;
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });

/** Which of a profile's revisions are to be removed: the oldest beyond the limit that nothing needs. */
export const superfluous = (
  revisions: readonly ProfileRevision[],
  needed: ReadonlySet<string>,
): readonly ProfileRevision[] =>
  newestFirst(revisions)
    .slice(REVISION_HISTORY_LIMIT)
    .filter(({ metadata }) => !needed.has(metadata.name));
