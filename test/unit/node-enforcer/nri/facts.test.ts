/** From messages to facts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerFacts, podFacts } from '../../../../src/node-enforcer/nri/facts.js';
import { container, podSandbox } from '../../../../src/node-enforcer/nri/wire/messages.js';

const podOf = (fields: Parameters<typeof podSandbox.encode>[0]) =>
  podFacts(podSandbox.decode(podSandbox.encode({ id: 'sandbox', ...fields })), '/root');

const containerOf = (fields: Parameters<typeof container.encode>[0]) =>
  containerFacts(podOf({}), container.decode(container.encode(fields)), '/root');

test('labels are those of the API: what the kubelet adds for the runtime is left out', () => {
  const labels = new Map([
    ['app', 'web'],
    ['io.kubernetes.pod.name', 'web-1'],
    ['io.kubernetes.pod.namespace', 'shop'],
    ['io.kubernetes.pod.uid', 'uid'],
  ]);
  assert.deepEqual(podOf({ labels }).podLabels, { app: 'web' });
});

test('a name that JavaScript gives a meaning is a name like others', () => {
  const { podLabels } = podOf({
    labels: new Map([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]),
  });
  assert.deepEqual(Object.entries(podLabels), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  assert.deepEqual(Object.entries(structuredClone(podLabels)), Object.entries(podLabels));
});

test('what the runtime does not say is absent', () => {
  assert.deepEqual(containerOf({ id: 'id', name: 'main' }), {
    ...{ podUid: '', namespace: '', pod: '', podLabels: {}, podAnnotations: {} },
    ...{ sandboxId: 'sandbox', container: 'main', containerId: 'id' },
    ...{ state: 'Unknown', isRunning: false },
  });
});

for (const [number, state, isRunning] of [
  [0, 'Unknown', false],
  [1, 'Created', false],
  [2, 'Paused', true],
  [3, 'Running', true],
  [4, 'Stopped', false],
  [99, 'Unknown', false],
] as const)
  test(`state ${String(number)} is ${state}`, () => {
    const facts = containerOf({ state: number });
    assert.deepEqual([facts.state, facts.isRunning], [state, isRunning]);
  });

test('the image is named by the message, or by what older runtimes annotate', () => {
  const annotations = new Map([['io.kubernetes.cri.image-name', 'docker.io/library/nginx:1']]);
  const crio = new Map([['io.kubernetes.cri-o.ImageName', 'quay.io/nginx:1']]);
  const image = { name: 'docker.io/library/nginx:2', digest: 'sha256:0' };
  assert.equal(containerOf({ annotations }).image, 'docker.io/library/nginx:1');
  assert.equal(containerOf({ annotations: crio }).image, 'quay.io/nginx:1');
  assert.equal(containerOf({ annotations, image }).image, 'docker.io/library/nginx:2');
  assert.equal(containerOf({ image }).imageDigest, 'sha256:0');
});
