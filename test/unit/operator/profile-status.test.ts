import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClusterSecurityProfile, ProfileStatus } from '../../../src/api/objects.js';
import { profileStatus } from '../../../src/operator/profile-status.js';
import type { StatusInput } from '../../../src/operator/profile-status.js';
import type { ProfileReport } from '../../../src/operator/report.js';

const profile = (
  mode: ClusterSecurityProfile['spec']['mode'],
  status?: ProfileStatus,
): ClusterSecurityProfile => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'ClusterSecurityProfile',
  metadata: { name: 'web', generation: 3 },
  spec: {
    mode,
    cgroups: ['/web'],
    includeSystemNamespaces: false,
    onDegraded: 'Refuse',
    severity: 'Medium',
  },
  ...(status === undefined ? {} : { status }),
});

const report = (more: Partial<ProfileReport> = {}): ProfileReport => ({
  node: 'n1',
  generation: 3,
  mode: 'Enforce',
  containers: 1,
  gaps: [],
  denied: 0,
  audited: 0,
  recentViolations: [],
  ...more,
});

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

const statusOf = (more: Partial<StatusInput> = {}): ProfileStatus =>
  profileStatus(
    {
      profile: profile('Enforce'),
      acceptance: { kind: 'Accepted', rules: 2 },
      reports: [report()],
      ...more,
    },
    NOW,
  );

const finding = (status: ProfileStatus, type: string) => {
  const found = status.conditions?.find((condition) => condition.type === type);
  return found && [found.status, found.reason];
};

const shortfall = { reason: 'ProfileNotExpressible', message: 'exec' };

void describe('the status of a profile', () => {
  void it('has one phase for each situation', () => {
    const cases: readonly (readonly [string, Partial<StatusInput>])[] = [
      ['Active', {}],
      ['Rejected', { acceptance: { kind: 'Rejected', code: 'ExtendsCycle', problem: 'p' } }],
      ['Disabled', { profile: profile('Disabled'), reports: [report({ mode: 'Disabled' })] }],
      ['Degraded', { reports: [report({ degraded: shortfall })] }],
      ['Pending', { reports: [] }],
      ['Pending', { reports: [report({ generation: 2 })] }],
      ['Recording', { profile: profile('Record'), reports: [report({ mode: 'Record' })] }],
    ];
    for (const [phase, input] of cases) assert.equal(statusOf(input).phase, phase);
  });

  void it('says what stays in force of a profile that is rejected', () => {
    const status = statusOf({
      acceptance: { kind: 'Rejected', code: 'ExtendsMissing', problem: 'no base' },
      reports: [report({ generation: 2 })],
    });
    const accepted = status.conditions?.find(({ type }) => type === 'Accepted');
    assert.equal(accepted?.reason, 'ExtendsMissing');
    assert.equal(
      accepted.message,
      'generation 3: no base; generation 2, the last good one, stays in force',
    );
    assert.deepEqual(finding(status, 'Realized'), ['False', 'ExtendsMissing']);
    assert.equal(status.mode, 'Enforce');
  });

  void it('shows the weakest mode and adds up counts of all nodes', () => {
    const status = statusOf({
      reports: [
        report({ denied: 3, containers: 2 }),
        report({ node: 'n2', mode: 'Audit', audited: 4, degraded: shortfall }),
      ],
    });
    assert.equal(status.mode, 'Audit');
    assert.deepEqual(status.counts, { matchedContainers: 3, denied: 3, audited: 4, gaps: 0 });
    assert.deepEqual(finding(status, 'Enforcing'), ['False', 'ProfileNotExpressible']);
    assert.deepEqual(finding(status, 'Degraded'), ['True', 'ProfileNotExpressible']);
  });

  void it('counts nodes that share a gap once', () => {
    const gap = { class: 'exec', item: '*', reason: 'X', message: 'm' } as const;
    const reports = [report({ gaps: [gap] }), report({ node: 'n2', gaps: [gap] })];
    assert.deepEqual(statusOf({ reports }).gaps, [{ ...gap, nodes: 2 }]);
  });

  void it('keeps the time of a transition while the status is the same', () => {
    const first = statusOf();
    const input = { profile: profile('Enforce', first), reports: [report({ denied: 1 })] };
    const later = profileStatus(
      { acceptance: { kind: 'Accepted', rules: 2 }, ...input },
      NOW + 60_000,
    );
    assert.deepEqual(later.conditions, first.conditions);
    const broken = profileStatus(
      { ...input, acceptance: { kind: 'Rejected', code: 'ExtendsCycle', problem: 'p' } },
      NOW + 60_000,
    );
    const times = broken.conditions?.map(({ lastTransitionTime }) => lastTransitionTime);
    assert.deepEqual(times, [
      '2026-01-02T03:05:05Z',
      '2026-01-02T03:04:05Z',
      '2026-01-02T03:04:05Z',
      '2026-01-02T03:04:05Z',
    ]);
  });

  void it('shows the ten newest violations', () => {
    const violation = (minute: number) => ({
      time: `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`,
      action: 'Denied' as const,
      class: 'exec' as const,
      operation: 'exec',
      object: `/bin/${minute}`,
      count: 1,
    });
    const of = (minutes: readonly number[]) => minutes.map(violation);
    const status = statusOf({
      reports: [
        report({ recentViolations: of([9, 7, 5, 3, 1]) }),
        report({ node: 'n2', recentViolations: of([12, 10, 8, 6, 4, 2]) }),
      ],
    });
    assert.deepEqual(
      status.recentViolations?.map(({ object }) => object),
      [12, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((minute) => `/bin/${minute}`),
    );
  });
});
