/** That there is a node without BPF LSM, on which the ladder's lower steps can be seen. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { useNode } from './support/node.js';
import { skip } from './support/needs.js';

suite('a node without bpf among its security modules', { skip }, () => {
  test('is Ready, and has the other modules', async () => {
    const node = await useNode({ bpfLsm: false });
    const modules = (await node.run('cat /sys/kernel/security/lsm')).split(',');
    assert.ok(!modules.includes('bpf'));
    assert.ok(modules.includes('landlock'));
    await node.cluster.kubectl(['wait', 'node', node.name, '--for=condition=Ready']);
  });
});
