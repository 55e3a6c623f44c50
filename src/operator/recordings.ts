/** Makes revisions of recordings that ended, and keeps their number down. */
import type { AnyProfile, ObjectOf, ProfileRevision, RecordedBehavior } from '../api/objects.js';
import { isProfile } from '../api/objects.js';
import { PinfoldError } from '../errors.js';
import { keyOf } from '../store/object-key.js';
import type { ObjectStore } from '../store/store.js';
import type { NodeReports, ProfileReport } from './report.js';
import { itemCount } from '../recorder/saw.js';
import { mergeRecordings } from './merge-recordings.js';
import { belongsTo, newestFirst, revisionFrom, superfluous } from './revision.js';

/** ms after which the recording of a node that is no longer in the cluster is taken as it is. */
const LEFT_MS = 600_000;

/** What is to be done with a profile's recordings. */
export type RecordingStep =
  | { readonly kind: 'Nothing' }
  /** They go on: what they hold so far becomes a revision. */
  | { readonly kind: 'Conclude' }
  /** They ended: the revision replaces them. */
  | { readonly kind: 'Finish' };

/**
 * `closing`: the operator ends, and what was learned shall not wait for its next start. A recording
 * has ended when no node records any more and each has written its last part, or has left (`isLeft`).
 */
export const recordingStep = (
  profile: AnyProfile,
  recordings: readonly RecordedBehavior[],
  reports: readonly ProfileReport[],
  closing: boolean,
  isLeft: (recording: RecordedBehavior) => boolean = () => false,
): RecordingStep => {
  const whole = (recording: RecordedBehavior): boolean =>
    recording.spec.finished || isLeft(recording);
  const sawAnything = recordings.some(
    ({ spec }) => (spec.execs?.length ?? 0) + (spec.syscalls?.length ?? 0) > 0,
  );
  if (recordings.length === 0) return { kind: 'Nothing' };
  const active =
    profile.spec.mode === 'Record' || reports.some((report) => report.mode === 'Record');
  if (!active) return recordings.every(whole) ? { kind: 'Finish' } : { kind: 'Nothing' };
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

/** What recordings under way hold so far. */
export interface Learning {
  readonly items: number;
  readonly startNotSeen: boolean;
  readonly incomplete: boolean;
}

const learningOf = (recordings: readonly RecordedBehavior[]): Learning => {
  const behaviour = mergeRecordings(recordings.map(({ spec }) => spec));
  return {
    items: itemCount(behaviour),
    startNotSeen: !behaviour.startSeen,
    incomplete: Object.values(behaviour.lost).some((count) => count > 0n),
  };
};

export interface Revised {
  /** The revision that `Latest` stands for. */
  readonly latest?: ProfileRevision;
  /** Whether it is new. */
  readonly created: boolean;
  /** Absent: nothing is recorded. */
  readonly learning?: Learning;
}

/** Acts on `recordingStep` and says which revision is the latest. `now` in ms since the epoch. */
export const reviseRecordings = async (
  store: ObjectStore,
  profile: AnyProfile,
  reports: NodeReports,
  closing: boolean,
  now: number,
): Promise<Revised> => {
  const recordings = await ofProfile(store, 'RecordedBehavior', profile);
  const reported = reports.of(keyOf(profile));
  const isLeft = ({ spec }: RecordedBehavior): boolean =>
    reports.has?.(spec.node) === false && now - Date.parse(spec.updatedAt) > LEFT_MS;
  const step = recordingStep(profile, recordings, reported, closing, isLeft);
  const revision = step.kind === 'Nothing' ? undefined : revisionFrom(profile, recordings);
  const made = revision !== undefined && revision.spec.provenance.events > 0 ? revision : undefined;
  const created = made !== undefined && (await keep(store, made));
  if (step.kind === 'Finish')
    for (const recording of recordings) await store.delete(keyOf(recording));
  const stored = await ofProfile(store, 'ProfileRevision', profile);
  // What was just made may not have reached the store's own memory yet.
  const all =
    made === undefined || stored.some(({ metadata }) => metadata.name === made.metadata.name)
      ? stored
      : [...stored, made];
  const current =
    made?.metadata.name ?? profile.status?.latestRevision ?? newestFirst(all)[0]?.metadata.name;
  const latest = all.find(({ metadata }) => metadata.name === current) ?? newestFirst(all)[0];
  const needed = new Set(await neededRevisions(store));
  if (latest !== undefined) needed.add(latest.metadata.name);
  for (const revision of superfluous(all, needed)) await store.delete(keyOf(revision));
  return {
    ...(latest === undefined ? {} : { latest }),
    created,
    ...(recordings.length === 0 || step.kind === 'Finish'
      ? {}
      : { learning: learningOf(recordings) }),
  };
};
