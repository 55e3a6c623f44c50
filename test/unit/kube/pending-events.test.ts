import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { withFailed, withPending } from '../../../src/kube/pending-events.js';
import type { PendingEvent } from '../../../src/kube/pending-events.js';

const event = (type: PendingEvent['type'], version: number): PendingEvent => ({
  type,
  object: {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name: 'a', uid: 'u', resourceVersion: String(version) },
  },
});

const said = (pending: readonly PendingEvent[]): string =>
  pending.map(({ type, object }) => `${type}@${object.metadata.resourceVersion}`).join(' ');

const added = event('ADDED', 1);
const changed = event('MODIFIED', 2);
const deleted = event('DELETED', 3);

void describe('events of an object that wait', () => {
  void it('are the newest version of it', () => {
    assert.equal(said(withPending([], added)), 'ADDED@1');
    assert.equal(said(withPending([added], changed)), 'ADDED@2');
    assert.equal(said(withPending([changed], event('MODIFIED', 3))), 'MODIFIED@3');
    assert.equal(said(withPending([changed], deleted)), 'DELETED@3');
  });

  void it('pass over no deletion', () => {
    const again = withPending([deleted], event('ADDED', 4));
    assert.equal(said(again), 'DELETED@3 ADDED@4');
    assert.equal(said(withPending(again, event('MODIFIED', 5))), 'DELETED@3 ADDED@5');
    assert.equal(said(withPending(again, event('DELETED', 6))), 'DELETED@3 DELETED@6');
  });

  void it('come again after a failure, unless something newer waits', () => {
    assert.equal(said(withFailed([], added)), 'ADDED@1');
    assert.equal(said(withFailed([changed], added)), 'ADDED@2');
    assert.equal(said(withFailed([deleted], changed)), 'DELETED@3');
    assert.equal(said(withFailed([event('ADDED', 4)], deleted)), 'DELETED@3 ADDED@4');
  });

  void it('end with the last thing that happened, and hold each deletion', () => {
    /** Lives of an object: some changes, then its deletion, or not. */
    const lives = fc.array(fc.nat(3), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lives, fc.boolean(), (changes, isThere) => {
        let version = 0;
        const happened = changes.flatMap((count, life) => [
          event('ADDED', (version += 1)),
          ...Array.from({ length: count }, () => event('MODIFIED', (version += 1))),
          ...(isThere && life === changes.length - 1 ? [] : [event('DELETED', (version += 1))]),
        ]);
        const pending = happened.reduce<readonly PendingEvent[]>(withPending, []);
        const deletions = (events: readonly PendingEvent[]) =>
          said(events.filter(({ type }) => type === 'DELETED'));
        assert.equal(deletions(pending), deletions(happened));
        assert.equal(pending.at(-1)?.object, happened.at(-1)?.object);
      }),
    );
  });
});
