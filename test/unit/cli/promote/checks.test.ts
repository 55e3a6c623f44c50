import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition, ProfileStatus, SecurityProfile } from '../../../../src/api/objects.js';
import { nextMode, whyNotYet } from '../../../../src/cli/promote/checks.js';
import type { PromotionInput } from '../../../../src/cli/promote/checks.js';

const condition = (type: string, status: 'True' | 'False'): Condition => ({
  type,
  status,
  reason: `${type}Reason`,
  message: `${type} message`,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const profile = (
  mode: SecurityProfile['spec']['mode'],
  status: ProfileStatus | undefined,
): SecurityProfile => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'SecurityProfile',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { mode, selector: { podSelector: {} }, onDegraded: 'Refuse', severity: 'Medium' },
  ...(status === undefined ? {} : { status }),
});

const counts = { matchedContainers: 1, denied: 0, audited: 0, gaps: 0 };

const learned = (...more: readonly Condition[]): ProfileStatus => ({
  counts: { ...counts, learned: 12 },
  conditions: [condition('Accepted', 'True'), ...more],
});

const reasonFor = (
  of: SecurityProfile,
  target: PromotionInput['target'],
  more: Partial<PromotionInput> = {},
): string | undefined =>
  whyNotYet({ profile: of, target, allowPartial: false, allowViolations: false, ...more })?.reason;

void describe('promoting a profile', () => {
  void it('goes from Record to Audit and from Audit to Enforce', () => {
    assert.equal(nextMode(profile('Record', undefined)), 'Audit');
    assert.equal(nextMode(profile('Audit', undefined)), 'Enforce');
    assert.equal(reasonFor(profile('Record', learned()), 'Audit'), undefined);
    assert.equal(
      reasonFor(
        profile('Audit', { counts, conditions: [condition('Accepted', 'True')] }),
        'Enforce',
      ),
      undefined,
    );
  });

  void it('is refused for the first reason that holds', () => {
    const unseen = learned(condition('StartNotSeen', 'True'), condition('Incomplete', 'True'));
    const lost = learned(condition('StartNotSeen', 'False'), condition('Incomplete', 'True'));
    const dirty = { ...learned(), counts: { ...counts, audited: 3 } };
    const cases: readonly (readonly [string, SecurityProfile, PromotionInput['target']])[] = [
      ['AlreadyThere', profile('Audit', learned()), 'Audit'],
      ['Disabled', profile('Disabled', learned()), 'Audit'],
      ['WouldWeaken', profile('Enforce', learned()), 'Audit'],
      ['NotReconciled', profile('Record', undefined), 'Audit'],
      [
        'AcceptedReason',
        profile('Record', { conditions: [condition('Accepted', 'False')] }),
        'Audit',
      ],
      [
        'NothingLearned',
        profile('Record', { counts, conditions: [condition('Accepted', 'True')] }),
        'Audit',
      ],
      ['StartNotSeen', profile('Record', unseen), 'Audit'],
      ['Incomplete', profile('Record', lost), 'Audit'],
      ['AuditNotClean', profile('Audit', dirty), 'Enforce'],
    ];
    for (const [reason, of, target] of cases) assert.equal(reasonFor(of, target), reason);
  });

  void it('can be asked to take what is known to be partial, or violated', () => {
    const unseen = learned(condition('StartNotSeen', 'True'), condition('Incomplete', 'True'));
    assert.equal(reasonFor(profile('Record', unseen), 'Audit', { allowPartial: true }), undefined);
    const dirty = { ...learned(), counts: { ...counts, audited: 3 } };
    assert.equal(
      reasonFor(profile('Audit', dirty), 'Enforce', { allowPartial: true }),
      'AuditNotClean',
    );
    assert.equal(
      reasonFor(profile('Audit', dirty), 'Enforce', { allowViolations: true }),
      undefined,
    );
  });
});
