/** One record of each kind, as docs/audit-record.md shows them. */
import type { AuditRecord, ViolationRecord } from '../../../src/audit/record.js';

const time = { seconds: 1760000000, nanos: 123456789 };
const node = 'worker-1';

/** Nothing was refused: no errno. */
const unrefused: ViolationRecord = {
  kind: 'violation',
  time,
  node,
  cpu: 1,
  sequence: 4711,
  severity: 'High',
  mode: 'Enforce',
  outcome: 'Denied',
  class: 'files',
  operation: { kind: 'File', object: { path: '/etc/shadow' }, access: ['Read'] },
  source: 'object',
  reason: 'NotAllowed',
  subject: { profile: 'shop/web', generation: 3, cgroup: 12345 },
  process: { pid: 1234, tid: 1234, uid: 33, exe: '/usr/sbin/nginx', comm: 'nginx' },
};

export const violationExample: ViolationRecord = { ...unrefused, errno: 'EACCES' };

/** By the heading under which the document shows it. */
export const examples: ReadonlyMap<string, AuditRecord> = new Map<string, AuditRecord>([
  ['File', violationExample],
  [
    'Exec',
    {
      ...violationExample,
      class: 'exec',
      operation: { kind: 'Exec', object: { path: '/usr/bin/nc' } },
      source: 'argument',
      reason: 'DeniedByRule',
      rule: {
        profile: 'shop/base-nginx',
        class: 'exec',
        list: 'deny',
        index: 0,
        text: '/usr/bin/nc',
      },
      subject: {
        profile: 'shop/web',
        revision: 'web-7f3a',
        generation: 3,
        pod: 'shop/web-6d4cf56db6-x7lqz',
        container: 'nginx',
        containerId: '3f4e9a1b2c5d',
      },
      process: { ...violationExample.process, tid: 1240, argv: ['nginx', '--token', '[redacted]'] },
    },
  ],
  [
    'Path that is not UTF-8 and could not be read whole',
    {
      ...violationExample,
      operation: {
        kind: 'File',
        object: { path: '/srv/\udcff\udcfe', doubt: 'Truncated' },
        access: ['Write', 'Create'],
      },
      reason: 'CannotTell',
    },
  ],
  [
    'Connect, repeated',
    {
      ...unrefused,
      mode: 'Audit',
      outcome: 'WouldDeny',
      class: 'egress',
      operation: { kind: 'Connect', protocol: 'TCP', address: '203.0.113.7', port: 443 },
      count: 14,
      firstTime: { seconds: 1759999880, nanos: 0 },
    },
  ],
  [
    'Bind',
    {
      ...violationExample,
      class: 'ingress',
      operation: { kind: 'Bind', protocol: 'UDP', address: '::', port: 5353 },
      errno: 'EPERM',
    },
  ],
  [
    'Capability',
    {
      ...violationExample,
      class: 'capabilities',
      operation: { kind: 'Capability', capability: 'SYS_ADMIN' },
      errno: 'EPERM',
    },
  ],
  [
    'Syscall',
    {
      ...violationExample,
      class: 'syscalls',
      operation: { kind: 'Syscall', architecture: 'x86_64', name: 'mount' },
      errno: 'EPERM',
    },
  ],
  [
    'Forbidden behaviour that this machine cannot refuse',
    {
      ...unrefused,
      outcome: 'Observed',
      class: 'forbid',
      operation: { kind: 'Forbidden', behaviour: 'AnonymousExec' },
    },
  ],
  [
    'gap',
    {
      kind: 'gap',
      time,
      node,
      code: 'ProfileNotExpressible',
      detail: 'files.deny[0] /etc/shadow lies inside the allowed tree /etc/**',
      class: 'files',
      subject: violationExample.subject,
    },
  ],
  [
    'lifecycle',
    {
      kind: 'lifecycle',
      time,
      node,
      event: 'ModeChange',
      mode: 'Enforce',
      previousMode: 'Audit',
      subject: violationExample.subject,
    },
  ],
  [
    'loss',
    {
      kind: 'loss',
      time,
      node,
      where: 'Sink',
      lost: 12,
      detail: 'ENOSPC: no space left on device, write',
      firstTime: { seconds: 1759999990, nanos: 500000000 },
    },
  ],
]);
