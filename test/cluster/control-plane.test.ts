/** That the cluster of the tests is one: what the other tests here rely on. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { root } from '../support/root.js';
import { type Cluster, type OwnCluster, useCluster, useOwnCluster } from './support/cluster.js';
import { skip, skipOwnCluster } from './support/needs.js';

suite('a cluster', { skip }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await useCluster();
  });

  test('is ready', async () => {
    assert.equal(await cluster.kubectl(['get', '--raw', '/readyz']), 'ok');
  });

  test('asks for rights', async () => {
    const can = async (...user: readonly string[]): Promise<boolean> => {
      const question = cluster.kubectl(['auth', 'can-i', 'create', 'pods', ...user]);
      return question.then(
        (answer) => answer.trim() === 'yes',
        () => false,
      );
    };
    assert.equal(await can(), true);
    assert.equal(await can('--as', 'nobody-in-particular'), false);
  });

  test('takes every CustomResourceDefinition and serves it', async () => {
    const folder = join(root, 'crds');
    const names = readdirSync(folder)
      .filter((file) => file !== 'kustomization.yaml')
      .map((file) => `${file.split('.')[0] ?? ''}.pinfold.dev`);
    assert.ok(names.length > 0);
    await cluster.kubectl(['apply', '--server-side', '--kustomize', folder]);
    await cluster.kubectl([
      ...['wait', 'crd', '--for=condition=Established', '--timeout=60s', ...names],
    ]);
    for (const name of names) {
      await cluster.kubectl(['get', name, '--all-namespaces']);
    }
  });
});

suite('a cluster of our own', { skip: skipOwnCluster }, () => {
  let cluster: OwnCluster;
  before(async () => {
    cluster = await useOwnCluster();
  });

  test('runs controllers and a scheduler', async () => {
    const name = 'control-plane-test';
    await cluster.kubectl(['create', 'deployment', name, '--image=none:none']);
    try {
      await cluster.kubectl([
        ...['wait', 'pod', '--selector', `app=${name}`, '--timeout=60s'],
        '--for=create',
      ]);
      await cluster.kubectl([
        ...['wait', 'pod', '--selector', `app=${name}`, '--timeout=60s'],
        '--for=jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}=Unschedulable',
      ]);
    } finally {
      await cluster.kubectl(['delete', 'deployment', name]);
    }
  });

  test('says in the token of a pod on which node it is', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'somewhere' } };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bound' },
      spec: { nodeName: 'somewhere', containers: [{ name: 'c', image: 'none:none' }] },
    };
    const objects = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [node, pod] });
    await cluster.kubectl(['create', '--filename', '-'], objects);
    try {
      const bound = ['--bound-object-kind=Pod', '--bound-object-name=bound'];
      const token = await cluster.kubectl(['create', 'token', 'default', ...bound]);
      const [, claims = ''] = token.split('.');
      const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
        'kubernetes.io': { node: { name: string } };
      };
      assert.equal(read['kubernetes.io'].node.name, 'somewhere');
    } finally {
      await cluster.kubectl(['delete', '--force', '--filename', '-'], objects);
    }
  });

  test('keeps what is stored while its API server is away', async () => {
    await cluster.kubectl(['create', 'namespace', 'kept']);
    await cluster.stopApiServer();
    try {
      await assert.rejects(cluster.kubectl(['get', 'namespaces']), /refused/);
    } finally {
      await cluster.startApiServer();
    }
    await cluster.kubectl(['delete', 'namespace', 'kept']);
  });
});
