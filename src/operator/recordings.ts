/** Makes revisions of recordings that ended, and keeps their number down. */
import type { AnyProfile, ObjectOf, ProfileRevision, RecordedBehavior } from '../api/objects.js';
import { isProfile } from '../api/objects.js';
import { PinfoldError } from '../errors.js';
import { keyOf } from '../store/object-key.js';
import type { ObjectStore } from '../store/store.js';
import type { ProfileReport } from './report.js';
import { belongsTo, newestFirst, revisionFrom, superfluous } from './revision.js';

/** What is to be done with a profile's recordings. */
export type RecordingStep =
  | { readonly kind: 'Nothing' }
  /** They go on: what they hold so far becomes a revision. */
  | { readonly kind: 'Conclude' }
  /** They ended: the revision replaces them. */
  | { readonly kind: 'Finish' };

/**
 * `closing`: the operator ends, and what was learned shall not wait for its next start. A recording
 * counts as ended only when no node records any more: until then its last part is still to come.
 */
export const recordingStep = (
  profile: AnyProfile,
  recordings: readonly RecordedBehavior[],
  reports: readonly ProfileReport[],
  closing: boolean,
): RecordingStep => {
  const sawAnything = recordings.some(
    ({ spec }) => (spec.execs?.length ?? 0) + (spec.syscalls?.length ?? 0) > 0,
  );
  if (recordings.length === 0) return { kind: 'Nothing' };
  const active =
    profile.spec.mode === 'Record' || reports.some((report) => report.mode === 'Record');
  if (!active) return { kind: 'Finish' };
  if (!sawAnything) return { kind: 'Nothing' };
  return closing || recordings.some(({ spec }) => spec.cleanStop)
    ? { kind: 'Conclude' }
    : { kind: 'Nothing' };
};

const ofProfile = async <K extends 'RecordedBehavior' | 'ProfileRevision'>(
  store: ObjectStore,
  kind: K,
  profile: AnyProfile,
): Promise<readonly ObjectOf<K>[]> =>
  (await store.list(kind)).filter((object) => belongsTo(object, profile));

/** Names of revisions that some profile is based on. */
const neededRevisions = async (store: ObjectStore): Promise<ReadonlySet<string>> => {
  const profiles = [
    ...(await store.list('SecurityProfile')),
    ...(await store.list('ClusterSecurityProfile')),
  ].filter(isProfile);
  return new Set(
    profiles.flatMap(({ spec, status }) =>
      [spec.baseRevision, status?.latestRevision].filter((name) => name !== undefined),
    ),
  );
};

const keep = async (store: ObjectStore, revision: ProfileRevision): Promise<boolean> => {
  const known = await store.get(keyOf(revision));
  if (known?.kind !== 'ProfileRevision') {
    await store.apply(revision);
    return true;
  }
  if (known.spec.hash === revision.spec.hash) return false;
  throw new PinfoldError('Internal', {
    problem: `two recordings lead to the name ${revision.metadata.name}`,
  });
};

export interface Revised {
  /** The revision that `Latest` stands for. */
  readonly latest?: ProfileRevision;
  /** Whether it is new. */
  readonly created: boolean;
}

/** Acts on `recordingStep` and says which revision is the latest. */
export const reviseRecordings = async (
  store: ObjectStore,
  profile: AnyProfile,
  reports: readonly ProfileReport[],
  closing: boolean,
): Promise<Revised> => {
  const recordings = await ofProfile(store, 'RecordedBehavior', profile);
  const step = recordingStep(profile, recordings, reports, closing);
  let made: ProfileRevision | undefined;
  let created = false;
  if (step.kind !== 'Nothing') {
    const revision = revisionFrom(profile, recordings);
    if (revision.spec.provenance.events > 0) {
      created = await keep(store, revision);
      made = revision;
    }
  }
  if (step.kind === 'Finish')
    for (const recording of recordings) await store.delete(keyOf(recording));
  const all = await ofProfile(store, 'ProfileRevision', profile);
  const current =
    made?.metadata.name ?? profile.status?.latestRevision ?? newestFirst(all)[0]?.metadata.name;
  const latest = all.find(({ metadata }) => metadata.name === current) ?? newestFirst(all)[0];
  const needed = new Set(await neededRevisions(store));
  if (latest !== undefined) needed.add(latest.metadata.name);
  for (const revision of superfluous(all, needed)) await store.delete(keyOf(revision));
  return { ...(latest === undefined ? {} : { latest }), created };
};
