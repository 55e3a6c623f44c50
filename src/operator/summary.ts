/** Several nodes' reports of one profile as one. */
import type { Gap, ProfileCounts, Violation } from '../api/objects.js';
import type { Mode, ProfileReport, Shortfall } from './report.js';

const MAX_GAPS = 100;
const MAX_VIOLATIONS = 10;

/** From the weakest to the strongest. */
const STRENGTH: readonly Mode[] = ['Disabled', 'Record', 'Audit', 'Enforce'];

/** The weakest mode that a node with something to hold for has realised. */
export const weakestMode = (reports: readonly ProfileReport[]): Mode | undefined =>
  STRENGTH.find((mode) => reports.some((report) => report.mode === mode));

/** The lowest generation in force anywhere; absent: none is. */
export const lowestGeneration = (reports: readonly ProfileReport[]): number | undefined => {
  const known = reports.flatMap(({ generation }) => (generation === undefined ? [] : [generation]));
  return known.length === 0 ? undefined : Math.min(...known);
};

const sum = (reports: readonly ProfileReport[], of: (report: ProfileReport) => number): number =>
  reports.reduce((total, report) => total + of(report), 0);

/** One entry for each part, with the number of nodes that cannot enforce it. */
export const unitedGaps = (reports: readonly ProfileReport[]): readonly Gap[] => {
  const gaps = new Map<string, Gap>();
  for (const { gaps: own } of reports)
    for (const gap of own) {
      const key = [gap.class, gap.reason, gap.item].join('\0');
      gaps.set(key, { ...gap, nodes: (gaps.get(key)?.nodes ?? 0) + 1 });
    }
  return [...gaps.values()];
};

export interface Summary {
  readonly counts: ProfileCounts;
  readonly gaps: readonly Gap[];
  readonly recentViolations: readonly Violation[];
  readonly degraded?: Shortfall;
  readonly unmatched?: Shortfall;
}

export const summaryOf = (reports: readonly ProfileReport[]): Summary => {
  const gaps = unitedGaps(reports);
  const degraded = reports.find((report) => report.degraded !== undefined)?.degraded;
  const unmatched = reports.find((report) => report.unmatched !== undefined)?.unmatched;
  return {
    counts: {
      matchedContainers: sum(reports, ({ containers }) => containers),
      denied: sum(reports, ({ denied }) => denied),
      audited: sum(reports, ({ audited }) => audited),
      gaps: Math.max(gaps.length, ...reports.map(({ gapCount }) => gapCount ?? 0)),
    },
    gaps: gaps.slice(0, MAX_GAPS),
    recentViolations: reports
      .flatMap((report) => report.recentViolations)
      .toSorted((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0))
      .slice(0, MAX_VIOLATIONS),
    ...(degraded === undefined ? {} : { degraded }),
    ...(unmatched === undefined ? {} : { unmatched }),
  };
};
