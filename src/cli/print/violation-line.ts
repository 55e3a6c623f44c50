/** One line about an audit record, for people at a terminal. */
import type { AuditRecord, ViolationRecord } from '../../audit/record.js';
import { operationText } from '../../policy/explain/text.js';
import { printable } from './printable.js';

const OUTCOMES: Readonly<Record<ViolationRecord['outcome'], string>> = {
  Denied: 'denied',
  WouldDeny: 'would be denied',
  Observed: 'not allowed and not deniable here',
};

const violationText = (record: ViolationRecord): string => {
  const times = (record.count ?? 1) > 1 ? ` (${String(record.count)} times more)` : '';
  const because =
    record.reason === 'CannotTell'
      ? 'the path cannot be established'
      : record.rule === undefined
        ? 'no rule allows it'
        : `rule ${record.rule.class}.${record.rule.list}[${String(record.rule.index)}] ${printable(record.rule.text)}`;
  const errno = record.errno === undefined ? '' : ` with ${record.errno}`;
  const by = record.process.exe === '' ? record.process.comm : record.process.exe;
  return (
    `${OUTCOMES[record.outcome]}${errno}: ${operationText(record.operation)} ` +
    `by ${printable(by)}[${String(record.process.pid)}]: ${because}${times}`
  );
};

/** Undefined for records that say nothing to somebody who watches a command run. */
export const recordLine = (record: AuditRecord): string | undefined => {
  switch (record.kind) {
    case 'violation':
      return violationText(record);
    case 'loss':
      return `${String(record.lost)} event(s) lost: ${record.detail}`;
    case 'gap':
      return `${record.code}: ${record.detail}`;
    case 'lifecycle':
      return undefined;
  }
};
