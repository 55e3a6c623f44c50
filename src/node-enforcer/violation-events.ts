/** Violations as Kubernetes Events: the note is constant for what it is about, the count is in the series. */
import type { Outcome, ViolationRecord } from '../audit/record.js';
import type { Operation } from '../policy/operation.js';
import type { ObjectEvent, ObjectKey } from '../store/store.js';

export const REASONS: Readonly<Record<Outcome, string>> = {
  Denied: 'PinfoldDenied',
  WouldDeny: 'PinfoldWouldDeny',
  Observed: 'PinfoldObserved',
};

const ENDINGS: Readonly<Record<Outcome, string>> = {
  Denied: 'denied by profile',
  WouldDeny: 'would be denied by profile',
  Observed: 'not allowed, and not deniable here, by profile',
};

/** `exec /usr/bin/nc`, `open /etc/shadow [Read]`, `connect TCP 10.0.0.1:443`. */
export const operationNote = (operation: Operation): string => {
  switch (operation.kind) {
    case 'Exec':
      return `exec ${operation.object.path}`;
    case 'File':
      return `open ${operation.object.path} [${operation.access.join(', ')}]`;
    case 'Connect':
    case 'Bind': {
      const { address, port, protocol } = operation;
      const host = address.includes(':') ? `[${address}]` : address;
      return `${operation.kind.toLowerCase()} ${protocol} ${host}:${String(port)}`;
    }
    case 'Capability':
      return `capability ${operation.capability}`;
    case 'Syscall':
      return `syscall ${operation.name} (${operation.architecture})`;
    case 'Forbidden':
      return `behaviour ${operation.behaviour}`;
  }
};

/** Longest note that the API server takes. */
const MAX_NOTE = 1024;

export const eventOf = (record: ViolationRecord, regarding: ObjectKey): ObjectEvent => ({
  regarding,
  type: 'Warning',
  reason: REASONS[record.outcome],
  action: record.operation.kind,
  note: `${operationNote(record.operation)} ${ENDINGS[record.outcome]} ${record.subject.profile}`.slice(
    0,
    MAX_NOTE,
  ),
  count: record.count ?? 1,
  at: record.time.seconds * 1000 + Math.floor(record.time.nanos / 1e6),
});
