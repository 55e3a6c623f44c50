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
  const cgroups = enforced.map(({ cgroup }) => cgroup);
  const kept =
    cgroups.length === 0
      ? 'nothing was enforced'
      : `network denial stayed in force, without records, in ${cgroups.join(', ')}`;
  const seconds = ((now - beat.at) / 1000).toFixed(1);
  return {
    kind: 'gap',
    time: instantOf(now),
    firstTime: instantOf(beat.at),
    node,
    code: 'NotRunning',
    detail:
      `pinfold up was ${beat.stopped ? 'stopped' : 'killed'}: ` +
      `nothing was recorded, audited or reported for ${seconds} s; ${kept}`,
  };
};

/** Marks this node's recordings as incomplete: the process that made them could not finish them. */
export const markInterrupted = async (store: ObjectStore, node: string): Promise<void> => {
  for (const recording of await store.list('RecordedBehavior')) {
    const { spec } = recording;
    if (spec.node !== node || spec.lost?.interrupted !== undefined) continue;
    await store.apply({ ...recording, spec: { ...spec, lost: { ...spec.lost, interrupted: 1 } } });
  }
};

/** Cgroups whose network is refused under these plans, by programs there or further out. */
export const enforcedBy = (plans: readonly WorkloadPlan[]): readonly Enforced[] =>
  plans
    .filter(({ network, attachment }) => network !== undefined || attachment === 'Lasting')
    .map(({ cgroup, realisations }) => ({
      cgroup,
      profiles: realisations.map(({ profile }) => profile.id),
    }));
