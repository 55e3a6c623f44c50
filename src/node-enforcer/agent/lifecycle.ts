/** Audit records of workloads that come under profiles, leave them, or see their mode change. Pure. */
import { instantOf } from '../../audit/record.js';
import type { LifecycleRecord, Subject } from '../../audit/record.js';
import type { Realisation } from './realise.js';

/** `now` in ms since the epoch. */
export const lifecycleRecords = (
  before: readonly Realisation[],
  after: readonly Realisation[],
  subject: Omit<Subject, 'profile' | 'generation'>,
  node: string,
  now: number,
): readonly LifecycleRecord[] => {
  const record = (
    event: LifecycleRecord['event'],
    { profile, mode }: Realisation,
    previousMode?: LifecycleRecord['previousMode'],
  ): LifecycleRecord => ({
    kind: 'lifecycle',
    time: instantOf(now),
    node,
    event,
    mode,
    ...(previousMode === undefined ? {} : { previousMode }),
    subject: { profile: profile.rules.profile, generation: profile.generation, ...subject },
  });
  const find = (list: readonly Realisation[], id: string): Realisation | undefined =>
    list.find(({ profile }) => profile.id === id);
  return [
    ...after.flatMap((next) => {
      const previous = find(before, next.profile.id);
      if (previous === undefined) return [record('Start', next)];
      return previous.mode === next.mode ? [] : [record('ModeChange', next, previous.mode)];
    }),
    ...before
      .filter(({ profile }) => find(after, profile.id) === undefined)
      .map((gone) => record('Stop', gone)),
  ];
};
