/** What an earlier process left: a time without records, recordings without their last part, programs. */
import { instantOf } from '../../audit/record.js';
import type { GapRecord } from '../../audit/record.js';
import type { ObjectStore } from '../../store/store.js';
import type { WorkloadPlan } from './plan.js';
import type { Enforced, Heartbeat } from './runtime-files.js';

/** From its last sign of life to `now`, in ms since the epoch. */
export const gapRecord = (
  beat: Heartbeat,
  enforced: readonly Enforced[],
  node: string,
  now: number,
): GapRecord => {
  const kept =
    enforced.length === 0
      ? 'nothing was enforced'
      : `what the kernel refuses by itself went on in ${listed(enforced)}`;
  const seconds = ((now - beat.at) / 1000).toFixed(1);
  return {
    kind: 'gap',
    time: instantOf(now),
    firstTime: instantOf(beat.at),
    node,
    code: 'NotRunning',
    detail:
      `the agent was ${beat.stopped ? 'stopped' : 'killed'}: ` +
      `nothing was recorded, audited or reported for ${seconds} s; ${kept}`,
  };
};

const NAMED = 20;

const listed = (enforced: readonly Enforced[]): string => {
  const names = enforced.slice(0, NAMED).map(({ cgroup }) => cgroup);
  const more = enforced.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/**
 * Ends this node's recordings that an earlier process did not finish: it was killed, so its last part
 * is missing, and they are marked as incomplete.
 */
export const finishInterrupted = async (store: ObjectStore, node: string): Promise<void> => {
  for (const recording of await store.list('RecordedBehavior')) {
    const { spec } = recording;
    if (spec.node !== node || spec.finished) continue;
    const lost = { ...spec.lost, interrupted: 1 };
    await store.apply({ ...recording, spec: { ...spec, finished: true, lost } });
  }
};

/** Cgroups where something is refused under these plans without this process. */
export const enforcedBy = (plans: readonly WorkloadPlan[]): readonly Enforced[] =>
  plans
    .filter(
      ({ network, attachment, realisations }) =>
        network !== undefined ||
        attachment === 'Lasting' ||
        realisations.some(({ judgedBy, mode }) => judgedBy === 'Kernel' && mode === 'Enforce'),
    )
    .map(({ cgroup, realisations }) => ({
      cgroup,
      profiles: realisations.map(({ profile }) => profile.id),
    }));
