/** An audit record as one line for people: time, outcome, class, object, profile, process. */
import type { AuditRecord, Outcome, Subject, ViolationRecord } from '../../audit/record.js';
import type { Instant } from '../../audit/record.js';
import type { Colours } from '../colours.js';
import { objectText } from '../print/object-text.js';
import { printable } from '../print/printable.js';

/** To the millisecond, in UTC. */
const timeText = ({ seconds, nanos }: Instant): string =>
  new Date(seconds * 1000 + Math.floor(nanos / 1_000_000)).toISOString();

/** Widths of the columns whose values are words of ours. */
const OUTCOME_WIDTH = 'WouldDeny'.length;
const CLASS_WIDTH = 'capabilities'.length;

const paintOf = (outcome: Outcome, colour: Colours): ((text: string) => string) =>
  outcome === 'Denied' ? colour.red : colour.yellow;

const whyText = ({ reason, rule, operation }: ViolationRecord): string => {
  switch (reason) {
    case 'NotAllowed':
      return 'no rule allows it';
    case 'DeniedByRule':
      return rule === undefined ? 'denied by a rule' : `denied by ${rule.text}`;
    case 'CannotTell': {
      const doubt = 'object' in operation ? (operation.object.doubt ?? '') : '';
      return `path in doubt${doubt === '' ? '' : `: ${doubt}`}`;
    }
  }
};

const whereText = ({ profile, pod, container }: Subject): string =>
  [
    profile,
    ...(pod === undefined ? [] : [pod]),
    ...(container === undefined ? [] : [container]),
  ].join(' ');

const violationText = (record: ViolationRecord, colour: Colours): string => {
  const { outcome, operation, subject, process, errno, count = 1, source } = record;
  const notes = [
    whyText(record),
    ...(errno === undefined ? [] : [errno]),
    ...(source === 'argument' ? ['object from the argument'] : []),
    ...(count > 1 ? [`x${count}`] : []),
  ];
  return [
    paintOf(outcome, colour)(outcome.padEnd(OUTCOME_WIDTH)),
    record.class.padEnd(CLASS_WIDTH),
    printable(objectText(operation)),
    colour.cyan(printable(whereText(subject))),
    printable(`${process.exe}[${process.pid}]`),
    colour.dim(printable(`(${notes.join(', ')})`)),
  ].join('  ');
};

const otherText = (record: Exclude<AuditRecord, ViolationRecord>, colour: Colours): string => {
  switch (record.kind) {
    case 'gap': {
      const about = record.subject === undefined ? '' : `  ${whereText(record.subject)}`;
      const head = colour.yellow('Gap'.padEnd(OUTCOME_WIDTH));
      const ruleClass = (record.class ?? '').padEnd(CLASS_WIDTH);
      return `${head}  ${ruleClass}  ${printable(`${record.code}: ${record.detail}${about}`)}`;
    }
    case 'loss':
      return `${colour.red('Loss'.padEnd(OUTCOME_WIDTH))}  ${record.where.padEnd(CLASS_WIDTH)}  ${printable(`${record.lost} records: ${record.detail}`)}`;
    case 'lifecycle': {
      const { event, mode, previousMode, subject, exitCode, signal } = record;
      const modes = previousMode === undefined ? mode : `${previousMode} → ${mode}`;
      const end = exitCode === undefined ? (signal ?? '') : `exit status ${exitCode}`;
      const text = [modes, whereText(subject), ...(end === '' ? [] : [end])].join('  ');
      return colour.dim(`${event.padEnd(OUTCOME_WIDTH + 2 + CLASS_WIDTH)}  ${printable(text)}`);
    }
  }
};

/** Without its end; safe for a terminal. */
export const recordText = (record: AuditRecord, colour: Colours): string =>
  `${timeText(record.time)}  ${
    record.kind === 'violation' ? violationText(record, colour) : otherText(record, colour)
  }`;
