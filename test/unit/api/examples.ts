/** One full example of each kind, for tests. */
import type { Kind } from '../../../src/api/objects.js';

const rules = `
    exec: { allow: [{ path: /usr/sbin/nginx }], deny: [{ path: /usr/bin/nc }] }
    files:
      allow:
        - { path: '/etc/nginx/**', access: [Read] }
        - { path: '/var/cache/nginx/*/tmp*', access: [Read, Write, Create, Delete] }
      deny: [{ path: /etc/shadow }]
    network:
      egress:
        - to: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }]
          ports: [{ protocol: TCP, port: 5432, endPort: 5440 }]
      ingress: [{ ports: [{ port: 8080 }] }]
    capabilities: { allow: [NET_BIND_SERVICE], deny: [SYS_ADMIN] }
    syscalls: { architectures: [x86_64], allow: [read, write] }
    forbid: [Ptrace, Mount]
`;

const condition = `{ type: Accepted, status: 'True', reason: Valid, message: fine,
      lastTransitionTime: '2025-05-01T10:00:00Z', observedGeneration: 3 }`;

const status = `
  observedGeneration: 3
  mode: Enforce
  phase: Active
  counts: { matchedContainers: 2, denied: 14, audited: 0, gaps: 1 }
  conditions: [${condition}]
  recentViolations:
    - time: '2025-05-01T10:00:00Z'
      action: Denied
      class: exec
      operation: exec
      object: /usr/bin/nc
      count: 14
  gaps: [{ class: files, item: /etc/shadow, reason: DenyInsideAllowed, message: not here }]
`;

const head = (kind: Kind, metadata: string): string =>
  `apiVersion: pinfold.dev/v1alpha1\nkind: ${kind}\nmetadata: ${metadata}\n`;

export const EXAMPLES: Readonly<Record<Kind, string>> = {
  SecurityProfile: `${head('SecurityProfile', '{ name: web, namespace: shop, labels: { app.kubernetes.io/name: web } }')}spec:
  mode: Enforce
  selector:
    podSelector:
      matchLabels: { app: web }
      matchExpressions: [{ key: tier, operator: In, values: [front] }]
    containers: [nginx]
  extends: [{ name: base-nginx }]
  baseRevision: Latest
  rules:${rules}  onDegraded: Audit
  severity: High
status:${status}`,
  ClusterSecurityProfile: `${head('ClusterSecurityProfile', '{ name: baseline }')}spec:
  selector: {}
  namespaceSelector: { matchLabels: { team: shop } }
  includeSystemNamespaces: true
  cgroups: [/system.slice/nginx.service]
  rules:${rules}status:${status}`,
  ProfileRevision: `${head('ProfileRevision', '{ name: web-7f3a, namespace: shop }')}spec:
  profile: { name: web }
  hash: sha256:${'0123456789abcdef'.repeat(4)}
  rules:${rules}  provenance:
    recordedFrom: '2025-05-01T10:00:00Z'
    recordedUntil: '2025-05-01T11:00:00Z'
    containers: 2
    events: 1200
    incomplete: true
    lost: { files: 12 }
    notes: [{ code: IoUringUsed, detail: nginx, count: 3 }]
`,
  RecordedBehavior: `${head('RecordedBehavior', '{ name: web-node-a, namespace: shop }')}spec:
  node: node-a
  profile: { name: web }
  startedAt: '2025-05-01T10:00:00Z'
  updatedAt: '2025-05-01T10:30:00.5Z'
  execs: [{ path: /usr/sbin/nginx, firstSeen: '2025-05-01T10:00:00Z', count: 1 }]
  files:
    - { path: /etc/passwd, access: [Read], firstSeen: '2025-05-01T10:00:00Z', count: 4 }
  sockets:
    - { direction: Egress, protocol: TCP, address: '::1', port: 53, firstSeen: '2025-05-01T10:00:00Z', count: 1 }
  capabilities: [{ name: NET_RAW, firstSeen: '2025-05-01T10:00:00Z', count: 1 }]
  syscalls: [{ architecture: x86_64, name: read, firstSeen: '2025-05-01T10:00:00Z', count: 9 }]
  lost: {}
`,
  NodeEnforcement: `${head('NodeEnforcement', '{ name: node-a }')}status:
  kernel: { release: 6.1.0, architecture: x86_64, btf: true, cgroup: Hybrid, lsms: [landlock], landlockAbi: 2 }
  abilities: [{ class: exec, step: Ladder, mechanism: landlock, detail: no deny inside an allowed tree }]
  profiles: [{ kind: ClusterSecurityProfile, name: baseline, generation: 1, mode: Audit, containers: 0, gaps: 0 }]
  totals: { containers: 2, denied: 3, audited: 4, lost: 0 }
  conditions: [${condition}]
`,
};
