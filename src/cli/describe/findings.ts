/** What became of an object: conditions, counts, gaps, last violations, Events. */
import { isProfile } from '../../api/objects.js';
import type { AnyProfile, PinfoldObject } from '../../api/objects.js';
import type { StoredEvent } from '../../store/store.js';
import { ageText, seriesAge } from '../print/age.js';
import { fieldLines } from '../print/table.js';
import { section, tableSection } from './block.js';

type ProfileStatus = NonNullable<AnyProfile['status']>;

const conditionsOf = (object: PinfoldObject): NonNullable<ProfileStatus['conditions']> =>
  'status' in object ? (object.status.conditions ?? []) : [];

const conditionLines = (object: PinfoldObject, now: number): readonly string[] =>
  tableSection(
    'Conditions',
    ['Type', 'Status', 'Age', 'Reason', 'Message'],
    conditionsOf(object).map(({ type, status, lastTransitionTime, reason, message }) => [
      type,
      status,
      ageText(lastTransitionTime, now),
      reason,
      message,
    ]),
  );

const countLines = ({ counts }: ProfileStatus): readonly string[] =>
  section(
    'Counts',
    counts === undefined
      ? []
      : fieldLines([
          ['Matched Containers', String(counts.matchedContainers)],
          ['Denied', String(counts.denied)],
          ['Audited', String(counts.audited)],
          ['Gaps', String(counts.gaps)],
        ]),
  );

const gapLines = ({ gaps = [] }: ProfileStatus): readonly string[] =>
  tableSection(
    'Gaps',
    ['Class', 'Rule', 'Reason', 'Message'],
    gaps.map(({ class: name, item, reason, message }) => [name, item, reason, message]),
  );

const violationLines = ({ recentViolations = [] }: ProfileStatus, now: number) =>
  tableSection(
    'Recent Violations',
    ['Age', 'Action', 'Class', 'Operation', 'Object', 'Rule', 'Program', 'Count'],
    recentViolations.map((violation) => [
      ageText(violation.time, now),
      violation.action,
      violation.class,
      violation.operation,
      violation.object,
      violation.rule ?? '<no rule>',
      violation.program ?? '',
      String(violation.count),
    ]),
  );

/** Events as kubectl shows them, oldest first. */
export const eventLines = (events: readonly StoredEvent[], now: number): readonly string[] =>
  tableSection(
    'Events',
    ['Type', 'Reason', 'Age', 'From', 'Message'],
    [...events]
      .sort((a, b) => a.lastSeen - b.lastSeen)
      .map((event) => [event.type, event.reason, seriesAge(event, now), 'pinfold', event.note]),
  );

/** Everything after the spec. `now` in ms since the epoch. */
export const findingLines = (
  object: PinfoldObject,
  events: readonly StoredEvent[],
  now: number,
): readonly string[] => {
  const status = isProfile(object) ? (object.status ?? {}) : undefined;
  return [
    ...conditionLines(object, now),
    ...(status === undefined
      ? []
      : [...countLines(status), ...gapLines(status), ...violationLines(status, now)]),
    ...eventLines(events, now),
  ];
};
