/** Configurations as containerd and CRI-O write them, and what is none. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { PinfoldError } from '../../../../src/errors.js';
import { findBundle } from '../../../../src/node-enforcer/containers/bundle-files.js';
import { findKubepods } from '../../../../src/node-enforcer/containers/kubepods.js';
import { readBundle } from '../../../../src/node-enforcer/containers/bundle.js';
import type { BundlePlace } from '../../../../src/node-enforcer/containers/bundle.js';

const ID = '3f4b1c8e7d6a59028374651029384756afbecd0192837465564738291a0b0c0d';
const SANDBOX = 'a'.repeat(64);
const UID = '6f1c1c1e-0d7e-4f7c-9d4a-3d1f2a6b7c8d';
const SLICE = `kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice`;

const containerd = {
  'io.kubernetes.cri.container-name': 'nginx',
  'io.kubernetes.cri.container-type': 'container',
  'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1.29',
  'io.kubernetes.cri.sandbox-id': SANDBOX,
  'io.kubernetes.cri.sandbox-name': 'web-1',
  'io.kubernetes.cri.sandbox-namespace': 'shop',
  'io.kubernetes.cri.sandbox-uid': UID,
};

const crio = {
  'io.kubernetes.container.name': 'nginx',
  'io.kubernetes.cri-o.ContainerType': 'container',
  'io.kubernetes.cri-o.ImageName': 'docker.io/library/nginx:1.29',
  'io.kubernetes.cri-o.SandboxID': SANDBOX,
  'io.kubernetes.pod.name': 'web-1',
  'io.kubernetes.pod.namespace': 'shop',
  'io.kubernetes.pod.uid': UID,
};

const place: BundlePlace = {
  ...{ containerId: ID, podUid: UID, runtime: 'containerd', cgroupPath: '/cg', isPopulated: true },
};

const facts = {
  ...{ podUid: UID, namespace: 'shop', pod: 'web-1', container: 'nginx', containerId: ID },
  ...{ sandboxId: SANDBOX, image: 'docker.io/library/nginx:1.29', cgroupPath: '/cg' },
  ...{ state: 'Running', isRunning: true },
};

const configOf = (annotations: unknown): string =>
  JSON.stringify({ ociVersion: '1.2.1', process: { args: ['nginx'] }, annotations });

test('a container of containerd', () => {
  assert.deepEqual(readBundle(place, configOf(containerd)), { kind: 'Container', facts });
});

test('a container of CRI-O', () => {
  const found = readBundle({ ...place, runtime: 'cri-o' }, configOf(crio));
  assert.deepEqual(found, { kind: 'Container', facts });
});

test('the pod’s own process is not a container', () => {
  const annotations = { ...containerd, 'io.kubernetes.cri.container-type': 'sandbox' };
  const pod = { podUid: UID, namespace: 'shop', pod: 'web-1' };
  const sandbox = { kind: 'Sandbox', sandboxId: ID, pod };
  assert.deepEqual(readBundle(place, configOf(annotations)), sandbox);
});

test('older containerd does not say the UID: the cgroup does', () => {
  const annotations = { ...containerd, 'io.kubernetes.cri.sandbox-uid': undefined };
  assert.deepEqual(readBundle(place, configOf(annotations)), { kind: 'Container', facts });
});

test('before its first process a container is created', () => {
  const found = readBundle({ ...place, isPopulated: false, pid: 7 }, configOf(containerd));
  assert.deepEqual(found, {
    kind: 'Container',
    facts: { ...facts, state: 'Created', isRunning: false, pid: 7 },
  });
});

const wrong: Readonly<Record<string, string>> = {
  'no JSON': '{"annotations":',
  'not an object': '[]',
  'no annotations': '{}',
  'annotations that are a list': configOf([]),
  'not of Kubernetes': configOf({ 'org.example': 'x' }),
  'without a name': configOf({ ...containerd, 'io.kubernetes.cri.container-name': '' }),
  'a name that is no text': configOf({ ...containerd, 'io.kubernetes.cri.container-name': 7 }),
  'of another pod': configOf({ ...containerd, 'io.kubernetes.cri.sandbox-uid': 'other' }),
};

for (const [what, text] of Object.entries(wrong))
  test(`refused: ${what}`, () => {
    assert.throws(() => readBundle(place, text), {
      name: 'PinfoldError',
      code: 'BundleUnreadable',
    });
  });

test('any JSON is a configuration or refused with a code', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.json().map((text) => `{"annotations":${text}}`),
      ),
      (text) => {
        try {
          readBundle(place, text);
        } catch (thrown) {
          assert.ok(thrown instanceof PinfoldError && thrown.code === 'BundleUnreadable');
        }
      },
    ),
  );
});

let node: string;

beforeEach(() => {
  node = mkdtempSync(join(tmpdir(), 'pinfold-bundle-'));
});

afterEach(() => {
  rmSync(node, { recursive: true });
});

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(node, file)), { recursive: true });
  writeFileSync(join(node, file), text);
};

/** Makes a cgroup as cgroupfs would show it; returns its directory. */
const cgroup = (path: string, populated = true): string => {
  write(join('cgroup', path, 'cgroup.events'), `populated ${populated ? '1' : '0'}\nfrozen 0\n`);
  return join(node, 'cgroup', path);
};

const find = (directory: string) =>
  findBundle(directory, { cgroupRoot: join(node, 'cgroup'), nodeRoot: node });

const homes = {
  containerd: ['/run/containerd/io.containerd.runtime.v2.task/k8s.io', 'config.json', 'init.pid'],
  k3s: ['/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io', 'config.json', 'init.pid'],
} as const;

for (const [distribution, [home, config, pidFile]] of Object.entries(homes))
  test(`${distribution}: from the cgroup to the container`, () => {
    write(`${home}/${ID}/${config}`, configOf(containerd));
    write(`${home}/${ID}/${pidFile}`, '4711');
    const directory = cgroup(`${SLICE}/cri-containerd-${ID}.scope`);
    assert.deepEqual(find(directory), {
      kind: 'Container',
      facts: { ...facts, cgroupPath: directory, pid: 4711 },
    });
  });

test('CRI-O: from the cgroup to the container', () => {
  write(`/run/containers/storage/overlay-containers/${ID}/userdata/config.json`, configOf(crio));
  const directory = cgroup(`${SLICE}/crio-${ID}.scope`, false);
  assert.deepEqual(find(directory), {
    kind: 'Container',
    facts: { ...facts, cgroupPath: directory, state: 'Created', isRunning: false },
  });
});

test('a runtime that is not known is said so', () => {
  assert.throws(() => find(cgroup(`${SLICE}/docker-${ID}.scope`)), { code: 'RuntimeUnknown' });
});

test('a bundle that is not there is said with the places', () => {
  const directory = cgroup(`${SLICE}/cri-containerd-${ID}.scope`);
  assert.throws(() => find(directory), { code: 'BundleUnreadable', message: /k8s\.io/ });
});

test('a configuration that cannot be one is not read', () => {
  const file = `${homes.containerd[0]}/${ID}/config.json`;
  write(file, ' '.repeat(5 * 1024 * 1024));
  const directory = cgroup(`${SLICE}/cri-containerd-${ID}.scope`);
  assert.throws(() => find(directory), { code: 'BundleUnreadable', message: /4194304/ });
});

test('what is no container has no bundle', () => {
  for (const path of ['system.slice/a.service', SLICE, `${SLICE}/crio-conmon-${ID}.scope`])
    assert.equal(find(cgroup(path)), undefined);
});

test('the kubelet’s cgroup is found under either driver, or not', () => {
  const root = join(node, 'cgroup');
  assert.equal(findKubepods(root), undefined);
  mkdirSync(join(root, 'kubelet/kubepods'), { recursive: true });
  assert.equal(findKubepods(root), join(root, 'kubelet/kubepods'));
  mkdirSync(join(root, 'kubepods.slice'));
  assert.equal(findKubepods(root), join(root, 'kubepods.slice'));
});
