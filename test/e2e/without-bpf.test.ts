/** A node without BPF LSM, on which the ladder's lower steps are seen: Pinfold runs there and says so. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Condition } from '../../src/api/objects.js';
import { until } from '../support/until.js';
import { useNode } from './support/node.js';
import type { Node } from './support/node.js';
import { skip } from './support/needs.js';
import { Pinfold } from './support/pinfold.js';

interface NodeView {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

suite('a node without bpf among its security modules', { skip }, () => {
  let node: Node | undefined;

  // It is used by nobody else, and what runs there goes with it.
  after(async () => {
    if (node === undefined) return;
    const config = fileURLToPath(new URL('../../config', import.meta.url));
    await node.cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', '-k', config]);
    await node.discard();
  });

  test('is Ready, and has the other modules', async () => {
    node = await useNode({ bpfLsm: false });
    const modules = (await node.run('cat /sys/kernel/security/lsm')).split(',');
    assert.ok(!modules.includes('bpf'));
    assert.ok(modules.includes('landlock'));
    await node.cluster.kubectl(['wait', 'node', node.name, '--for=condition=Ready']);
  });

  test('says what it cannot, and which list to boot with', async () => {
    assert.ok(node !== undefined);
    const { cluster, name } = node;
    const pinfold = new Pinfold(node);
    await pinfold.install();
    const attached = await until('the node reports', 120, async () => {
      const { status } = (await cluster.kubectlJson(['get', 'nodeenforcement', name])) as NodeView;
      return status?.conditions?.find(({ type }) => type === 'LsmAttached');
    });
    assert.equal(attached.status, 'False');
    assert.equal(attached.reason, 'NotInLsmList');
    assert.match(attached.message, /Boot with lsm=.*landlock.*,bpf$/);
    const status = await pinfold.say('status');
    assert.match(status, new RegExp(`^${name}: NotInLsmList: `, 'm'));
    assert.match(status, /^Node rights: +Complete$/m);
  });
});
