/** The store over a real API server: what it announces, reads, writes and leaves alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeEnforcement, ProfileRevision } from '../../../src/api/objects.js';
import { KubeStore } from '../../../src/kube/kube-store.js';
import type { ObjectKey } from '../../../src/store/store.js';
import { until } from '../../support/until.js';
import { skip } from '../support/needs.js';
import { World } from './world.js';

const key = (namespace: string, name: string) =>
  ({ kind: 'SecurityProfile', namespace, name }) as const satisfies ObjectKey;

const revision = (namespace: string, name: string): ProfileRevision => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'ProfileRevision',
  metadata: { name, namespace },
  spec: {
    profile: { kind: 'SecurityProfile', name: 'web' },
    hash: `sha256:${'0'.repeat(64)}`,
    rules: { exec: { allow: [{ path: '/bin/ls' }] } },
    provenance: {
      recordedFrom: '2026-01-01T00:00:00Z',
      recordedUntil: '2026-01-01T00:01:00Z',
      containers: 1,
      nodes: ['node1'],
      events: 1,
      startNotSeen: false,
      cleanStop: true,
      incomplete: false,
    },
  },
});

void describe('the store over the Kubernetes API', { skip, timeout: 120_000 }, () => {
  it('announces what is present, then what others change and delete', async (t) => {
    const world = await World.of(t);
    await world.applyProfile('web');
    const next = world.announcements(world.store());
    const present = await next();
    assert.ok(present.kind === 'Applied' && present.object.kind === 'SecurityProfile');
    assert.equal(present.object.metadata.name, 'web');
    assert.equal(present.object.spec.onDegraded, 'Refuse', 'defaults are filled in');
    await world.applyProfile('web', 'Enforce');
    const changed = await next();
    assert.ok(changed.kind === 'Applied' && changed.object.kind === 'SecurityProfile');
    assert.equal(changed.object.spec.mode, 'Enforce');
    assert.equal(changed.object.metadata.generation, 2);
    await world.kubectl(['delete', 'securityprofile', 'web']);
    assert.deepEqual(await next(), { kind: 'Deleted', key: key(world.namespace, 'web') });
  });

  it('writes status as its own field manager, and nothing when nothing changed', async (t) => {
    const world = await World.of(t);
    await world.applyProfile('web');
    const store = world.store();
    await store.synced();
    const status = { mode: 'Audit', observedGeneration: 1, latestRevision: 'web-1' };
    await store.applyStatus(key(world.namespace, 'web'), status);
    const first = await world.json(['get', 'securityprofile', 'web', '--show-managed-fields']);
    assert.deepEqual(first.status, status);
    const managers = first.metadata.managedFields ?? [];
    assert.equal(
      managers.find(({ subresource }) => subresource === 'status')?.manager,
      'pinfold-operator',
    );
    await store.applyStatus(key(world.namespace, 'web'), { ...status });
    const second = await world.json(['get', 'securityprofile', 'web']);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    await store.applyStatus(key(world.namespace, 'web'), { observedGeneration: 1 });
    const third = await world.json(['get', 'securityprofile', 'web']);
    assert.deepEqual(third.status, { observedGeneration: 1 }, 'what is no longer said is gone');
    await store.applyStatus(key(world.namespace, 'web'), status);
    const fourth = await world.json(['get', 'securityprofile', 'web']);
    assert.deepEqual(fourth.status, status, 'memory is never behind our own writes');
    await store.applyStatus(key(world.namespace, 'nobody'), status);
  });

  it('has what it wrote in memory when the write returns', async (t) => {
    const world = await World.of(t);
    const store = world.store();
    await store.synced();
    const names = async () =>
      (await store.list('ProfileRevision'))
        .filter(({ metadata }) => metadata.namespace === world.namespace)
        .map(({ metadata }) => metadata.name);
    for (let round = 0; round < 10; round += 1) {
      const name = `web-${round}`;
      await store.apply(revision(world.namespace, name));
      assert.deepEqual(await names(), [name]);
      await store.delete({ kind: 'ProfileRevision', namespace: world.namespace, name });
      assert.deepEqual(await names(), []);
    }
    await store.delete({ kind: 'ProfileRevision', namespace: world.namespace, name: 'web-0' });
    const { items } = await world.json(['get', 'profilerevisions']);
    assert.deepEqual(items, []);
  });

  it('applies a NodeEnforcement with its status, and watches only its own', async (t) => {
    const world = await World.of(t);
    const name = world.namespace;
    t.after(() => world.cluster.kubectl(['delete', 'nodeenforcement', name, `${name}-other`]));
    const store = world.store({
      fieldManager: 'pinfold-node',
      watched: [{ kind: 'NodeEnforcement', name }],
    });
    await store.synced();
    const object = (own: string, containers: number): NodeEnforcement => ({
      apiVersion: 'pinfold.dev/v1alpha1',
      kind: 'NodeEnforcement',
      metadata: { name: own },
      status: { totals: { containers, denied: 0, audited: 0, lost: 0 } },
    });
    await store.apply(object(`${name}-other`, 7));
    await store.apply(object(name, 1));
    await store.apply(object(name, 2));
    const listed = await store.list('NodeEnforcement');
    assert.deepEqual(
      listed.map(({ metadata, status }) => [metadata.name, status?.totals?.containers]),
      [[name, 2]],
    );
    const other = await store.get({ kind: 'NodeEnforcement', name: `${name}-other` });
    assert.ok(other?.kind === 'NodeEnforcement');
    assert.equal(other.status?.totals?.containers, 7, 'what is not in memory is asked for');
    const before = await world.json(['get', 'nodeenforcement', name]);
    await store.apply(object(name, 2));
    const after = await world.json(['get', 'nodeenforcement', name]);
    assert.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
  });

  it('answers without being started, as a command does', async (t) => {
    const world = await World.of(t);
    await world.applyProfile('web');
    const store = new KubeStore({
      client: world.client,
      fieldManager: 'pinfold-cli',
      reporter: { controller: 'pinfold.dev/cli', instance: 'test' },
    });
    t.after(() => store.close());
    const found = await store.get(key(world.namespace, 'web'));
    assert.equal(found?.metadata.name, 'web');
    const all = await store.list('SecurityProfile');
    assert.ok(all.some(({ metadata }) => metadata.uid === found.metadata.uid));
  });

  it('keeps a series of events in one object that kubectl describes', async (t) => {
    const world = await World.of(t);
    await world.applyProfile('web');
    const store = world.store();
    const regarding = key(world.namespace, 'web');
    const event = {
      regarding,
      type: 'Warning',
      reason: 'PinfoldDenied',
      action: 'Judge',
      note: 'exec /usr/bin/nc denied by profile web',
    } as const;
    const start = Date.now() - 10_000;
    for (let at = 0; at < 3; at += 1) {
      await store.recordEvent({ ...event, at: start + at });
      await store.flushEvents();
    }
    await store.recordEvent({ ...event, note: 'another', at: start });
    await store.recordEvent({ ...event, at: start + 5000, count: 10 });
    await store.flushEvents();
    const counts = async () =>
      (await store.events(regarding)).map(({ note, count }) => [note, count]);
    assert.deepEqual(await counts(), [
      ['another', 1],
      [event.note, 13],
    ]);
    const described = await world.kubectl(['describe', 'securityprofile', 'web']);
    assert.match(described, /Warning\s+PinfoldDenied\s+\S+ \(x13 over \S+\).*exec \/usr\/bin\/nc/);

    const later = world.store();
    await later.recordEvent({ ...event, at: start + 6000 });
    await later.flushEvents();
    assert.deepEqual(
      (await counts()).find(([note]) => note === event.note),
      [event.note, 14],
      'another process counts on',
    );
  });

  it('puts events about pods beside them, and about objects of the cluster into default', async (t) => {
    const world = await World.of(t);
    const pod = { image: 'none', name: 'main' };
    await world.kubectl(
      ['create', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web-1' },
        spec: { nodeName: 'nowhere', containers: [pod], serviceAccountName: 'default' },
      }),
    );
    const { metadata } = await world.json(['get', 'pod', 'web-1']);
    const uid = String((metadata as unknown as { uid: unknown }).uid);
    const regarding = { kind: 'Pod', namespace: world.namespace, name: 'web-1', uid } as const;
    const node = { kind: 'NodeEnforcement', name: world.namespace } as const;
    const store = world.store();
    const event = {
      type: 'Normal',
      reason: 'Tried',
      action: 'Judge',
      note: 'a try',
      at: Date.now(),
    } as const;
    await store.recordEvent({ ...event, regarding });
    await store.recordEvent({ ...event, regarding: node });
    await store.flushEvents();
    assert.match(await world.kubectl(['describe', 'pod', 'web-1']), /Normal\s+Tried .*a try/);
    assert.deepEqual((await store.events(regarding))[0]?.regarding, regarding);
    const inDefault = await until('the event is there', 10, async () => {
      const { items } = JSON.parse(
        await world.cluster.kubectl(['-n', 'default', 'get', 'events', '-o', 'json']),
      ) as { items: { involvedObject: { name: string } }[] };
      return items.find(({ involvedObject }) => involvedObject.name === node.name);
    });
    assert.ok(inDefault);
  });
});
