/** The store where the server has objects that our own validation refuses, as between versions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { PinfoldError } from '../../../src/errors.js';
import { KubeStore } from '../../../src/kube/kube-store.js';
import { FakeApi, json, lines, silence } from './fake-api.js';
import type { Answer, Asked } from './fake-api.js';

const profile = (name: string, resourceVersion: string, mode: string) => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'SecurityProfile',
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion, generation: 1 },
  spec: { mode, selector: { podSelector: {} } },
});

const list = (...items: readonly object[]): Answer =>
  json(200, { kind: 'SecurityProfileList', metadata: { resourceVersion: '10' }, items });

const storeOf = async (t: TestContext, answer: (asked: Asked) => Answer) => {
  const api = await FakeApi.start(t, answer);
  const problems: PinfoldError[] = [];
  const store = new KubeStore({
    client: api.client({ tries: 1 }),
    fieldManager: 'pinfold-operator',
    reporter: { controller: 'pinfold.dev/operator', instance: 'test' },
    watched: [{ kind: 'SecurityProfile' }],
    onProblem: (problem) => problems.push(problem),
  });
  t.after(() => store.close());
  return { api, store, problems };
};

const web = { kind: 'SecurityProfile', namespace: 'shop', name: 'web' } as const;

void describe('the store and objects that are not valid here', { timeout: 20_000 }, () => {
  void it('rejects them with code and key, and keeps their last good version', async (t) => {
    const { store } = await storeOf(t, ({ query }) =>
      query.has('watch')
        ? lines([{ type: 'MODIFIED', object: profile('web', '11', 'Observe') }], 'Open')
        : list(profile('web', '5', 'Audit')),
    );
    store.start();
    const stop = new AbortController();
    t.after(() => {
      stop.abort();
    });
    const seen: string[] = [];
    for await (const event of store.watch(stop.signal)) {
      seen.push(event.kind);
      if (event.kind !== 'Rejected') continue;
      assert.deepEqual(event.key, web);
      assert.equal(event.code, 'ObjectInvalid');
      assert.equal(event.source, 'SecurityProfile shop/web');
      assert.match(event.problem, /spec\.mode: .*Observe/);
      break;
    }
    assert.equal(seen.at(-1), 'Rejected');
    const kept = await store.get(web);
    assert.ok(kept?.kind === 'SecurityProfile');
    assert.equal(kept.spec.mode, 'Audit');
    assert.equal((await store.list('SecurityProfile')).length, 1);
    const later: string[] = [];
    for await (const event of store.watch(stop.signal)) {
      later.push(event.kind);
      if (later.length === 2) break;
    }
    assert.deepEqual(later, ['Applied', 'Rejected'], 'who comes later hears of it too');
  });

  void it('does not let one of them hide the others from a command', async (t) => {
    const { store, problems } = await storeOf(t, () =>
      list(profile('bad', '5', 'Observe'), profile('web', '6', 'Audit')),
    );
    const found = await store.list('SecurityProfile');
    assert.deepEqual(
      found.map(({ metadata }) => metadata.name),
      ['web'],
    );
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['ObjectInvalid'],
    );
  });

  void it('ends a watch that waits for a server that is away', async (t) => {
    const { store } = await storeOf(t, () => silence);
    store.start();
    const stop = new AbortController();
    const watch = store.watch(stop.signal);
    const next = watch.next();
    stop.abort();
    assert.deepEqual(await next, { done: true, value: undefined });
    const other = store.watch(new AbortController().signal).next();
    await store.close();
    assert.deepEqual(await other, { done: true, value: undefined });
  });
});
