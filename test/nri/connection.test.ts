/** What the plugin does about a runtime that is not there, goes away, or refuses it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { buildPeer } from './support/build-peer.js';
import { TestNode, cgroupOf, container, pod } from './support/node.js';

const peer = buildPeer();
const path = 'path' in peer ? peer.path : '';
const options = 'skip' in peer ? { skip: peer.skip } : { timeout: 60_000 };

test('without a socket there is a reason, and no end to trying', options, async () => {
  await using node = new TestNode(path);
  node.startPlugin();
  const { failure } = await node.event('Disconnected');
  assert.equal(failure.code, 'NriUnavailable');
  assert.match(failure.message, /nri\.sock.*ENOENT/);
  const runtime = await node.startRuntime();
  await runtime.untilPlugins(1);
  await node.event('Connected');
});

test(
  'after a crash of the runtime the plugin is back, and told again of what runs',
  options,
  async () => {
    await using node = new TestNode(path);
    const first = await node.startRuntime();
    node.startPlugin();
    await first.untilPlugins(1);
    await first.kill();
    const { failure } = await node.event('Disconnected');
    assert.equal(failure.code, 'NriLost');
    await node.event('Disconnected', (event) => event.failure.code === 'NriUnavailable');
    const second = await node.startRuntime({
      pods: [pod('web')],
      containers: [container('web', 'main')],
    });
    await second.untilPlugins(1);
    await node.event('Synchronized', ({ containers }) => containers === 1);
  },
);

test(
  'a runtime that dies within a call leaves nothing behind that hinders the next',
  options,
  async () => {
    await using node = new TestNode(path);
    const first = await node.startRuntime();
    node.startPlugin();
    await first.untilPlugins(1);
    for (const name of ['never', 'main']) node.makeCgroup(cgroupOf(`web-${name}`));
    void first.call({
      op: 'StartContainer',
      pod: pod('web'),
      container: container('web', 'never'),
    });
    await node.event('Admission', () => node.seen('start').length === 1);
    await first.kill();
    const { failure } = await node.event('Disconnected');
    assert.match(failure.message, /1 call\(s\) not yet answered/);
    const second = await node.startRuntime();
    await second.untilPlugins(1);
    const { error } = await second.call({
      op: 'StartContainer',
      pod: pod('web'),
      container: container('web', 'main'),
    });
    assert.equal(error, undefined);
    await node.event('ContainerStarted', ({ facts }) => facts.container === 'main');
  },
);

test('a name that the runtime refuses is told in its words', options, async () => {
  await using node = new TestNode(path);
  await node.startRuntime();
  node.startPlugin({ pluginIndex: '1x' });
  const { failure } = await node.event('Disconnected');
  assert.equal(failure.code, 'NriRefused');
  assert.match(failure.message, /invalid plugin index/);
});

test('a call for StopContainer does not reach the plugin', options, async () => {
  await using node = new TestNode(path);
  const runtime = await node.startRuntime();
  node.startPlugin();
  await runtime.untilPlugins(1);
  const subject = { pod: pod('web'), container: container('web', 'main') };
  assert.equal((await runtime.call({ op: 'StopContainer', ...subject })).error, undefined);
});

test('a stopped plugin is gone from the runtime', options, async () => {
  await using node = new TestNode(path);
  const runtime = await node.startRuntime();
  const plugin = node.startPlugin();
  await runtime.untilPlugins(1);
  await plugin.stop();
  assert.equal(node.seen('close').length, 1);
  // The runtime notices at its next call; nothing is held up by it.
  await runtime.call({ op: 'RunPodSandbox', pod: pod('web') });
  await runtime.untilPlugins(0);
});

test('a plugin that is stopped within a call answers it first', options, async () => {
  await using node = new TestNode(path);
  const runtime = await node.startRuntime();
  let answer: (value: unknown) => void = () => undefined;
  let asked: () => void = () => undefined;
  const question = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const plugin = node.startPlugin({
    onQuestion: () => {
      asked();
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  await runtime.untilPlugins(1);
  node.makeCgroup(cgroupOf('web-refused-later'));
  const call = runtime.call({
    op: 'StartContainer',
    pod: pod('web'),
    container: container('web', 'refused-later'),
  });
  await question;
  const stopped = plugin.stop();
  answer(undefined);
  assert.match((await call).error ?? '', /pinfold: refused later/);
  await stopped;
});

test(
  'garbage from the socket ends the connection with a reason, and attempts go on',
  options,
  async () => {
    await using node = new TestNode(path);
    const server = createServer((socket) => socket.end(Buffer.alloc(64, 0xff)));
    server.listen(node.socket);
    await once(server, 'listening');
    try {
      node.startPlugin();
      const isGarbage = ({ failure }: { failure: { code: string } }) =>
        failure.code === 'NriProtocol';
      await node.event('Disconnected', isGarbage);
      await node.event(
        'Disconnected',
        () => node.events.filter((event) => event.kind === 'Disconnected').length > 1,
      );
    } finally {
      server.close();
    }
    const runtime = await node.startRuntime();
    await runtime.untilPlugins(1);
  },
);

test('a thread that fails is reported and started again', options, async () => {
  await using node = new TestNode(path);
  node.startPlugin({ admissionModule: new URL('./support/absent.ts', import.meta.url) });
  const { failure } = await node.event('Disconnected');
  assert.equal(failure.code, 'NriWorkerFailed');
  assert.match(failure.message, /absent\.ts/);
  await node.event('Disconnected', ({ retryInMs }) => retryInMs > 1000);
});
