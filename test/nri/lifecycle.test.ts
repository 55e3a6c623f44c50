/** The plugin against NRI's own implementation of the runtime's side. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildPeer } from './support/build-peer.js';
import { TestNode, cgroupOf, container, pod } from './support/node.js';

const peer = buildPeer();
const path = 'path' in peer ? peer.path : '';
const options = 'skip' in peer ? { skip: peer.skip } : { timeout: 60_000 };

/** Keeps the main thread from doing anything else until something outside this process has happened. */
const blockUntil = (happened: () => boolean): void => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = Date.now() + 30_000; !happened(); Atomics.wait(cell, 0, 0, 20))
    if (Date.now() > deadline)
      throw new Error('it did not happen while the main thread was blocked');
};

test('the plugin registers, and is told of what runs already', options, async () => {
  await using node = new TestNode(path);
  const id = node.makeCgroup(cgroupOf('web-main'));
  const runtime = await node.startRuntime({
    pods: [pod('web')],
    containers: [{ ...container('web', 'main'), state: 'CONTAINER_RUNNING', pid: 4711 }],
  });
  node.startPlugin();
  const connected = await node.event('Connected');
  assert.equal(connected.runtime.name, 'pinfold-test');
  assert.equal(connected.guardsCreation, true);
  const [found] = node.seen('synchronize') as [
    { containers: { facts: Record<string, unknown>; cgroupId: bigint }[]; pods: unknown[] },
  ];
  assert.equal(found.pods.length, 1);
  assert.equal(found.containers[0]?.cgroupId, id);
  assert.deepEqual(
    { ...found.containers[0].facts, podAnnotations: undefined },
    {
      podUid: '6f1c1c1e-0d7e-4f7c-9d4a-3d1f2a6b7c8d',
      namespace: 'shop',
      pod: 'web',
      podLabels: { app: 'web' },
      podAnnotations: undefined,
      sandboxId: 'web-sandbox',
      container: 'main',
      containerId: 'web-main',
      image: 'docker.io/library/nginx:1.29',
      imageDigest: `sha256:${'0'.repeat(64)}`,
      cgroupPath: `${node.cgroupRoot}/${cgroupOf('web-main')}`,
      pid: 4711,
      state: 'Running',
      isRunning: true,
    },
  );
  await runtime.untilPlugins(1);
  assert.match(runtime.log, /10-pinfold/);
});

test('a container is judged when its cgroup is there, and its slot is told', options, async () => {
  await using node = new TestNode(path);
  const runtime = await node.startRuntime();
  node.startPlugin();
  await runtime.untilPlugins(1);
  const id = node.makeCgroup(cgroupOf('web-main'));
  const subject = { pod: pod('web'), container: container('web', 'main') };
  for (const op of ['RunPodSandbox', 'CreateContainer', 'StartContainer'])
    assert.equal((await runtime.call({ op, ...subject })).error, undefined);
  const started = await node.event('ContainerStarted');
  assert.equal(started.cgroupId, id);
  assert.equal(started.slot, 7);
  assert.equal(started.late, false);
  assert.equal(started.facts.state, 'Created');
  assert.deepEqual(
    (node.seen('start') as { cgroupId: bigint }[]).map(({ cgroupId }) => cgroupId),
    [id],
  );
  const podStarted = await node.event('PodStarted');
  assert.equal(
    podStarted.pod.cgroupPath,
    `${node.cgroupRoot}/${cgroupOf('').replace(/\/[^/]*$/, '')}`,
  );
  for (const op of ['RemoveContainer', 'RemovePodSandbox'])
    assert.equal((await runtime.call({ op, ...subject })).error, undefined);
  assert.equal((await node.event('ContainerRemoved')).containerId, 'web-main');
  assert.equal((await node.event('PodRemoved')).pod.sandboxId, 'web-sandbox');
});

test('answers come while the main thread is blocked', options, async () => {
  await using node = new TestNode(path);
  const resultFile = join(node.directory, 'results');
  const runtime = await node.startRuntime({ resultFile });
  node.startPlugin();
  await runtime.untilPlugins(1);
  node.makeCgroup(cgroupOf('web-main'));
  const subject = { pod: pod('web'), container: container('web', 'main') };
  // Spread over more than the 2 s after which the runtime would drop the plugin and start the container.
  const calls = [100, 900, 1700, 2500].map((delayMs) =>
    runtime.call({ op: 'StartContainer', delayMs, ...subject }),
  );
  blockUntil(() => readFileSync(resultFile, 'utf8').split('\n').length > calls.length);
  for (const call of calls) {
    const { error, plugins } = await call;
    assert.equal(error, undefined);
    assert.equal(plugins, 1);
  }
  await node.event('Admission', () => node.seen('start').length === calls.length);
});

test('what the admission refuses is refused, in its words', options, async () => {
  await using node = new TestNode(path);
  const runtime = await node.startRuntime();
  node.startPlugin();
  await runtime.untilPlugins(1);
  node.makeCgroup(cgroupOf('web-not-started'));
  const created = await runtime.call({
    op: 'CreateContainer',
    pod: pod('web'),
    container: container('web', 'not-created'),
  });
  assert.match(created.error ?? '', /pinfold: profile web does not exist/);
  const started = await runtime.call({
    op: 'StartContainer',
    pod: pod('web'),
    container: container('web', 'not-started'),
  });
  assert.match(started.error ?? '', /pinfold: profile web cannot be compiled/);
  assert.equal(started.plugins, 1);
  await node.event('Refused', ({ at }) => at === 'CreateContainer');
  await node.event('Refused', ({ at }) => at === 'StartContainer');
});

for (const name of ['never', 'throws', 'asks-in-vain', 'without-cgroup'])
  test(
    `a container that is not judged (${name}): Hold refuses it, Allow records a gap`,
    options,
    async () => {
      await using node = new TestNode(path);
      const runtime = await node.startRuntime({ timeoutMs: 800 });
      node.startPlugin({ onQuestion: () => new Promise(() => undefined) });
      await runtime.untilPlugins(1);
      if (name !== 'without-cgroup') node.makeCgroup(cgroupOf(`web-${name}`));
      const held = await runtime.call({
        op: 'StartContainer',
        pod: pod('web', { namespace: 'held' }),
        container: container('web', name),
      });
      assert.match(held.error ?? '', /pinfold: namespace held is on Hold/);
      assert.equal(held.plugins, 1);
      const allowed = await runtime.call({
        op: 'StartContainer',
        pod: pod('web'),
        container: container('web', name),
      });
      assert.equal(allowed.error, undefined);
      assert.equal(allowed.plugins, 1);
      const gap = await node.event('Gap');
      assert.equal(gap.failure.code, 'NriNotJudged');
      assert.equal(gap.facts?.namespace, 'shop');
      assert.equal((await node.event('Refused')).facts.namespace, 'held');
    },
  );

test('a verdict that comes after the deadline is told as late', options, async () => {
  await using node = new TestNode(path);
  let answer: (value: unknown) => void = () => undefined;
  const runtime = await node.startRuntime({ timeoutMs: 400 });
  node.startPlugin({
    onQuestion: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  await runtime.untilPlugins(1);
  node.makeCgroup(cgroupOf('web-late'));
  const { error } = await runtime.call({
    op: 'StartContainer',
    pod: pod('web'),
    container: container('web', 'late'),
  });
  assert.equal(error, undefined);
  await node.event('Gap');
  answer(undefined);
  const started = await node.event('ContainerStarted');
  assert.equal(started.late, true);
});

test(
  'the admission asks the main thread, and works with what it was given last',
  options,
  async () => {
    await using node = new TestNode(path);
    const runtime = await node.startRuntime();
    const plugin = node.startPlugin({
      admissionOptions: { pins: '/sys/fs/bpf/pinfold' },
      onQuestion: (question) => Promise.resolve(question === 'slot' ? 12 : undefined),
    });
    await runtime.untilPlugins(1);
    assert.deepEqual(node.seen('options'), [{ pins: '/sys/fs/bpf/pinfold' }]);
    for (const name of ['asks', 'main']) node.makeCgroup(cgroupOf(`web-${name}`));
    plugin.update({ slot: 9, held: [] });
    await node.event('Admission', () => node.seen('update').length === 2);
    for (const name of ['asks', 'main'])
      await runtime.call({
        op: 'StartContainer',
        pod: pod('web'),
        container: container('web', name),
      });
    const slotOf = async (name: string) =>
      (await node.event('ContainerStarted', ({ facts }) => facts.container === name)).slot;
    assert.equal(await slotOf('asks'), 12);
    assert.equal(await slotOf('main'), 9);
  },
);

test('a refusal of any length arrives whole', options, async () => {
  await using node = new TestNode(path);
  const runtime = await node.startRuntime();
  node.startPlugin();
  await runtime.untilPlugins(1);
  for (const length of [4000, 4096, 5000, 100_000]) {
    const { error, plugins } = await runtime.call({
      op: 'CreateContainer',
      pod: pod('web'),
      container: container('web', `refused-${String(length)}`),
    });
    assert.equal(/x+/.exec(error ?? '')?.[0].length, length);
    assert.equal(plugins, 1);
  }
});

test('a Synchronize of more than 4 MiB comes in parts and arrives whole', options, async () => {
  await using node = new TestNode(path);
  const count = 400;
  const names = Array.from({ length: count }, (_, index) => `pod-${String(index)}`);
  const runtime = await node.startRuntime({
    pods: names.map((name) => pod(name)),
    containers: names.map((name) => container(name, 'main')),
  });
  node.startPlugin();
  await node.event('Connected');
  const { pods, containers } = await node.event('Synchronized');
  assert.deepEqual({ pods, containers }, { pods: count, containers: count });
  const [found] = node.seen('synchronize') as [{ containers: { facts: { pod: string } }[] }];
  assert.deepEqual(
    found.containers.map(({ facts }) => facts.pod),
    names,
  );
  assert.equal(node.seen('synchronize').length, 1);
  await runtime.untilPlugins(1);
  assert.ok(runtime.synchronizeParts > 1, 'the runtime had no need to split it');
});
