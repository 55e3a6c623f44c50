/** Ways to the API server: service account, kubeconfig, a line that breaks. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { CoreV1Api } from '@kubernetes/client-node';
import { PinfoldError } from '../../../src/errors.js';
import { KubeClient } from '../../../src/kube/client.js';
import { connect } from '../../../src/kube/connect.js';
import { inClusterCredentials } from '../../../src/kube/in-cluster.js';
import { Informer } from '../../../src/kube/informer.js';
import { kubeconfigCredentials, loadKubeconfig } from '../../../src/kube/kubeconfig.js';
import { NAMESPACES, PODS, resourceOfKind } from '../../../src/kube/resource.js';
import { until } from '../../support/until.js';
import { skip } from '../support/needs.js';
import { Line } from './line.js';
import { World } from './world.js';

/** A kubeconfig that leads through a line, or a skipped test. */
const throughLine = async (t: TestContext, world: World) => {
  const server = new URL(world.cluster.url);
  if (server.hostname !== '127.0.0.1') {
    t.skip('needs an API server at 127.0.0.1, whose certificate holds on another port');
    return undefined;
  }
  const line = await Line.to(server);
  t.after(() => line.close());
  const config = await loadKubeconfig({ kubeconfig: world.cluster.kubeconfig });
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: line.url.origin }));
  const client = world.clientOf(kubeconfigCredentials(config));
  return { line, config, client };
};

void describe('ways to the API server', { skip, timeout: 120_000 }, () => {
  it('is a pod: what it may not do is said with verb and resource; tokens rotate', async (t) => {
    const world = await World.of(t);
    const directory = mkdtempSync(join(tmpdir(), 'pinfold-sa-'));
    t.after(() => {
      rmSync(directory, { recursive: true });
    });
    await world.kubectl(['create', 'serviceaccount', 'agent']);
    const token = await world.kubectl(['create', 'token', 'agent']);
    const config = await loadKubeconfig({ kubeconfig: world.cluster.kubeconfig });
    const { caData = '' } = config.getCurrentCluster() ?? {};
    writeFileSync(join(directory, 'ca.crt'), Buffer.from(caData, 'base64'));
    writeFileSync(join(directory, 'namespace'), world.namespace);
    writeFileSync(join(directory, 'token'), 'stale');
    const { hostname, port } = new URL(world.cluster.url);
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const client = world.clientOf(await inClusterCredentials(environment, directory), { tries: 1 });
    const list = () => client.list(PODS, { namespace: world.namespace });
    await assert.rejects(list(), { code: 'KubeUnauthorized' });
    writeFileSync(join(directory, 'token'), token);
    await assert.rejects(list(), (error) => {
      assert.ok(error instanceof PinfoldError && error.code === 'KubeForbidden');
      assert.match(error.message, /^not permitted: list pods in namespace "kube-/);
      return true;
    });
    const subject = `--serviceaccount=${world.namespace}:agent`;
    await world.kubectl(['create', 'rolebinding', 'agent', '--clusterrole=view', subject]);
    await until('the right is granted', 10, async () => {
      await list();
      return true;
    });
  });

  it('is a kubeconfig: by file and context, or an error that says what is wrong', async (t) => {
    const world = await World.of(t);
    const { kubeconfig } = world.cluster;
    const client = await connect({ kubeconfig });
    t.after(client.credentials.close);
    assert.equal(client.credentials.server.host, new URL(world.cluster.url).host);
    const unusable = { code: 'KubeconfigUnusable' };
    await assert.rejects(connect({ kubeconfig, context: 'nobody' }), unusable);
    await assert.rejects(connect({ kubeconfig: '/nonexistent' }), unusable);
  });

  it('is a program that the kubeconfig names, which gives a token', async (t) => {
    const world = await World.of(t);
    await world.kubectl(['create', 'serviceaccount', 'person']);
    const token = (await world.kubectl(['create', 'token', 'person'])).trim();
    const config = await loadKubeconfig({ kubeconfig: world.cluster.kubeconfig });
    const apiVersion = 'client.authentication.k8s.io/v1';
    const credential = { apiVersion, kind: 'ExecCredential', status: { token } };
    const exec = {
      apiVersion,
      command: 'echo',
      args: [JSON.stringify(credential)],
      interactiveMode: 'Never',
    };
    config.users = config.users.map(({ name }) => ({ name, exec }));
    const client = world.clientOf(kubeconfigCredentials(config));
    await assert.rejects(
      client.list(NAMESPACES),
      new RegExp(`User "system:serviceaccount:${world.namespace}:person" cannot list`),
    );
    config.users = config.users.map(({ name }) => ({
      name,
      exec: { ...exec, command: '/nonexistent' },
    }));
    await assert.rejects(client.list(NAMESPACES), { code: 'KubeconfigUnusable' });
  });

  it('is one connection for many requests, of our client and of the library', async (t) => {
    const world = await World.of(t);
    const through = await throughLine(t, world);
    if (through === undefined) return;
    const { line, config, client } = through;
    for (let request = 0; request < 5; request += 1) await client.list(NAMESPACES);
    const api = config.makeApiClient(CoreV1Api);
    for (let request = 0; request < 5; request += 1) await api.listNamespace();
    assert.equal(line.connections, 1);
  });

  it('loses no deletion while the line is cut', async (t) => {
    const world = await World.of(t);
    const through = await throughLine(t, world);
    if (through === undefined) return;
    const { line, client } = through;
    await world.applyProfile('goes');
    await world.applyProfile('stays');
    const problems: string[] = [];
    const store = world.store({
      client,
      onProblem: ({ code }) => problems.push(code),
    });
    const next = world.announcements(store);
    const names = new Set<string>();
    for (let count = 0; count < 2; count += 1) {
      const event = await next();
      if (event.kind === 'Applied') names.add(event.object.metadata.name);
    }
    assert.deepEqual([...names].toSorted(), ['goes', 'stays']);
    line.cut();
    await until('the break is noticed', 15, () =>
      Promise.resolve(problems.includes('KubeUnreachable') || undefined),
    );
    await world.kubectl(['delete', 'securityprofile', 'goes']);
    await world.applyProfile('comes');
    line.mend();
    const events = [await next(), await next()];
    assert.deepEqual(
      events
        .map((event) =>
          event.kind === 'Applied' ? `+${event.object.metadata.name}` : `-${event.key?.name ?? ''}`,
        )
        .toSorted(),
      ['+comes', '-goes'],
    );
  });

  it('reads lists in pages and watches a selection', async (t) => {
    const world = await World.of(t);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await world.applyProfile(name);
    const client = new KubeClient(world.client.credentials, { pageSize: 2 });
    const told: string[] = [];
    const stop = new AbortController();
    const informer = new Informer({
      client,
      resource: resourceOfKind('SecurityProfile'),
      selection: { namespace: world.namespace, fieldSelector: 'metadata.name!=c' },
      decode: ({ metadata }) => metadata.name,
      onEvent: ({ kind, key }) => told.push(`${kind} ${key}`),
    });
    const running = informer.run(stop.signal);
    await informer.synced();
    assert.deepEqual([...informer.list()].toSorted(), ['a', 'b', 'd', 'e']);
    await world.kubectl(['delete', 'securityprofile', 'a', 'c']);
    await until('the deletion is told', 10, () =>
      Promise.resolve(told.includes(`Deleted ${world.namespace}/a`) || undefined),
    );
    assert.ok(!told.some((text) => text.endsWith('/c')));
    stop.abort();
    await running;
  });
});
