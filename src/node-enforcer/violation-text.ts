/** Violations for people: in Events and in the status of their profile. */
import type { Violation as StatusViolation } from '../api/objects.js';
import type { Instant, ViolationRecord } from '../audit/record.js';
import type { Operation } from '../policy/operation.js';

/** What was attempted, and on what. Bytes that are not UTF-8 become U+FFFD. */
export const operationText = (
  operation: Operation,
): { readonly operation: string; readonly object: string } => {
  switch (operation.kind) {
    case 'Exec':
      return { operation: 'exec', object: shown(operation.object.path) };
    case 'File':
      return { operation: operation.access.join('+'), object: shown(operation.object.path) };
    case 'Connect':
    case 'Bind': {
      const { address, port, protocol } = operation;
      const host = address.includes(':') ? `[${address}]` : address;
      return { operation: operation.kind.toLowerCase(), object: `${protocol} ${host}:${port}` };
    }
    case 'Capability':
      return { operation: 'capability', object: operation.capability };
    case 'Syscall':
      return { operation: 'syscall', object: `${operation.name} (${operation.architecture})` };
    case 'Forbidden':
      return { operation: 'forbidden', object: operation.behaviour };
  }
};

const shown = (path: string): string => path.replace(/\p{Surrogate}/gu, '\u{fffd}').slice(0, 4000);

const iso = ({ seconds, nanos }: Instant): string =>
  new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();

/** As `status.recentViolations` holds it. */
const statusViolation = (record: ViolationRecord): StatusViolation => {
  const { rule, process, node, subject } = record;
  const [namespace, pod] = subject.pod?.split('/') ?? [];
  return {
    time: iso(record.time),
    action: record.outcome === 'Denied' ? 'Denied' : 'Audited',
    class: record.class,
    ...operationText(record.operation),
    ...(rule === undefined ? {} : { rule: rule.text }),
    ...(process.exe === '' ? {} : { program: shown(process.exe) }),
    node,
    ...(namespace === undefined || pod === undefined ? {} : { namespace, pod }),
    ...(subject.container === undefined ? {} : { container: subject.container }),
    count: record.count ?? 1,
  };
};

const MAX_RECENT = 10;

const sameThing = (a: StatusViolation, b: StatusViolation): boolean =>
  a.action === b.action &&
  a.class === b.class &&
  a.operation === b.operation &&
  a.object === b.object &&
  a.program === b.program &&
  a.pod === b.pod &&
  a.container === b.container;

/** With one more in front; the same thing again moves to the front and adds up. */
const withViolation = (
  recent: readonly StatusViolation[],
  violation: StatusViolation,
): readonly StatusViolation[] => {
  const known = recent.find((other) => sameThing(other, violation));
  const count = violation.count + (known?.count ?? 0);
  return [{ ...violation, count }, ...recent.filter((other) => other !== known)].slice(
    0,
    MAX_RECENT,
  );
};

export interface ViolationAccount {
  readonly denied: number;
  readonly audited: number;
  readonly recentViolations: readonly StatusViolation[];
}

export const EMPTY_ACCOUNT: ViolationAccount = { denied: 0, audited: 0, recentViolations: [] };

/** The account with one more violation. */
export const withRecord = (
  account: ViolationAccount,
  record: ViolationRecord,
): ViolationAccount => {
  const count = record.count ?? 1;
  const denied = record.outcome === 'Denied';
  return {
    denied: account.denied + (denied ? count : 0),
    audited: account.audited + (denied ? 0 : count),
    recentViolations: withViolation(account.recentViolations, statusViolation(record)),
  };
};
