import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventName, eventObject, microTime, storedEvent } from '../../../src/kube/event-object.js';
import { kubeObject } from '../../../src/kube/kube-object.js';
import { EVENTS } from '../../../src/kube/resource.js';
import type { ObjectEvent } from '../../../src/store/store.js';

const by = { controller: 'pinfold.dev/node', instance: 'node1' };
const event: ObjectEvent = {
  regarding: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-1' },
  type: 'Warning',
  reason: 'PinfoldDenied',
  action: 'Judge',
  note: 'exec /usr/bin/nc denied by profile web',
  at: Date.parse('2026-01-02T03:04:05.678Z'),
};

void describe('an event of the API', () => {
  void it('has one name for a series, and another for all else', () => {
    const name = eventName(event, 'u-1', by);
    assert.equal(eventName({ ...event, at: 0, count: 7 }, 'u-1', by), name);
    const others = [
      eventName({ ...event, note: 'other' }, 'u-1', by),
      eventName({ ...event, reason: 'Other' }, 'u-1', by),
      eventName(event, 'u-2', by),
      eventName(event, undefined, by),
      eventName(event, 'u-1', { ...by, instance: 'node2' }),
    ];
    assert.equal(new Set([name, ...others]).size, 6);
  });

  void it('has a name that the API takes, however long that of the object', () => {
    for (const name of ['a', 'x'.repeat(253), `${'x'.repeat(231)}.${'y'.repeat(21)}`]) {
      const made = eventName({ ...event, regarding: { ...event.regarding, name } }, 'u-1', by);
      assert.match(made, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      assert.ok(made.length <= 253);
    }
  });

  void it('is a series from the second occurrence on', () => {
    const one = eventObject('n', { event, uid: 'u-1', count: 1, lastAt: event.at }, by);
    assert.equal('series' in one, false);
    const many = eventObject('n', { event, uid: 'u-1', count: 3, lastAt: event.at + 1 }, by);
    assert.deepEqual(many.series, { count: 3, lastObservedTime: '2026-01-02T03:04:05.679000Z' });
    assert.equal(many.eventTime, microTime(event.at));
  });

  void it('keeps to the limits of the API without half a character', () => {
    const note = '→'.repeat(1000);
    const made = eventObject('n', { event: { ...event, note }, count: 1, lastAt: 0 }, by);
    assert.ok(typeof made.note === 'string' && Buffer.byteLength(made.note) <= 1024);
    assert.match(made.note, /^→+…$/u);
  });

  void it('is read back as it was meant, and only if it is ours', () => {
    const { regarding } = event;
    const made = eventObject('n', { event, uid: 'u-1', count: 3, lastAt: event.at + 1 }, by);
    const metadata = { name: 'n', namespace: 'shop', uid: 'u', resourceVersion: '1' };
    const stored = kubeObject({ ...made, metadata }, EVENTS) ?? assert.fail();
    assert.deepEqual(storedEvent(stored), {
      ...event,
      regarding,
      count: 3,
      firstSeen: event.at,
      lastSeen: event.at + 1,
    });
    assert.equal(storedEvent({ ...stored, reportingController: 'kubelet' }), undefined);
  });
});
