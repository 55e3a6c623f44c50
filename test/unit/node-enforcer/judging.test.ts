/** One violation for one operation, whatever number of profiles is in force. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProfile } from '../../../src/api/objects.js';
import { parseObjects } from '../../../src/api/parse.js';
import type { JudgingMode } from '../../../src/audit/record.js';
import type { EventHeader, KernelEvent } from '../../../src/bpf/events.js';
import { Judging } from '../../../src/node-enforcer/judging.js';
import type { JudgedProfile } from '../../../src/node-enforcer/judging.js';
import { resolverOver } from '../../../src/node-enforcer/stored-resolver.js';
import { ProgramImages } from '../../../src/node-enforcer/program-images.js';
import { createResolver } from '../../../src/node-enforcer/resolver.js';
import { compose } from '../../../src/policy/compose.js';

const profileOf = (
  name: string,
  mode: JudgingMode,
  rules: string,
  more: Partial<JudgedProfile> = {},
): JudgedProfile => {
  const text = `{apiVersion: pinfold.dev/v1alpha1, kind: SecurityProfile, metadata: {name: ${name}, namespace: shop}, spec: {mode: ${mode}, selector: {podSelector: {}}, rules: ${rules}}}`;
  const profile = parseObjects(Buffer.from(text), `${name}.yaml`)
    .map(({ object }) => object)
    .find(isProfile);
  assert.ok(profile !== undefined);
  const effective = compose(profile, resolverOver([]));
  return {
    id: name,
    rules: effective,
    mode,
    severity: 'High',
    subject: { profile: effective.profile, generation: 1 },
    kills: false,
    ...more,
  };
};

const KEY = 'key'.padEnd(24);

const header = (more: Partial<EventHeader> = {}): EventHeader => ({
  cpu: 1,
  slot: 3,
  key: KEY,
  sequence: 7,
  timeNs: 5_000_000_000,
  cgroupId: 9n,
  generation: 1,
  rule: 0,
  pid: 11,
  tid: 12,
  uid: 13,
  error: 0,
  exe: 42n,
  comm: 'cat',
  denied: false,
  wouldDeny: false,
  killed: false,
  ...more,
});

const reads = (path: string, more: Partial<EventHeader> = {}): KernelEvent => ({
  kind: 'File',
  header: header(more),
  abi: 0,
  syscall: 257,
  mode: 0,
  inode: 1,
  device: 1,
  access: ['Read'],
  path: { walked: path, deleted: false, fileless: false, follow: false },
  access2: [],
  execute: false,
});

const runs = (path: string, exe: bigint): KernelEvent => ({
  kind: 'Exec',
  header: header(),
  exe,
  abi: 0,
  first: false,
  program: { walked: path, deleted: false, fileless: false, follow: false },
  argv: [],
});

const ALLOWS_NOTHING = '{files: {allow: []}}';
const REFUSES_SHADOW = '{files: {deny: [{path: /etc/shadow}]}}';
const ALLOWS_ETC = '{files: {allow: [{path: /etc/**, access: [Read]}]}}';

const judging = (...profiles: readonly JudgedProfile[]): Judging =>
  new Judging(profiles, createResolver());

test('what every profile allows is no violation', () => {
  const both = judging(profileOf('a', 'Enforce', ALLOWS_ETC), profileOf('b', 'Audit', ALLOWS_ETC));
  assert.equal(both.take(reads('/etc/passwd')), undefined);
  assert.equal(both.take(reads('/srv/x'))?.record.class, 'files');
  assert.equal(judging().take(reads('/srv/x')), undefined);
});

const first = profileOf('first', 'Audit', ALLOWS_NOTHING);
const restrictive = profileOf('restrictive', 'Audit', REFUSES_SHADOW);
const enforced = profileOf('enforced', 'Enforce', ALLOWS_NOTHING);

for (const [what, profiles, decides] of [
  ['the first of equals', [first, { ...first, id: 'second' }], 'first'],
  ['the most restrictive', [first, restrictive], 'restrictive'],
  ['an enforced one before a more restrictive audited one', [restrictive, enforced], 'enforced'],
] as const)
  test(`of several profiles that refuse, one is named: ${what}`, () => {
    const violation = judging(...profiles).take(reads('/etc/shadow'));
    assert.equal(violation?.profile.id, decides);
    assert.equal(violation.record.subject, violation.profile.subject);
  });

test('any profile that kills has killed what could not be refused, and only that', () => {
  const killing = profileOf('kills', 'Enforce', ALLOWS_NOTHING, { kills: true });
  assert.equal(judging(enforced, killing).take(reads('/x'))?.kill, true);
  assert.equal(judging(enforced, killing).take(reads('/x', { error: -13 }))?.kill, false);
  assert.equal(judging(enforced).take(reads('/x'))?.kill, false);
});

test('the outcome follows from what the task got and from the mode', () => {
  assert.equal(judging(first).take(reads('/x'))?.record.outcome, 'WouldDeny');
  assert.equal(judging(enforced).take(reads('/x'))?.record.outcome, 'Observed');
  const denied = judging(enforced).take(reads('/x', { error: -13 }))?.record;
  assert.deepEqual([denied?.outcome, denied?.errno], ['Denied', 'EACCES']);
});

test('the program is that of the exec event, also after the profiles changed', () => {
  const images = new ProgramImages();
  new Judging([], createResolver(), { images }).take(runs('/usr/bin/cat', 42n));
  const later = new Judging([first], createResolver(), { images });
  assert.equal(later.take(reads('/x'))?.record.process.exe, '/usr/bin/cat');
});

test('repeats are reported with how many came since, and kill nobody', () => {
  const killing = judging(profileOf('kills', 'Enforce', ALLOWS_NOTHING, { kills: true }));
  killing.take(reads('/x'));
  const entry = { slot: 3, type: 2, detail: 1, firstNs: 0, lastNs: 6_000_000_000, key: KEY };
  const [violation, ...others] = killing.repeats([{ ...entry, count: 4 }]);
  assert.deepEqual(others, []);
  assert.deepEqual([violation?.record.count, violation?.kill], [3, false]);
  assert.deepEqual(killing.repeats([{ ...entry, count: 4 }]), []);
  assert.equal(killing.repeats([{ ...entry, count: 5 }])[0]?.record.count, 1);
  assert.deepEqual(killing.repeats([{ ...entry, key: 'other'.padEnd(24), count: 9 }]), []);
});

test('what the kernel decided is written down as it decided', () => {
  // The rules of the profile would allow it: they must not be asked.
  const subject = judging(profileOf('web', 'Enforce', ALLOWS_ETC));
  const rule = {
    profile: 'shop/web',
    class: 'files',
    list: 'deny',
    index: 0,
    text: '/etc/shadow',
  } as const;
  const attempt = {
    operation: { kind: 'File', object: { path: '/etc/shadow' }, access: ['Read'] },
    source: 'object',
  } as const;
  const refused = header({ error: -13 });
  const by = { kind: 'Deny', class: 'files', rule } as const;
  const violation = subject.takeDecided(refused, attempt, { profile: 'shop/web', verdict: by });
  assert.equal(violation?.record.rule, rule);
  assert.deepEqual(
    [violation.record.outcome, violation.record.reason, violation.record.errno],
    ['Denied', 'DeniedByRule', 'EACCES'],
  );
  const allowed = { profile: 'shop/web', verdict: { kind: 'Allow' } } as const;
  assert.equal(subject.takeDecided(refused, attempt, allowed), undefined);
  const elsewhere = { profile: 'shop/gone', verdict: by };
  assert.equal(subject.takeDecided(refused, attempt, elsewhere), undefined);
});
