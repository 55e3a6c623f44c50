/** From profiles in force and cgroups that exist to what each cgroup's slot shall do. Pure. */
import type { NetworkTable } from '../../bpf/network-rules.js';
import type { SlotConfiguration } from '../../bpf/session.js';
import { PinfoldError } from '../../errors.js';
import { intersectTables } from './intersect.js';
import type { Realisation } from './realise.js';
import type { Shortfall } from './report.js';

/** A realised profile and the cgroups that it names, as absolute paths below the hierarchy's mount. */
export interface Placement {
  readonly realisation: Realisation;
  readonly cgroups: readonly string[];
}

/** `Lasting`: the programs stay with the cgroup when this process is gone. */
export type Attachment = 'None' | 'Link' | 'Lasting';

export interface WorkloadPlan {
  readonly cgroup: string;
  /** In a fixed order: equal plans are equal texts. */
  readonly realisations: readonly Realisation[];
  readonly attachment: Attachment;
  readonly network?: NetworkTable;
  /** Why this cannot be put in force: what was before stays. */
  readonly problem?: PinfoldError;
}

/** Whether a cgroup is another one or lies below it. */
export const isWithin = (inner: string, outer: string): boolean =>
  outer === '/' || inner === outer || inner.startsWith(`${outer}/`);

const observes = ({ mode, observes: isObserved }: Realisation): boolean =>
  mode === 'Record' || isObserved;

const attachmentFor = (realisations: readonly Realisation[]): Attachment => {
  if (realisations.some(({ network }) => network !== undefined)) return 'Lasting';
  return realisations.some(observes) ? 'Link' : 'None';
};

const STRENGTH: readonly Attachment[] = ['None', 'Link', 'Lasting'];

const tableOf = (
  tables: readonly NetworkTable[],
): { readonly network?: NetworkTable; readonly problem?: PinfoldError } => {
  try {
    const network = intersectTables(tables);
    return network === undefined ? {} : { network };
  } catch (error) {
    if (error instanceof PinfoldError) return { problem: error };
    throw error;
  }
};

/**
 * One plan for each cgroup that exists and is named. A profile also holds for what is named below
 * its cgroups, because a task has one slot: that of the nearest cgroup. Programs that an outer cgroup
 * has run for the inner ones too and are not attached twice, or each call would count double.
 * `held`: cgroups that have a slot already; their tasks keep it as long as they live.
 */
export const planWorkloads = (
  placements: readonly Placement[],
  exists: (cgroup: string) => boolean,
  held: readonly string[] = [],
): readonly WorkloadPlan[] => {
  const all = new Set([...placements.flatMap(({ cgroups }) => cgroups), ...held]);
  const named = [...all].filter(exists).sort();
  const plans: WorkloadPlan[] = [];
  for (const cgroup of named) {
    const realisations = placements
      .filter(({ cgroups }) => cgroups.some((outer) => isWithin(cgroup, outer)))
      .map(({ realisation }) => realisation)
      .filter(({ mode, observes: isObserved }) => mode !== 'Disabled' || isObserved)
      .toSorted((a, b) => (a.profile.id < b.profile.id ? -1 : 1));
    const wanted = attachmentFor(realisations);
    const covered = plans.some(
      (outer) =>
        isWithin(cgroup, outer.cgroup) &&
        STRENGTH.indexOf(outer.attachment) >= STRENGTH.indexOf(wanted),
    );
    const tables = realisations.flatMap(({ network }) => (network === undefined ? [] : [network]));
    const network = tableOf(tables);
    plans.push({
      cgroup,
      realisations,
      attachment: covered ? 'None' : wanted,
      ...network,
    });
  }
  return plans;
};

/** Whether the same versions of the same profiles are in force: then what was seen was judged. */
export const sameRealisations = (a: readonly Realisation[], b: readonly Realisation[]): boolean =>
  a.length === b.length && a.every(({ profile }, index) => b[index]?.profile === profile);

const limitsSyscalls = ({ profile: { rules } }: Realisation): boolean =>
  rules.syscalls.allow !== undefined || rules.syscalls.deny.length > 0 || rules.forbid.length > 0;

/** What the kernel does for the slot. */
export const slotConfiguration = ({ realisations, network }: WorkloadPlan): SlotConfiguration => ({
  observe: realisations.some(observes),
  syscalls: realisations.some(
    (each) => each.mode === 'Record' || (each.observes && limitsSyscalls(each)),
  ),
  denials: false,
  enforce: network !== undefined,
  generation: Math.max(0, ...realisations.map(({ profile }) => profile.generation)),
  capabilitiesLost: 0n,
  ...(network === undefined ? {} : { network }),
});

/**
 * Why the profile holds for less than it names, or undefined. No `cgroups`: it selects pods only.
 * `holdsUs`: whether this process is in the cgroup; it would record and refuse itself.
 */
export const unmatched = (
  cgroups: readonly string[] | undefined,
  exists: (cgroup: string) => boolean,
  holdsUs: (cgroup: string) => boolean,
): Shortfall | undefined => {
  if (cgroups === undefined)
    return {
      reason: 'Standalone',
      message:
        'pods are matched in a cluster only; name cgroups in a ClusterSecurityProfile, or use `pinfold run --profile`',
    };
  const own = cgroups.filter(holdsUs);
  if (own.length > 0)
    return { reason: 'HoldsPinfold', message: `pinfold itself runs in ${own.join(', ')}` };
  const missing = cgroups.filter((cgroup) => !exists(cgroup));
  if (missing.length === 0) return undefined;
  return { reason: 'NoMatch', message: `no such cgroup now: ${missing.join(', ')}` };
};
