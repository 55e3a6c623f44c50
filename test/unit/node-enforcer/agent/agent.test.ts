/** The pure parts of the standalone enforcer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rules } from '../../../../src/api/objects.js';
import type { NetworkEntry, NetworkTable } from '../../../../src/bpf/network-rules.js';
import { watchPoint } from '../../../../src/node-enforcer/agent/cgroup-watch.js';
import { intersectTables } from '../../../../src/node-enforcer/agent/intersect.js';
import { planWorkloads, slotConfiguration } from '../../../../src/node-enforcer/agent/plan.js';
import { realise } from '../../../../src/node-enforcer/agent/realise.js';
import type { GoodProfile } from '../../../../src/node-enforcer/agent/realise.js';
import { TokenBucket } from '../../../../src/node-enforcer/token-bucket.js';
import { effectiveRules } from '../../../../src/policy/effective.js';

const good = (
  name: string,
  mode: GoodProfile['mode'],
  rules: Rules,
  more: Partial<GoodProfile> = {},
) =>
  ({
    id: `ClusterSecurityProfile ${name}`,
    generation: 1,
    mode,
    onDegraded: 'Audit',
    severity: 'Medium',
    rules: effectiveRules(name, rules),
    ...more,
  }) satisfies GoodProfile;

const egress = (port: number): Rules => ({
  network: { egress: [{ ports: [{ protocol: 'TCP', port }] }] },
});

const tcp = (
  address: readonly number[],
  prefixLength: number,
  ports: readonly [number, number],
): NetworkEntry => ({
  direction: 'Egress',
  family: 4,
  address: Uint8Array.from(address),
  prefixLength,
  protocol: 6,
  portLow: ports[0],
  portHigh: ports[1],
  rule: 1,
});

const table = (...entries: readonly NetworkEntry[]): NetworkTable => ({
  egress: true,
  ingress: false,
  entries,
});

void describe('network tables that hold together', () => {
  void it('allow what each allows: the narrower range and the common ports', () => {
    const both = intersectTables([
      table(tcp([10, 0, 0, 0], 8, [80, 443])),
      table(tcp([10, 1, 128, 0], 17, [400, 500]), tcp([192, 168, 0, 0], 16, [0, 65535])),
    ]);
    assert.deepEqual(both?.entries, [tcp([10, 1, 128, 0], 17, [400, 443])]);
  });

  void it('share nothing where addresses, ports or protocols do not meet', () => {
    const left = table(tcp([10, 1, 0, 0], 17, [80, 80]));
    for (const right of [
      tcp([10, 1, 128, 0], 17, [80, 80]),
      tcp([10, 1, 0, 0], 17, [81, 90]),
      { ...tcp([10, 1, 0, 0], 17, [80, 80]), protocol: 17 },
    ])
      assert.deepEqual(intersectTables([left, table(right)])?.entries, []);
  });

  void it('leave a direction alone that none limits', () => {
    const ingressOnly: NetworkTable = { egress: false, ingress: true, entries: [] };
    const entry = tcp([10, 0, 0, 0], 8, [1, 2]);
    assert.deepEqual(intersectTables([ingressOnly, table(entry)]), {
      egress: true,
      ingress: true,
      entries: [entry],
    });
  });
});

void describe('a profile for what runs already', () => {
  const rules: Rules = { ...egress(80), exec: { allow: [{ path: '/bin/a' }] } };

  void it('is enforced, observed, killed for, or refused as it asks', () => {
    const as = (onDegraded: GoodProfile['onDegraded']) => {
      const { mode, observes, kills, network, degraded } = realise(
        good('p', 'Enforce', rules, { onDegraded }),
        { lsm: false },
      );
      return { mode, observes, kills, enforced: network !== undefined, reason: degraded?.reason };
    };
    assert.deepEqual(as('Refuse'), {
      mode: 'Disabled',
      observes: false,
      kills: false,
      enforced: false,
      reason: 'ProfileNotExpressible',
    });
    assert.deepEqual(as('Audit'), {
      mode: 'Enforce',
      observes: true,
      kills: false,
      enforced: true,
      reason: 'EnforcedInPart',
    });
    assert.deepEqual(as('Kill'), {
      mode: 'Enforce',
      observes: true,
      kills: true,
      enforced: true,
      reason: 'KilledAfterwards',
    });
  });

  void it('names every class that only a start can limit', () => {
    const all: Rules = {
      exec: { allow: [] },
      files: { deny: [{ path: '/etc/shadow' }] },
      capabilities: { allow: [] },
      syscalls: { deny: ['ptrace'] },
      forbid: ['Mount'],
    } as unknown as Rules;
    const { gaps, mode } = realise(good('p', 'Enforce', all), { lsm: false });
    assert.deepEqual(
      gaps.map((gap) => gap.class),
      ['exec', 'files', 'capabilities', 'syscalls', 'forbid'],
    );
    assert.equal(mode, 'Audit', 'nothing of it can be refused');
  });

  void it('has exec and files refused by the kernel where the LSM programs are attached', () => {
    const paths: Rules = { exec: { allow: [] }, files: { deny: [{ path: '/etc/shadow' }] } };
    const lsm = { lsm: true };
    const whole = realise(good('p', 'Enforce', paths, { onDegraded: 'Audit' }), lsm);
    assert.deepEqual([whole.mode, whole.judgedBy, whole.observes], ['Enforce', 'Kernel', true]);
    assert.deepEqual(
      whole.gaps.map(({ reason }) => reason),
      ['MappingsNotJudged', 'OnlyOpeningJudged'],
      'hooks that this version has not',
    );
    const audit = realise(good('p', 'Audit', paths), lsm);
    assert.deepEqual([audit.mode, audit.judgedBy], ['Audit', 'Kernel']);
    const refused = realise(good('p', 'Enforce', paths, { onDegraded: 'Refuse' }), lsm);
    assert.deepEqual([refused.mode, refused.judgedBy], ['Disabled', 'Agent']);
    const other = realise(good('p', 'Enforce', { capabilities: { allow: [] } }), lsm);
    assert.equal(other.judgedBy, 'Agent', 'nothing of it is for the hooks');
  });

  void it('without rules is enforced as it is', () => {
    const { mode, gaps, degraded } = realise(good('p', 'Enforce', {}), { lsm: false });
    assert.deepEqual([mode, gaps, degraded], ['Enforce', [], undefined]);
  });
});

void describe('the plan of slots', () => {
  const outer = {
    realisation: realise(good('outer', 'Enforce', egress(1)), { lsm: false }),
    cgroups: ['/a'],
  };
  const inner = {
    realisation: realise(good('inner', 'Audit', egress(2)), { lsm: false }),
    cgroups: ['/a/b', '/c'],
  };

  void it('lets outer profiles hold for inner cgroups, and attaches once', () => {
    const plans = planWorkloads([inner, outer], (cgroup) => cgroup !== '/c');
    assert.deepEqual(
      plans.map(({ cgroup, attachment, realisations }) => [
        cgroup,
        attachment,
        realisations.map(({ profile }) => profile.rules.profile),
      ]),
      [
        ['/a', 'Lasting', ['outer']],
        ['/a/b', 'None', ['inner', 'outer']],
      ],
    );
    assert.equal(
      plans.every((plan) => slotConfiguration(plan).enforce),
      true,
    );
  });

  void it('keeps a cgroup that has a slot when no profile names it any more', () => {
    const [plan] = planWorkloads([], () => true, ['/gone']);
    assert.equal(plan?.attachment, 'None');
    assert.deepEqual(slotConfiguration(plan), {
      observe: false,
      syscalls: false,
      denials: false,
      enforce: false,
      generation: 0,
      capabilitiesLost: 0n,
    });
  });
});

void describe('small parts', () => {
  void it('a bucket gives its burst and then what is refilled', () => {
    const bucket = new TokenBucket(2, 1, 0);
    assert.deepEqual(
      [0, 0, 0].map((now) => bucket.take(now)),
      [true, true, false],
    );
    assert.deepEqual(
      [999, 1000, 1001].map((now) => bucket.take(now)),
      [false, true, false],
    );
    assert.deepEqual(
      [60_000, 60_000, 60_000].map((now) => bucket.take(now)),
      [true, true, false],
    );
  });

  void it('a cgroup that is not there is watched for from the nearest directory that is', () => {
    const there = new Set(['/cg', '/cg/system.slice']);
    const at = (path: string): string => watchPoint(path, '/cg', (each) => there.has(each));
    assert.equal(at('/cg/system.slice/web.service'), '/cg/system.slice');
    assert.equal(at('/cg/x/y/z'), '/cg');
    assert.equal(at('/cg'), '/cg');
  });
});
