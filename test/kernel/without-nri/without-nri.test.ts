/** The node enforcer of a cluster where the runtime has no NRI: containers are found by cgroup and bundle. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import type { RecordedBehavior } from '../../../src/api/objects.js';
import { buildPeer } from '../../nri/support/build-peer.js';
import { Peer } from '../../nri/support/peer.js';
import { eventually } from '../up/world.js';
import { skip } from '../support/needs.js';
import { FakeNode, POD_UID, unreachable } from './fake-node.js';
import type { FakeContainer } from './fake-node.js';

type Recorded = RecordedBehavior['spec'];

/** Names of the files that were made; the rest of their paths is generalised. */
const created = ({ files = [] }: Recorded): readonly string[] =>
  files
    .filter(({ access }) => access.includes('Create'))
    .map(({ path }) => basename(path))
    .sort();

const notes = ({ notes: found = [] }: Recorded): readonly string[] => found.map(({ code }) => code);

describe('a node without NRI', { skip, timeout: 240_000 }, () => {
  for (const driver of ['systemd', 'cgroupfs'] as const)
    it(`records a container from its first exec, with the cgroup driver ${driver}`, async () => {
      await using node = new FakeNode(driver);
      const room = node.workshop.room();
      await node.start();
      const said = await node.condition('RuntimeHooked', 'NriUnavailable');
      assert.match(said, /found by their cgroups/);
      const { cgroup } = node.make('a');
      await node.containers(1);
      await node.condition('ContainersNamed', 'FoundByCgroup');
      assert.equal(await node.run(cgroup, room, 'make', 'made'), 0);
      const recorded = await node.stop();
      assert.deepEqual(created(recorded), ['made']);
      assert.deepEqual(
        recorded.execs?.map(({ path }) => path),
        [node.program],
      );
      assert.equal(recorded.startSeen, true);
      assert.deepEqual(notes(recorded), []);
      assert.equal(recorded.containers, 1);
      assert.deepEqual(node.gaps('StartNotSeen'), []);
    });

  it('adopts what runs already, and says that its start was not seen', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    const { cgroup } = node.make('a');
    const child = node.spawn(cgroup, room, 'make when told', 'late');
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    await node.start();
    await node.containers(1);
    child.stdin?.end('g');
    await once(child, 'close');
    const recorded = await node.stop();
    assert.deepEqual(created(recorded), ['late']);
    assert.equal(recorded.startSeen, false);
    assert.deepEqual(notes(recorded), ['StartNotSeen']);
  });

  it('does not take the runtime’s work for the container’s', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    const container = node.make('a');
    const gate = node.makeGate(container);
    const child = node.spawnInit(container.cgroup, room, gate, 'made');
    await eventually('the init prepared', () =>
      existsSync(join(room, 'by the runtime, before')) ? true : undefined,
    );
    await node.start();
    await node.containers(1);
    assert.equal(await node.open(gate, child), 0);
    const recorded = await node.stop();
    assert.deepEqual(created(recorded), ['made']);
    assert.equal(recorded.startSeen, true);
    assert.deepEqual(notes(recorded), []);
  });

  it('follows a process that was there before, while nobody can be asked for its recordings', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    await node.start();
    await node.end();
    let isAway = true;
    await node.start({ recordingsReachable: () => !isAway });
    const { cgroup } = node.make('a');
    await node.containers(1);
    assert.equal(await node.run(cgroup, room, 'make', 'made'), 0);
    isAway = false;
    const recorded = await node.stop();
    assert.deepEqual(created(recorded), ['made']);
    assert.deepEqual([recorded.startSeen, recorded.finished], [true, true]);
    assert.equal(recorded.lost?.interrupted, undefined);
  });

  it('says which it cannot name, and goes on', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    const unknown = node.pathOf('a'.repeat(64)).replace('cri-containerd', 'docker');
    node.makeCgroup(unknown);
    await node.start();
    const said = await node.condition('ContainersNamed', 'RuntimeUnknown');
    assert.match(said, /no profile holds for 1 container of 1: .*docker-a/);
    assert.equal(node.gaps('RuntimeUnknown').length, 1);
    // A bundle that is not there yet is looked for again.
    const cgroup = node.makeCgroup(node.pathOf('b'.repeat(64)));
    await node.object('the second counts too', ({ status }) =>
      status?.conditions?.some(({ message }) => message.includes('2 containers of 2'))
        ? true
        : undefined,
    );
    assert.match(node.gaps('BundleUnreadable')[0]?.detail ?? '', /bbb/);
    node.make('b');
    await node.containers(1);
    assert.equal(await node.run(cgroup, room, 'make', 'made'), 0);
    assert.deepEqual(created(await node.stop()), ['made']);
    assert.equal(node.gaps('BundleUnreadable').length, 1);
  });

  it('names a container as soon as its labels can be read, and remembers them', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    node.labels = unreachable;
    await node.start();
    const { cgroup } = node.make('a');
    const said = await node.condition('ContainersNamed', 'PodUnreadable');
    assert.match(said, /labels of pod shop\/web-1 cannot be read/);
    assert.match(node.gaps('PodUnreadable')[0]?.detail ?? '', /container main a+/);
    node.labels = () => Promise.resolve({ app: 'web' });
    await node.containers(1);
    await node.condition('ContainersNamed', 'FoundByCgroup');
    assert.equal(node.gaps('PodUnreadable').length, 1);
    assert.equal(await node.run(cgroup, room, 'make', 'made'), 0);
    await node.stop();
    // The next process finds the container again, though nobody answers.
    node.labels = unreachable;
    await node.start();
    await node.containers(1);
    await node.condition('ContainersNamed', 'FoundByCgroup');
  });

  it('holds a container of a namespace on Hold back until it is known', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    let answer: (labels: Readonly<Record<string, string>>) => void = () => undefined;
    node.labels = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    await node.start({ hold: ['shop'] });
    await node.condition('RuntimeHooked', 'NriUnavailable');
    const container = node.make('a');
    const { cgroup } = container;
    const gate = node.makeGate(container);
    await eventually('the pod was asked for', () => node.asked[0]);
    const child = node.spawnInit(cgroup, room, gate, 'made');
    await eventually('it is stopped', () =>
      /^populated 1\nfrozen 1$/m.test(readFileSync(join(cgroup, 'cgroup.events'), 'utf8'))
        ? true
        : undefined,
    );
    assert.equal(existsSync(join(room, 'by the runtime, before')), false);
    answer({ app: 'web' });
    await eventually('it goes on', () =>
      existsSync(join(room, 'by the runtime, before')) ? true : undefined,
    );
    assert.equal(await node.open(gate, child), 0);
    const recorded = await node.stop();
    assert.deepEqual(created(recorded), ['made']);
    assert.equal(recorded.startSeen, true);
  });

  it('lets it go when nobody answers for too long, and says so', async () => {
    await using node = new FakeNode();
    const room = node.workshop.room();
    node.labels = unreachable;
    await node.start({ hold: ['shop'] });
    await node.condition('RuntimeHooked', 'NriUnavailable');
    const { cgroup } = node.make('a');
    await node.condition('ContainersNamed', 'PodUnreadable');
    assert.deepEqual(node.gaps('PodUnreadable'), []);
    assert.equal(await node.run(cgroup, room, 'make', 'made'), 0);
    assert.match(node.gaps('HeldTooLong')[0]?.detail ?? '', /let go after 10 s/);
  });

  const peer = buildPeer();
  const needsPeer = 'skip' in peer ? peer : {};

  /** A runtime in which that container runs. */
  const runtimeWith = (
    node: FakeNode,
    socket: string,
    { id }: FakeContainer,
    pid: number | undefined,
  ): Promise<Peer> => {
    const pod = { name: 'web-1', uid: POD_UID, namespace: 'shop', labels: { app: 'web' } };
    const container = {
      ...{ id, podSandboxId: '0'.repeat(64), name: 'main', state: 'CONTAINER_RUNNING' },
      ...(pid === undefined ? {} : { pid }),
      linux: { cgroupsPath: `/${node.pathOf(id)}` },
    };
    return Peer.start('path' in peer ? peer.path : '', {
      socket,
      pods: [{ id: '0'.repeat(64), ...pod }],
      containers: [container],
    });
  };

  it('forgets a container that ended, though its runtime keeps it', needsPeer, async () => {
    await using node = new FakeNode('cgroupfs');
    const nriSocket = join(node.workshop.directory, 'nri.sock');
    const container = node.make('a');
    const runtime = await runtimeWith(node, nriSocket, container, undefined);
    try {
      await node.start({ nriSocket });
      await node.condition('RuntimeHooked', 'NriConnected');
      await node.containers(1);
      node.remove(container);
      await node.containers(0);
      node.refresh();
      await node.end();
    } finally {
      await runtime.kill();
    }
    const events = node.records.flatMap((record) =>
      record.kind === 'lifecycle' ? [record.event] : [],
    );
    assert.deepEqual(events, ['Start', 'Stop']);
  });

  it('is told by NRI when that comes, and looks for itself when it goes', needsPeer, async () => {
    await using node = new FakeNode('cgroupfs');
    const room = node.workshop.room();
    const nriSocket = join(node.workshop.directory, 'nri.sock');
    await node.start({ nriSocket });
    const first = node.make('a');
    await node.containers(1);
    const child = node.spawn(first.cgroup, room, 'make when told', 'first');
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    const runtime = await runtimeWith(node, nriSocket, first, child.pid);
    try {
      await node.condition('RuntimeHooked', 'NriConnected');
      await node.object('it is still one', ({ status }) =>
        status?.totals?.containers === 1 &&
        !status.conditions?.some(({ type }) => type === 'ContainersNamed')
          ? true
          : undefined,
      );
    } finally {
      await runtime.kill();
      rmSync(nriSocket, { force: true });
    }
    await node.condition('ContainersNamed', 'FoundByCgroup');
    // Both are its own: the second is found as the first was, of whose pod nobody is asked again.
    const second = node.make('b', 'beside');
    await node.containers(2);
    assert.equal(node.asked.length, 1);
    child.stdin?.end('g');
    await once(child, 'close');
    assert.equal(await node.run(second.cgroup, room, 'make', 'second'), 0);
    const recorded = await node.stop();
    assert.deepEqual(created(recorded), ['first', 'second']);
    assert.equal(recorded.containers, 2);
    assert.equal(recorded.startSeen, true);
    assert.deepEqual(notes(recorded), []);
  });
});
