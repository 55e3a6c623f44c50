/** One record of each kind, as in docs/audit-record.md. */
import type { AuditRecord, ViolationRecord } from '../../../src/audit/record.js';

const time = { seconds: 1760000000, nanos: 123456789 };

export const violationExample: ViolationRecord = {
  kind: 'violation',
  time,
  node: 'worker-1',
  cpu: 1,
  sequence: 4711,
  severity: 'High',
  mode: 'Enforce',
  outcome: 'Denied',
  class: 'files',
  operation: { kind: 'File', object: { path: '/etc/shadow' }, access: ['Read'] },
  source: 'object',
  reason: 'NotAllowed',
  errno: 'EACCES',
  subject: { profile: 'shop/web', generation: 3, cgroup: 12345 },
  process: { pid: 1234, tid: 1234, uid: 33, exe: '/usr/sbin/nginx', comm: 'nginx' },
};

export const examples: readonly AuditRecord[] = [violationExample];
