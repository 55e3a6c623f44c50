import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import type { ErrorCode } from '../../../src/errors.js';
import { PODS } from '../../../src/kube/resource.js';
import { broken, FakeApi, json, lines, listOf, refused, silence, thing } from './fake-api.js';
import type { Answer } from './fake-api.js';

const web = { namespace: 'shop', name: 'web' };

const withCode =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    error instanceof PinfoldError && error.code === code;

const REFUSALS: readonly (readonly [number, string, ErrorCode])[] = [
  [400, 'BadRequest', 'KubeInvalid'],
  [401, 'Unauthorized', 'KubeUnauthorized'],
  [403, 'Forbidden', 'KubeForbidden'],
  [404, 'NotFound', 'KubeNotFound'],
  [409, 'Conflict', 'KubeConflict'],
  [410, 'Expired', 'KubeExpired'],
  [422, 'Invalid', 'KubeInvalid'],
  [429, 'TooManyRequests', 'KubeTooManyRequests'],
  [500, 'InternalError', 'KubeServerFailed'],
  [503, 'ServiceUnavailable', 'KubeServerFailed'],
  [504, 'Timeout', 'KubeTimeout'],
];

void describe('the client', () => {
  for (const [status, reason, code] of REFUSALS)
    void it(`calls ${status} ${code}`, async (t) => {
      const api = await FakeApi.scripted(t, refused(status, reason, 'because'));
      await assert.rejects(api.client({ tries: 1 }).get(PODS, web), (error) => {
        assert.ok(error instanceof PinfoldError && error.code === code);
        if (status !== 504) assert.match(error.message, /because/);
        return true;
      });
    });

  void it('names verb and resource of what is forbidden', async (t) => {
    const api = await FakeApi.scripted(t, refused(403, 'Forbidden', 'User "x" cannot'));
    await assert.rejects(api.client().list(PODS, { namespace: 'shop' }), (error) => {
      assert.ok(error instanceof PinfoldError);
      assert.equal(error.fields.verb, 'list');
      assert.equal(error.fields.resource, 'pods in namespace "shop"');
      return true;
    });
  });

  void it('lists what the server finds invalid', async (t) => {
    const api = await FakeApi.scripted(
      t,
      json(422, {
        kind: 'Status',
        code: 422,
        reason: 'Invalid',
        message: 'the object is invalid',
        details: { causes: [{ field: 'spec.mode', message: 'Unsupported value: "Foo"' }] },
      }),
    );
    await assert.rejects(api.client().get(PODS, web), /spec\.mode: Unsupported value: "Foo"/);
  });

  void it('knows a version from the future, after etcd was restored, as expired', async (t) => {
    const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'too large' }] };
    const api = await FakeApi.scripted(t, json(504, { kind: 'Status', code: 504, details }));
    await assert.rejects(api.client().get(PODS, web), withCode('KubeExpired'));
  });

  void it('shows the beginning of an answer that is no Status', async (t) => {
    const api = await FakeApi.scripted(t, (response) => {
      response.writeHead(502).end('<html>Bad Gateway</html>');
    });
    await assert.rejects(api.client({ tries: 1 }).get(PODS, web), /Bad Gateway/);
  });

  void it('does not take anything for an object', async (t) => {
    const api = await FakeApi.scripted(t, json(200, { kind: 'Pod' }));
    await assert.rejects(api.client().get(PODS, web), withCode('KubeAnswerMalformed'));
    const half = await FakeApi.scripted(t, (response) => response.writeHead(200).end('{"kind'));
    await assert.rejects(half.client().get(PODS, web), withCode('KubeAnswerMalformed'));
  });

  const passing: readonly (readonly [string, Answer])[] = [
    ['a broken connection', broken],
    ['an overloaded server', refused(429, 'TooManyRequests', '', { 'retry-after': '0' })],
    ['a server that restarts', refused(503, 'ServiceUnavailable')],
  ];
  for (const [name, answer] of passing)
    void it(`tries again after ${name}, but only what may be repeated`, async (t) => {
      const api = await FakeApi.scripted(t, answer, answer, json(200, thing('web', '7')));
      const found = await api.client().get(PODS, web);
      assert.equal(found.metadata.resourceVersion, '7');
      assert.equal(api.asked.length, 3);
      const other = await FakeApi.scripted(t, answer, json(201, thing('web', '7')));
      await assert.rejects(other.client().create(PODS, 'shop', thing('web', '')));
      assert.equal(other.asked.length, 1);
    });

  void it('gives up at last, and at once on what is final', async (t) => {
    const api = await FakeApi.scripted(t, refused(503, 'ServiceUnavailable'));
    await assert.rejects(api.client({ tries: 3 }).get(PODS, web), withCode('KubeServerFailed'));
    assert.equal(api.asked.length, 3);
    const final = await FakeApi.scripted(t, refused(403, 'Forbidden'));
    await assert.rejects(final.client({ tries: 3 }).get(PODS, web), withCode('KubeForbidden'));
    assert.equal(final.asked.length, 1);
  });

  void it('hands on when the server wants to be asked again', async (t) => {
    const busy = refused(429, 'TooManyRequests', 'busy', { 'retry-after': '7' });
    const api = await FakeApi.scripted(t, busy);
    await assert.rejects(api.client({ tries: 1 }).get(PODS, web), (error) => {
      assert.ok(error instanceof PinfoldError);
      assert.equal(error.fields.retryAfterMs, 7000);
      return true;
    });
  });

  void it('ends what takes too long, and what its caller no longer wants', async (t) => {
    const api = await FakeApi.scripted(t, silence);
    const client = api.client({ tries: 1, timeoutMs: 20 });
    await assert.rejects(client.get(PODS, web), withCode('KubeTimeout'));
    const controller = new AbortController();
    const reason = new Error('not wanted');
    const asking = api.client().get(PODS, web, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(asking, reason);
  });

  void it('says who cannot be reached', async (t) => {
    const api = await FakeApi.scripted(t, silence);
    const { credentials } = api;
    const nowhere = { ...credentials, server: new URL('http://127.0.0.1:1') };
    const { KubeClient } = await import('../../../src/kube/client.js');
    await assert.rejects(
      new KubeClient(nowhere, { tries: 1 }).get(PODS, web),
      /^PinfoldError: 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/,
    );
  });

  void it('reads lists page by page, over one connection', async (t) => {
    const api = await FakeApi.scripted(
      t,
      listOf('9', [thing('a', '1'), thing('b', '2')], 'next'),
      listOf('9', [thing('c', '3')]),
    );
    const all = await api.client().list(PODS, { fieldSelector: 'spec.nodeName=n1' });
    assert.deepEqual(
      all.map(({ metadata }) => metadata.name),
      ['a', 'b', 'c'],
    );
    assert.deepEqual(
      api.asked.map(({ query }) => [query.get('continue'), query.get('fieldSelector')]),
      [
        [null, 'spec.nodeName=n1'],
        ['next', 'spec.nodeName=n1'],
      ],
    );
    assert.equal(api.connections, 1);
  });

  void it('reads a watch line by line and names what ends it', async (t) => {
    const api = await FakeApi.scripted(
      t,
      lines(
        [
          { type: 'ADDED', object: thing('a', '2') },
          { type: 'BOOKMARK', object: { metadata: { resourceVersion: '5' } } },
          { type: 'DELETED', object: thing('a', '6') },
          { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } },
        ],
        'Open',
      ),
    );
    const { signal } = new AbortController();
    const seen: string[] = [];
    const watch = api.client().watch(PODS, {}, '1', { signal, timeoutSeconds: 300 });
    await assert.rejects(async () => {
      for await (const event of watch) seen.push(event.kind);
    }, withCode('KubeExpired'));
    assert.deepEqual(seen, ['Changed', 'Bookmark', 'Deleted']);
    const { query } = api.asked[0] ?? assert.fail();
    assert.equal(query.get('allowWatchBookmarks'), 'true');
    assert.equal(query.get('resourceVersion'), '1');
  });
});
