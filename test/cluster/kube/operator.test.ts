/** The reconciler of the standalone mode, unchanged, under the operator base and over the API. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Condition } from '../../../src/api/objects.js';
import { KubeStore } from '../../../src/kube/kube-store.js';
import { connectOperator, ReliableOperator } from '../../../src/kube/reliable-operator.js';
import { Operator } from '../../../src/operator/operator.js';
import { until } from '../../support/until.js';
import { skip } from '../support/needs.js';
import { World } from './world.js';

class ClusterOperator extends ReliableOperator {
  protected override init(): Promise<void> {
    const store = new KubeStore({
      client: this.client,
      fieldManager: 'pinfold-operator',
      reporter: { controller: 'pinfold.dev/operator', instance: 'test' },
    });
    store.start();
    const operator = new Operator({
      store,
      reports: { of: () => [] },
      log: pino({ level: 'silent' }),
      self: { kind: 'NodeEnforcement', name: 'none' },
    });
    operator.start();
    this.run(async (signal) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
      await operator.stop();
      await store.close();
    });
    return Promise.resolve();
  }
}

void describe('the reconciler over the Kubernetes API', { skip, timeout: 120_000 }, () => {
  it('accepts a profile, says why it does not another, and leaves specs alone', async (t) => {
    const world = await World.of(t);
    await world.applyProfile('web');
    const { kubeconfig } = world.cluster;
    const operator = new ClusterOperator(await connectOperator({ kubeconfig }));
    await operator.start();
    const accepted = async (name: string, status: string) =>
      until(`${name} is Accepted=${status}`, 20, async () => {
        const { status: found } = await world.json(['get', 'securityprofile', name]);
        const { conditions = [] } = (found ?? {}) as { conditions?: readonly Condition[] };
        return conditions.find((one) => one.type === 'Accepted' && one.status === status);
      });
    await accepted('web', 'True');
    const spec = { selector: { podSelector: {} }, extends: [{ name: 'missing' }] };
    await world.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'pinfold.dev/v1alpha1',
        kind: 'SecurityProfile',
        metadata: { name: 'child' },
        spec,
      }),
    );
    const refused = await accepted('child', 'False');
    assert.equal(refused.reason, 'ExtendsMissing');
    const { metadata } = await world.json(['get', 'securityprofile', 'web']);
    assert.equal((metadata as unknown as { generation: number }).generation, 1);
    const events = await until('both events are there', 10, async () => {
      const { items } = await world.json(['get', 'events']);
      const reasons = items.map(({ reason }) => reason);
      return reasons.includes('Accepted') && reasons.includes('Rejected') ? reasons : undefined;
    });
    assert.ok(events.length >= 2);
    operator.stop();
    await operator.stopped();
    const quiet = await world.json(['get', 'securityprofile', 'web']);
    assert.equal(quiet.metadata.resourceVersion, metadata.resourceVersion, 'nothing to write');
  });
});
