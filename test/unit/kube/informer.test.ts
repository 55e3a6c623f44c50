import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { Informer } from '../../../src/kube/informer.js';
import type { InformerEvent, InformerOptions } from '../../../src/kube/informer.js';
import type { KubeObject } from '../../../src/kube/kube-object.js';
import { PODS } from '../../../src/kube/resource.js';
import { broken, FakeApi, lines, listOf, refused, silence, thing } from './fake-api.js';
import type { Answer } from './fake-api.js';

const bookmark = (resourceVersion: string) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion } },
});

/** An informer over scripted answers, and what it tells, one at a time. */
const watching = async (
  t: TestContext,
  answers: readonly [Answer, ...Answer[]],
  options: Partial<InformerOptions<KubeObject>> = {},
) => {
  const api = await FakeApi.scripted(t, ...answers);
  const told: string[] = [];
  const problems: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const controller = new AbortController();
  const informer = new Informer<KubeObject>({
    client: api.client(),
    resource: PODS,
    decode: (object) => object,
    onEvent: (event) => {
      told.push(textOf(event));
      for (const { resolve } of waiting.filter(({ count }) => count <= told.length)) resolve();
    },
    onProblem: ({ code }) => problems.push(code),
    backoff: { firstMs: 1, longestMs: 2 },
    ...options,
  });
  const running = informer.run(controller.signal);
  const end = async (): Promise<void> => {
    controller.abort();
    await running;
  };
  t.after(end);
  /** Resolves when so much was told. */
  const tells = async (count: number): Promise<readonly string[]> => {
    if (told.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
    return told;
  };
  return { api, informer, tells, problems, end };
};

const textOf = (event: InformerEvent<KubeObject>): string => {
  switch (event.kind) {
    case 'Applied':
      return `+${event.key}@${event.object.metadata.resourceVersion}`;
    case 'Deleted':
      return `-${event.key}`;
    case 'Rejected':
      return `!${event.key}`;
  }
};

/** What was asked after the list: where each watch began, and `list` for each further list. */
const askedAfter = ({ asked }: FakeApi): readonly (string | null)[] =>
  asked.slice(1).map(({ query }) => (query.has('watch') ? query.get('resourceVersion') : 'list'));

void describe('an informer', { timeout: 20_000 }, () => {
  void it('lists in pages, then watches from there', async (t) => {
    const { api, tells, informer } = await watching(t, [
      listOf('9', [thing('a', '1')], 'next'),
      listOf('9', [thing('b', '2')]),
      lines([{ type: 'MODIFIED', object: thing('a', '10') }], 'Open'),
    ]);
    assert.deepEqual(await tells(3), ['+shop/a@1', '+shop/b@2', '+shop/a@10']);
    assert.equal(api.asked[2]?.query.get('resourceVersion'), '9');
    await informer.synced();
    assert.equal(informer.get('shop/a')?.metadata.resourceVersion, '10');
    assert.equal(informer.list().length, 2);
  });

  void it('goes on from the last bookmark when a watch ends or breaks', async (t) => {
    const { api, tells } = await watching(t, [
      listOf('9', []),
      lines([bookmark('20')], 'End'),
      lines([bookmark('30')], 'Break'),
      lines([{ type: 'ADDED', object: thing('a', '31') }], 'Open'),
    ]);
    assert.deepEqual(await tells(1), ['+shop/a@31']);
    assert.deepEqual(askedAfter(api), ['9', '20', '30']);
  });

  void it('lists again where its version is gone, and tells what was deleted meanwhile', async (t) => {
    const { api, tells, problems } = await watching(t, [
      listOf('9', [thing('a', '1'), thing('b', '2')]),
      refused(410, 'Expired'),
      listOf('50', [thing('b', '2'), thing('c', '40')]),
      lines([], 'Open'),
    ]);
    assert.deepEqual(await tells(4), ['+shop/a@1', '+shop/b@2', '-shop/a', '+shop/c@40']);
    assert.deepEqual(askedAfter(api).slice(0, 2), ['9', 'list']);
    assert.deepEqual(problems, ['KubeExpired']);
  });

  void it('does the same where the version is gone in the middle of a watch or a list', async (t) => {
    const { api, tells } = await watching(t, [
      listOf('9', [thing('a', '1')]),
      lines([bookmark('20'), { type: 'ERROR', object: { code: 410 } }], 'Open'),
      listOf('50', [thing('x', '3')], 'next'),
      refused(410, 'Expired'),
      listOf('60', [thing('c', '40')]),
      lines([], 'Open'),
    ]);
    assert.deepEqual(await tells(3), ['+shop/a@1', '-shop/a', '+shop/c@40']);
    assert.deepEqual(api.asked.map(({ query }) => query.get('continue')).slice(2, 5), [
      null,
      'next',
      null,
    ]);
  });

  void it('takes a watch without a word for dead', async (t) => {
    const { api, tells } = await watching(
      t,
      [
        listOf('9', []),
        lines([bookmark('20')], 'Open'),
        lines([{ type: 'ADDED', object: thing('a', '31') }], 'Open'),
      ],
      { silenceMs: 30 },
    );
    assert.deepEqual(await tells(1), ['+shop/a@31']);
    assert.deepEqual(askedAfter(api).slice(0, 2), ['9', '20']);
  });

  void it('goes on for ever while the server is away, and says why', async (t) => {
    const { tells, problems } = await watching(t, [
      broken,
      refused(401, 'Unauthorized'),
      refused(403, 'Forbidden'),
      refused(404, 'NotFound'),
      refused(500, 'InternalError'),
      listOf('9', [thing('a', '1')]),
      lines([], 'Open'),
    ]);
    assert.deepEqual(await tells(1), ['+shop/a@1']);
    assert.deepEqual(problems, [
      'KubeUnreachable',
      'KubeUnauthorized',
      'KubeForbidden',
      'KubeNotFound',
      'KubeServerFailed',
    ]);
  });

  void it('keeps the last good version of what it cannot decode', async (t) => {
    const { tells, informer } = await watching(
      t,
      [
        listOf('9', [thing('a', '1')]),
        lines(
          [
            { type: 'MODIFIED', object: thing('a', '10') },
            { type: 'MODIFIED', object: thing('a', '11') },
            { type: 'MODIFIED', object: thing('a', '12') },
            { type: 'DELETED', object: thing('a', '13') },
          ],
          'Open',
        ),
      ],
      {
        decode: (object) => {
          if (object.metadata.resourceVersion === '10')
            throw new PinfoldError('ObjectInvalid', { file: 'a' });
          return object;
        },
      },
    );
    assert.deepEqual(await tells(5), [
      '+shop/a@1',
      '!shop/a',
      '+shop/a@11',
      '+shop/a@12',
      '-shop/a',
    ]);
    assert.equal(informer.rejections().size, 0);
  });

  void it('shows the last good version and the rejection as long as it lasts', async (t) => {
    const { tells, informer } = await watching(
      t,
      [
        listOf('9', [thing('a', '1')]),
        lines([{ type: 'MODIFIED', object: thing('a', '10') }], 'Open'),
      ],
      {
        decode: (object) => {
          if (object.metadata.resourceVersion === '10') throw new Error('no');
          return object;
        },
      },
    );
    await tells(2);
    assert.equal(informer.get('shop/a')?.metadata.resourceVersion, '1');
    assert.equal(informer.rejections().get('shop/a')?.code, 'Internal');
  });

  for (const [name, answers] of [
    ['a list', [silence]],
    ['a watch', [listOf('9', []), lines([], 'Open')]],
    ['a delay', [refused(500, 'InternalError')]],
  ] as const satisfies readonly (readonly [string, readonly [Answer, ...Answer[]]])[])
    void it(`ends in the middle of ${name} when it is told to`, async (t) => {
      const { api, end } = await watching(t, answers, {
        backoff: { firstMs: 60_000, longestMs: 60_000 },
      });
      while (api.asked.length < answers.length)
        await new Promise((resolve) => setImmediate(resolve));
      await end();
    });
});
