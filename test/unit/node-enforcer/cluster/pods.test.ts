/** Labels of pods: asked for once, of the right pod, and kept. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { PinfoldError } from '../../../../src/errors.js';
import { PodBook } from '../../../../src/node-enforcer/cluster/pod-book.js';
import type { ReadPod } from '../../../../src/node-enforcer/cluster/pod-book.js';
import { podReader } from '../../../../src/node-enforcer/cluster/pod-reader.js';
import { FakeApi, json, refused } from '../../kube/fake-api.js';

const POD = { namespace: 'shop', pod: 'web-1', podUid: 'uid-1' };
const { signal } = new AbortController();

const object = (metadata: object): object => ({
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', resourceVersion: '1', ...metadata },
});

test('one pod is read by its name', async (t) => {
  const labels = { app: 'web' };
  const api = await FakeApi.scripted(t, json(200, object({ uid: 'uid-1', labels })));
  const details = await podReader(api.client())(POD, signal);
  assert.deepEqual(details, { podLabels: labels, podAnnotations: {} });
  assert.equal(api.asked[0]?.path, '/api/v1/namespaces/shop/pods/web-1');
});

test('a static pod is known by the UID that its mirror notes', async (t) => {
  const annotations = { 'kubernetes.io/config.mirror': 'uid-1' };
  const api = await FakeApi.scripted(t, json(200, object({ uid: 'other', annotations })));
  assert.deepEqual(await podReader(api.client())(POD, signal), {
    podLabels: {},
    podAnnotations: annotations,
  });
});

test('another pod of that name is not it', async (t) => {
  const labels = { app: 'web' };
  const api = await FakeApi.scripted(t, json(200, object({ uid: 'uid-2', labels })));
  await assert.rejects(podReader(api.client())(POD, signal), { code: 'KubeNotFound' });
});

const bookIn = (t: TestContext, read: ReadPod) => {
  const directory = mkdtempSync(join(tmpdir(), 'pinfold-pods-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  const problems: PinfoldError[] = [];
  const file = join(directory, 'pods.json');
  const open = (): PodBook =>
    new PodBook({ read, file, onProblem: (problem) => problems.push(problem) });
  return { open, file, problems };
};

test('who asks at once is answered at once; the next process knows it without asking', async (t) => {
  let asked = 0;
  const read: ReadPod = ({ podUid }) => {
    asked += 1;
    return Promise.resolve({ podLabels: { of: podUid }, podAnnotations: { secret: 'x' } });
  };
  const { open, file } = bookIn(t, read);
  const book = open();
  const both = await Promise.all([book.learn(POD, signal), book.learn(POD, signal)]);
  assert.deepEqual(both[0], both[1]);
  assert.equal(asked, 1);
  await book.learn({ ...POD, podUid: 'uid-2' }, signal);
  assert.deepEqual(open().known('uid-1'), { podLabels: { of: 'uid-1' }, podAnnotations: {} });
  book.retain(new Set(['uid-2']));
  assert.equal(open().known('uid-1'), undefined);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { 'uid-2': { of: 'uid-2' } });
});

test('what cannot be read says of which pod and why, and is asked again', async (t) => {
  const api = await FakeApi.scripted(
    t,
    refused(403, 'Forbidden', 'cannot get pods'),
    json(200, object({ uid: 'uid-1' })),
  );
  const { open } = bookIn(t, podReader(api.client()));
  const book = open();
  await assert.rejects(book.learn(POD, signal), (error) => {
    assert.ok(error instanceof PinfoldError);
    assert.equal(error.code, 'PodUnreadable');
    assert.match(error.message, /pod shop\/web-1 .*cannot get pods/);
    return true;
  });
  assert.deepEqual(await book.learn(POD, signal), { podLabels: {}, podAnnotations: {} });
});

test('a file that is cut short is no labels; one that cannot be written is said', async (t) => {
  const read: ReadPod = () => Promise.resolve({ podLabels: {}, podAnnotations: {} });
  const { open, file, problems } = bookIn(t, read);
  writeFileSync(file, '{"uid-1": {"app"');
  assert.equal(open().known('uid-1'), undefined);
  rmSync(file);
  const book = new PodBook({
    read,
    file: join(file, 'not', 'there'),
    onProblem: (problem) => problems.push(problem),
  });
  assert.deepEqual(await book.learn(POD, signal), { podLabels: {}, podAnnotations: {} });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['OutputFailed'],
  );
});
