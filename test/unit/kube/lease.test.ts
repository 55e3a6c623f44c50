import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { stepLease } from '../../../src/kube/lease.js';
import type { Lease, LeaseContext, LeaseEvent, LeaseState } from '../../../src/kube/lease.js';

const at = (now: number): LeaseContext => ({
  durationMs: 15_000,
  deadlineMs: 10_000,
  retryMs: 2000,
  identity: 'me',
  now,
});

const lease = (holder: string, resourceVersion = '1'): Lease => ({
  resourceVersion,
  holder,
  transitions: 0,
});

const other = lease('other');
const following: LeaseState = { kind: 'Following' };
const seen: LeaseState = { kind: 'Following', seen: { lease: other, since: 1000 } };
const claiming: LeaseState = { kind: 'Claiming', lease: other };
const leading: LeaseState = { kind: 'Leading', lease: lease('me'), renewedAt: 1000 };
const lost: LeaseState = { kind: 'Lost' };
const read = (found?: Lease): LeaseEvent =>
  found === undefined ? { kind: 'Read' } : { kind: 'Read', lease: found };
const written: LeaseEvent = { kind: 'Written', lease: lease('me', '2'), askedAt: 3000 };
const conflicted: LeaseEvent = { kind: 'Conflicted' };
const failed: LeaseEvent = { kind: 'Failed' };

const TABLE: readonly (readonly [string, LeaseState, LeaseEvent, number, LeaseState])[] = [
  ['there is none', following, read(), 1000, { kind: 'Claiming' }],
  ['it was given back', following, read(lease('')), 1000, { kind: 'Claiming', lease: lease('') }],
  [
    'it is ours from an earlier life',
    following,
    read(lease('me')),
    1000,
    { kind: 'Claiming', lease: lease('me') },
  ],
  ['another holds it', following, read(other), 1000, seen],
  [
    'another renewed it',
    seen,
    read(lease('other', '2')),
    15_999,
    { kind: 'Following', seen: { lease: lease('other', '2'), since: 15_999 } },
  ],
  ['another did not renew it yet', seen, read(other), 15_999, seen],
  ['another does not renew it', seen, read(other), 16_000, claiming],
  ['it cannot be read', seen, failed, 16_000, seen],
  [
    'it was taken',
    claiming,
    written,
    4000,
    { kind: 'Leading', lease: lease('me', '2'), renewedAt: 3000 },
  ],
  ['somebody was quicker', claiming, conflicted, 4000, following],
  ['taking it failed', claiming, failed, 4000, following],
  [
    'it was renewed',
    leading,
    written,
    4000,
    { kind: 'Leading', lease: lease('me', '2'), renewedAt: 3000 },
  ],
  ['renewing failed in time', leading, failed, 10_999, leading],
  ['renewing failed too long', leading, failed, 11_000, lost],
  ['a conflict in time', leading, conflicted, 10_999, leading],
  ['a conflict too late', leading, conflicted, 11_000, lost],
  [
    'still ours after a conflict',
    leading,
    read(lease('me', '3')),
    5000,
    { kind: 'Leading', lease: lease('me', '3'), renewedAt: 1000 },
  ],
  ['ours by name, but too late', leading, read(lease('me', '3')), 11_000, lost],
  ['no longer ours', leading, read(other), 5000, lost],
  ['gone', leading, read(), 5000, lost],
  ['lost is lost', lost, written, 5000, lost],
];

void describe('a lease', () => {
  for (const [name, state, event, now, expected] of TABLE)
    void it(`${state.kind}: ${name}`, () => {
      assert.deepEqual(stepLease(state, event, at(now)), expected);
    });

  for (const [state, event] of [
    [following, written],
    [following, conflicted],
    [claiming, read()],
  ] as const)
    void it(`${state.kind}: ${event.kind} cannot happen`, () => {
      assert.throws(
        () => stepLease(state, event, at(1000)),
        (error) => error instanceof PinfoldError && error.code === 'Internal',
      );
    });

  void it('is never led by two, whatever fails', () => {
    // The one that cannot renew is lost before the one that waits may claim.
    const { deadlineMs, durationMs } = at(0);
    assert.ok(deadlineMs < durationMs);
    const renewedAt = 0;
    const leader: LeaseState = { kind: 'Leading', lease: lease('me'), renewedAt };
    for (let now = 0; now <= 20_000; now += 500) {
      const isLeading = stepLease(leader, failed, at(now)).kind === 'Leading';
      const follower = stepLease(
        { kind: 'Following', seen: { lease: lease('me'), since: renewedAt } },
        read(lease('me')),
        { ...at(now), identity: 'you' },
      );
      assert.ok(!(isLeading && follower.kind === 'Claiming'), `both at ${now}`);
    }
  });
});
