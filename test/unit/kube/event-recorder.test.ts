import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { EventRecorder } from '../../../src/kube/event-recorder.js';
import { microTime } from '../../../src/kube/event-object.js';
import type { ObjectEvent } from '../../../src/store/store.js';
import { broken, FakeApi, json, refused } from './fake-api.js';
import type { Answer } from './fake-api.js';

const event: ObjectEvent = {
  regarding: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-1' },
  type: 'Warning',
  reason: 'PinfoldDenied',
  action: 'Judge',
  note: 'exec /usr/bin/nc denied by profile web',
  at: 1000,
};

const stored = (count: number, eventTime = microTime(5)) => ({
  metadata: { name: 'e', namespace: 'shop', uid: 'u', resourceVersion: '1' },
  eventTime,
  ...(count > 1 ? { series: { count, lastObservedTime: microTime(6) } } : {}),
});

const created = json(201, stored(1));
const patched = json(200, stored(2));

const recorderOf = async (t: TestContext, ...answers: readonly [Answer, ...Answer[]]) => {
  const api = await FakeApi.scripted(t, ...answers);
  const lost: string[] = [];
  const recorder = new EventRecorder({
    client: api.client({ tries: 1 }),
    reporter: { controller: 'pinfold.dev/node', instance: 'n1' },
    uidOf: () => Promise.resolve('u-2'),
    onProblem: ({ message }) => lost.push(message),
  });
  t.after(() => recorder.close());
  /** What was written, in order: method, and the count that the body speaks of. */
  const written = (): readonly (readonly [string, number | undefined])[] =>
    api.asked.map(({ method, body }) => {
      const sent: unknown = body === '' ? {} : JSON.parse(body);
      return [method, (sent as { series?: { count: number } }).series?.count];
    });
  const asked = async (count: number): Promise<void> => {
    while (api.asked.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    await recorder.flush();
  };
  return { recorder, lost, written, asked };
};

void describe('the event recorder', { timeout: 20_000 }, () => {
  void it('begins a series and counts on, without asking how far it was', async (t) => {
    const { recorder, written } = await recorderOf(t, created, patched);
    recorder.record(event);
    await recorder.flush();
    recorder.record({ ...event, at: 2000 });
    await recorder.flush();
    recorder.record({ ...event, at: 3000, count: 5 });
    await recorder.flush();
    assert.deepEqual(written(), [
      ['POST', undefined],
      ['PATCH', 2],
      ['PATCH', 7],
    ]);
  });

  void it('adds up what comes while one is written, or the server is away', async (t) => {
    const { recorder, written, asked } = await recorderOf(t, broken, created, patched);
    recorder.record(event);
    recorder.record({ ...event, at: 2000 });
    recorder.record({ ...event, at: 3000 });
    await asked(2);
    assert.deepEqual(written(), [
      ['POST', undefined],
      ['POST', 3],
    ]);
  });

  void it('counts on from what an earlier process wrote', async (t) => {
    const exists = refused(409, 'AlreadyExists');
    const { recorder, written } = await recorderOf(t, exists, json(200, stored(4)), patched);
    recorder.record(event);
    await recorder.flush();
    assert.deepEqual(written(), [
      ['POST', undefined],
      ['GET', undefined],
      ['PATCH', 5],
    ]);
  });

  void it('does not count twice where the answer to its first write was lost', async (t) => {
    const ours = json(200, stored(1, microTime(event.at)));
    const exists = refused(409, 'AlreadyExists');
    const { recorder, written, asked } = await recorderOf(t, broken, exists, ours, patched);
    recorder.record(event);
    await asked(3);
    assert.deepEqual(written(), [
      ['POST', undefined],
      ['POST', undefined],
      ['GET', undefined],
    ]);
    recorder.record({ ...event, at: 2000 });
    await recorder.flush();
    assert.deepEqual(written().at(-1), ['PATCH', 2]);
  });

  void it('begins anew when the server has forgotten the series', async (t) => {
    const gone = refused(404, 'NotFound');
    const { recorder, written } = await recorderOf(t, created, gone, created, patched);
    recorder.record(event);
    await recorder.flush();
    recorder.record({ ...event, at: 2000 });
    await recorder.flush();
    recorder.record({ ...event, at: 3000 });
    await recorder.flush();
    assert.deepEqual(written(), [
      ['POST', undefined],
      ['PATCH', 2],
      ['POST', undefined],
      ['PATCH', 2],
    ]);
  });

  for (const answer of [refused(403, 'Forbidden', 'terminating'), refused(404, 'NotFound')])
    void it('says what it cannot write, and does not try that again', async (t) => {
      const { recorder, lost, written } = await recorderOf(t, answer);
      recorder.record({ ...event, count: 3 });
      await recorder.flush();
      assert.equal(lost.length, 1);
      assert.match(
        lost[0] ?? '',
        /^3 occurrence\(s\) of event PinfoldDenied about Pod shop\/web-1/,
      );
      assert.equal(written().length, 1);
    });

  void it('says at its end what still waits', async (t) => {
    const { recorder, lost } = await recorderOf(t, broken);
    recorder.record(event);
    await recorder.flush();
    await recorder.close();
    assert.match(lost[0] ?? '', /1 occurrence\(s\).*Pinfold ended/);
  });

  void it('keeps no more waiting than it should, and counts the rest as lost', async (t) => {
    const { recorder, lost } = await recorderOf(t, broken);
    for (let number = 0; number < 1010; number += 1)
      recorder.record({ ...event, note: `note ${number}` });
    assert.ok(lost.length >= 1);
    await recorder.close();
    assert.equal(lost.length, 1010, 'each of them is said');
  });
});
