import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOfKind, type SecurityProfile } from '../../../src/api/objects.js';
import { parseObjects } from '../../../src/api/parse.js';
import type { Behaviour } from '../../../src/recorder/behaviour.js';
import { rulesOf } from '../../../src/recorder/generalise.js';
import {
  createBehaviour,
  lost,
  sawCapability,
  sawExec,
  sawFile,
  sawNote,
  sawSocket,
  sawSyscall,
} from '../../../src/recorder/saw.js';
import { profileName, writeProfile, type ProfileInfo } from '../../../src/recorder/write.js';
import { allows, executes, recorded } from './support.js';

const info: ProfileInfo = {
  name: 'web',
  subject: "nginx -g 'daemon off;'",
  hostname: 'host-1',
  kernel: '6.12.0',
  version: '0.1.0',
  startedAt: Date.UTC(2025, 0, 2, 3, 4, 5),
  endedAt: Date.UTC(2025, 0, 2, 3, 4, 35),
  events: 18_402,
};

const parsed = (text: string): SecurityProfile => {
  const [first, ...more] = parseObjects(text, 'recorded.yaml');
  assert.deepEqual(more, []);
  assert.ok(first !== undefined && isOfKind(first.object, 'SecurityProfile'));
  return first.object;
};

const nginx = (): Behaviour => {
  const behaviour = createBehaviour({ startSeen: true });
  sawExec(behaviour, { path: '/usr/sbin/nginx', at: 0, count: 2 });
  sawFile(behaviour, { path: '/etc/nginx/nginx.conf', access: ['Read'], at: 0, count: 12 });
  sawFile(behaviour, { path: '/usr/lib/libz.so.1', access: ['Read', 'MapExecutable'], at: 0 });
  sawFile(behaviour, { path: '/tmp/up.aB3xYz', access: ['Create', 'Write'], at: 0 });
  sawSocket(behaviour, {
    direction: 'Egress',
    protocol: 'UDP',
    address: '10.0.0.53',
    port: 53,
    at: 0,
  });
  sawSocket(behaviour, {
    direction: 'Ingress',
    protocol: 'TCP',
    address: '0.0.0.0',
    port: 80,
    at: 0,
  });
  sawCapability(behaviour, { capability: 'NET_BIND_SERVICE', at: 0 });
  for (const name of ['write', 'read', 'openat'])
    sawSyscall(behaviour, { architecture: 'x86_64', name, at: 0 });
  return behaviour;
};

test('a small recording, word for word', () => {
  assert.equal(
    writeProfile(nginx(), info).text,
    `# Recorded by pinfold 0.1.0: nginx -g 'daemon off;'
#   host    host-1, Linux 6.12.0
#   time    2025-01-02T03:04:05Z to 2025-01-02T03:04:35Z (00:30)
#   events  18,402, none lost
#   found   1 program, 3 file rules, 1 egress rule, 1 port bound, 1 capability, 3 system calls
#
# Generalised:
#   /tmp/up.*  1 path (TempName)

apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata:
  name: web
spec:
  mode: Audit # Enforce once the audit stays quiet
  selector: {podSelector: {}} # every pod in the namespace: narrow it, e.g. {matchLabels: {app: web}}
  onDegraded: Refuse # no gap on this machine
  rules:
    exec:
      allow:
        - {path: /usr/sbin/nginx} # 2x
    files:
      allow:
        # programs and libraries
        - {path: /usr/lib/libz.so.1, access: [Read, MapExecutable]} # 1x
        # configuration
        - {path: /etc/nginx/nginx.conf, access: [Read]} # 12x
        # changed
        - {path: /tmp/up.*, access: [Write, Create]} # 1x; from /tmp/up.aB3xYz
    network:
      egress:
        # 1x
        - to: [{ipBlock: {cidr: 10.0.0.53/32}}]
          ports: [{protocol: UDP, port: 53}]
      ingress:
        # 1x
        - ports: [{protocol: TCP, port: 80}]
    capabilities:
      allow:
        - NET_BIND_SERVICE # 1x
    syscalls:
      architectures: [x86_64]
      # not seen, but up to timing: restart_syscall
      allow: [
        openat, read, restart_syscall, write
      ]
      otherwise: {action: Errno, errno: EPERM}
`,
  );
});

test('the text parses back to the rules that it was made from', () => {
  const { text, rules } = writeProfile(nginx(), info);
  const { metadata, spec } = parsed(text);
  assert.equal(metadata.name, 'web');
  assert.equal(spec.mode, 'Audit');
  assert.equal(spec.onDegraded, 'Refuse');
  assert.deepEqual(spec.selector, { podSelector: {} });
  const { files, ...others } = spec.rules ?? {};
  const { files: learnt, ...otherLearnt } = rulesOf(rules);
  assert.deepEqual(others, otherLearnt);
  // The text lists files in groups, the rules by path.
  const byPath = [...(files?.allow ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1));
  assert.deepEqual(byPath, learnt?.allow);
});

test('whatever was recorded, the text is valid and allows it', () => {
  fc.assert(
    fc.property(recorded(20_000, 40), ({ behaviour, files, execs }) => {
      const { text } = writeProfile(behaviour, info);
      const { rules } = parsed(text).spec;
      for (const path of execs) assert.ok(executes(rules?.exec?.allow ?? [], path), path);
      for (const { path, access } of files)
        assert.ok(allows(rules?.files?.allow ?? [], path, access), JSON.stringify(path));
    }),
    { numRuns: 60 },
  );
});

test('classes in which nothing was seen allow nothing; system calls that were not recorded are absent', () => {
  const { text } = writeProfile(createBehaviour({ startSeen: true }), info);
  assert.deepEqual(parsed(text).spec.rules, {
    exec: { allow: [] },
    files: { allow: [] },
    network: { egress: [], ingress: [] },
    capabilities: { allow: [] },
  });
  assert.match(text, /egress: \[\] # none seen: every outgoing connection is refused/);
});

test('the header tells of losses, of a start that was not seen and of what no rule can hold', () => {
  const behaviour = { ...nginx(), startSeen: false };
  lost(behaviour, 'files', 10n);
  lost(behaviour, 'exec', 2n);
  lost(behaviour, 'egress', 0n);
  sawNote(behaviour, 'IoUringUsed', 'by nginx\nkind: Evil', 3);
  const { text } = writeProfile(behaviour, { ...info, subject: 'sh -c "a\nb"\u2028c' });
  assert.match(text, /^# Incomplete: 12 events lost \(exec 2, files 10\): /m);
  assert.match(text, /^# StartNotSeen: /m);
  assert.match(text, /^# IoUringUsed: io_uring used.*: by nginx\\u000akind: Evil \(3x\)$/m);
  assert.doesNotMatch(text, /none lost/);
  assert.match(text, /^# Recorded by pinfold 0.1.0: sh -c "a\\u000ab"\\u2028c$/m);
  parsed(text);
});

test('gaps of the machine make the profile degrade to audit, each named', () => {
  const { text } = writeProfile(nginx(), { ...info, gaps: ['files: * in /tmp/up.*', 'ingress'] });
  assert.equal(parsed(text).spec.onDegraded, 'Audit');
  assert.match(
    text,
    /observed only:\n {2}# {3}files: \* in \/tmp\/up\.\*\n {2}# {3}ingress\n {2}onDegraded/,
  );
});

test('what a reviewer should see is marked where it stands', () => {
  const behaviour = nginx();
  sawFile(behaviour, { path: '/etc/shadow', access: ['Read'], at: 0 });
  sawCapability(behaviour, { capability: 'SYS_ADMIN', at: 0 });
  sawSyscall(behaviour, { architecture: 'x86_64', name: 'ptrace', at: 0 });
  sawSocket(behaviour, {
    direction: 'Egress',
    protocol: 'TCP',
    address: '93.184.216.34',
    port: 443,
    at: 0,
  });
  const { text, reviews } = writeProfile(behaviour, info);
  assert.equal(reviews.length, 4);
  assert.match(text, /\/etc\/shadow, access: \[Read\]\} # 1x; review: /);
  assert.match(text, /- SYS_ADMIN # 1x; review: /);
  assert.match(text, /# review: ptrace: /);
  assert.match(
    text,
    /# 1x; review: leaves the private network\n\s+- to: \[\{ipBlock: \{cidr: 93\.184\.216\.34\/32/,
  );
  assert.match(text, /^# 4 places to look at/m);
  parsed(text);
});

test('a long list of system calls stays within 100 columns', () => {
  const behaviour = createBehaviour();
  const names = Array.from({ length: 200 }, (_, n) => `call_${n}`);
  for (const name of names) sawSyscall(behaviour, { architecture: 'x86_64', name, at: 0 });
  const { text } = writeProfile(behaviour, info);
  const lines = text.split('\n').filter((line) => line.includes('call_'));
  assert.ok(lines.length > 10 && lines.every((line) => line.length <= 100));
  assert.deepEqual(parsed(text).spec.rules?.syscalls?.allow, [...names, 'restart_syscall'].sort());
});

test('5,000 rules are not exceeded, and what is left out is said', () => {
  const behaviour = createBehaviour({ startSeen: true });
  for (let n = 0; n < 5200; n++)
    sawFile(behaviour, { path: `/opt/lib${n}.so`, access: ['MapExecutable'], at: 0, count: n + 1 });
  const { text, rules } = writeProfile(behaviour, info);
  assert.equal(rules.leftOut, 200);
  assert.match(text, /^# Incomplete: 200 rarely used files left out/m);
  assert.equal(parsed(text).spec.rules?.files?.allow?.length, 5000);
});

test('names are made from programs', () => {
  assert.equal(profileName('/usr/sbin/nginx'), 'nginx');
  assert.equal(profileName('./My_Server.py'), 'my-server-py');
  assert.equal(profileName('/'), 'workload');
  assert.equal(profileName(`/bin/${'a'.repeat(62)}-b`), 'a'.repeat(62));
});
