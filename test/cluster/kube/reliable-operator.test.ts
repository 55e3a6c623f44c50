/** The operator base on a real API server: handlers, finalizers, status, and what fails. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { join } from 'node:path';
import type { ResourceEvent } from '@dot-i/k8s-operator';
import { connectOperator, ReliableOperator } from '../../../src/kube/reliable-operator.js';
import type { OperatorConnection } from '../../../src/kube/reliable-operator.js';
import { root } from '../../support/root.js';
import { until } from '../../support/until.js';
import { skip } from '../support/needs.js';
import { World } from './world.js';

const FINALIZER = 'pinfold.dev/test';

interface Told {
  readonly type: string;
  readonly name: string;
}

class Recorder extends ReliableOperator {
  readonly told: Told[] = [];
  readonly #namespace: string;
  readonly #handle: (operator: Recorder, event: ResourceEvent) => Promise<void>;

  constructor(
    connection: OperatorConnection,
    namespace: string,
    handle: (operator: Recorder, event: ResourceEvent) => Promise<void> = () => Promise.resolve(),
  ) {
    super(connection);
    this.#namespace = namespace;
    this.#handle = handle;
  }

  protected override init(): Promise<void> {
    return this.watchResource(
      'pinfold.dev',
      'v1alpha1',
      'securityprofiles',
      async (event) => {
        this.told.push({ type: event.type, name: event.meta.name });
        await this.#handle(this, event);
      },
      this.#namespace,
    );
  }

  /** The protected surface, for handlers given from outside. */
  finalizer(event: ResourceEvent, action: () => Promise<void>): Promise<boolean> {
    return this.handleResourceFinalizer(event, FINALIZER, action);
  }

  status(event: ResourceEvent, status: object) {
    return this.setResourceStatus(event.meta, status);
  }

  patch(event: ResourceEvent, status: object) {
    return this.patchResourceStatus(event.meta, status);
  }

  uri(namespace?: string): string {
    return this.getCustomResourceApiUri('pinfold.dev', 'v1alpha1', 'securityprofiles', namespace);
  }

  register(file: string) {
    return this.registerCustomResourceDefinition(file);
  }

  async auth() {
    const axios: { headers?: Record<string, string | number | boolean>; httpsAgent?: object } = {};
    await this.applyAxiosKubeConfigAuth(axios as never);
    const gaxios: { headers?: Record<string, string>; agent?: object } = {};
    await this.applyGaxiosKubeConfigAuth(gaxios as never);
    return [axios.httpsAgent, gaxios.agent];
  }

  namespaces() {
    return this.k8sApi.listNamespace();
  }
}

const started = async (
  t: TestContext,
  world: World,
  handle?: (operator: Recorder, event: ResourceEvent) => Promise<void>,
): Promise<Recorder> => {
  const connection = await connectOperator({ kubeconfig: world.cluster.kubeconfig });
  const operator = new Recorder(connection, world.namespace, handle);
  t.after(async () => {
    operator.stop();
    await operator.stopped();
  });
  await operator.start();
  return operator;
};

const told = (operator: Recorder, expected: readonly string[]): Promise<true> =>
  until(`told ${expected.join(', ')}`, 15, () => {
    const texts = operator.told.map(({ type, name }) => `${type} ${name}`);
    return Promise.resolve(expected.every((text) => texts.includes(text)) || undefined);
  });

void describe('the operator base on a real API server', { skip, timeout: 120_000 }, () => {
  it('has present objects, changes and deletions handled', async (t) => {
    const world = await World.of(t);
    await world.applyProfile('web');
    const operator = await started(t, world);
    await told(operator, ['ADDED web']);
    await world.applyProfile('web', 'Enforce');
    await told(operator, ['MODIFIED web']);
    await world.kubectl(['delete', 'securityprofile', 'web']);
    await told(operator, ['DELETED web']);
  });

  it('tries a handler again until it succeeds, without holding up other objects', async (t) => {
    const world = await World.of(t);
    let failures = 0;
    const operator = await started(t, world, (_, { meta }) => {
      if (meta.name !== 'bad' || failures === 3) return Promise.resolve();
      failures += 1;
      return Promise.reject(new Error('not yet'));
    });
    await world.applyProfile('bad');
    await world.applyProfile('good');
    await told(operator, ['ADDED bad', 'ADDED good']);
    await until('the handler succeeded', 15, () =>
      Promise.resolve(operator.told.filter(({ name }) => name === 'bad').length === 4 || undefined),
    );
    assert.ok(operator.told.every(({ type }) => type === 'ADDED'));
  });

  it('adds its finalizer beside others and runs the action before the object goes', async (t) => {
    const world = await World.of(t);
    let cleaned = 0;
    await world.applyProfile('web');
    const patch = JSON.stringify({ metadata: { finalizers: ['example.com/other'] } });
    await world.kubectl(['patch', 'securityprofile', 'web', '--type=merge', '-p', patch]);
    await started(t, world, async (operator, event) => {
      await operator.finalizer(event, () => {
        cleaned += 1;
        // Once it fails, and is tried again.
        return cleaned === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      });
    });
    const finalizers = async () =>
      (await world.json(['get', 'securityprofile', 'web'])).metadata as unknown as {
        finalizers?: string[];
      };
    await until('the finalizer is there', 15, async () =>
      (await finalizers()).finalizers?.includes(FINALIZER) === true ? true : undefined,
    );
    assert.deepEqual((await finalizers()).finalizers, ['example.com/other', FINALIZER]);
    await world.kubectl(['delete', 'securityprofile', 'web', '--wait=false']);
    await until('only the other finalizer is left', 15, async () =>
      (await finalizers()).finalizers?.length === 1 ? true : undefined,
    );
    assert.equal(cleaned, 2);
    const none = JSON.stringify({ metadata: { finalizers: [] } });
    await world.kubectl(['patch', 'securityprofile', 'web', '--type=merge', '-p', none]);
  });

  it('writes status at a URL that exists, and says when the version is stale', async (t) => {
    const world = await World.of(t);
    const seen: ResourceEvent[] = [];
    const operator = await started(t, world, (_, event) => {
      seen.push(event);
      return Promise.resolve();
    });
    await world.applyProfile('web');
    await told(operator, ['ADDED web']);
    const [event] = seen;
    assert.ok(event);
    const meta = await operator.status(event, { mode: 'Audit' });
    assert.ok(meta && meta.resourceVersion !== event.meta.resourceVersion);
    await operator.patch({ ...event, meta }, { observedGeneration: 1 });
    const { status } = await world.json(['get', 'securityprofile', 'web']);
    assert.deepEqual(status, { mode: 'Audit', observedGeneration: 1 });
    await assert.rejects(operator.status(event, { mode: 'Enforce' }), { code: 'KubeConflict' });
    await world.kubectl(['delete', 'securityprofile', 'web']);
    assert.equal(await operator.status(event, { mode: 'Enforce' }), null);
  });

  it('gives the rest of the surface the pool', async (t) => {
    const world = await World.of(t);
    const operator = await started(t, world);
    const { url } = world.cluster;
    assert.equal(
      operator.uri('shop'),
      `${url}/apis/pinfold.dev/v1alpha1/namespaces/shop/securityprofiles`,
    );
    const [one, two] = await operator.auth();
    assert.equal(one, two);
    assert.ok((await operator.namespaces()).items.length > 0);
    const registered = await operator.register(join(root, 'crds/securityprofiles.yaml'));
    assert.equal(registered.plural, 'securityprofiles');
    await assert.rejects(operator.register(join(root, 'package.json')), { code: 'KindUnknown' });
  });
});
