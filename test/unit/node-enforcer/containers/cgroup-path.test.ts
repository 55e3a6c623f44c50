/** Where cgroups are, from what runtimes are given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  containerCgroup,
  podCgroup,
} from '../../../../src/node-enforcer/containers/cgroup-path.js';

const ROOT = '/sys/fs/cgroup';

const containers: Readonly<Record<string, string | undefined>> = {
  // containerd, systemd driver, Guaranteed, Burstable, BestEffort
  'kubepods-pod6f1c_0d7e.slice:cri-containerd:0123abcd':
    '/kubepods.slice/kubepods-pod6f1c_0d7e.slice/cri-containerd-0123abcd.scope',
  'kubepods-burstable-pod6f1c_0d7e.slice:cri-containerd:0123abcd':
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6f1c_0d7e.slice/cri-containerd-0123abcd.scope',
  // CRI-O, systemd driver
  'kubepods-besteffort-pod6f1c_0d7e.slice:crio:0123abcd':
    '/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod6f1c_0d7e.slice/crio-0123abcd.scope',
  // cgroupfs driver
  '/kubepods/burstable/pod6f1c0d7e-9d4a/0123abcd': '/kubepods/burstable/pod6f1c0d7e-9d4a/0123abcd',
  // kind puts the kubelet's slices below its own
  'kubelet-kubepods-besteffort-pod6f1c.slice:cri-containerd:0123':
    '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod6f1c.slice/cri-containerd-0123.scope',
  '-.slice:runc:abc': '/runc-abc.scope',
  'system.slice::abc': '/system.slice/abc.scope',
  'system.slice:runc:own.slice': '/system.slice/own.slice',
  // not of any form
  '': undefined,
  'kubepods.slice:cri-containerd:': undefined,
  'kubepods.slice:a:b:c': undefined,
  'kubepods:cri-containerd:abc': undefined,
  'kube--pods.slice:cri-containerd:abc': undefined,
  '.slice:cri-containerd:abc': undefined,
  // not below the root
  '../../etc': undefined,
  '/kubepods/../../etc': undefined,
  '../x.slice:cri-containerd:abc': undefined,
  'x.slice:../..:abc': undefined,
  'x.slice:a:../../etc': undefined,
};

for (const [given, expected] of Object.entries(containers))
  test(`container in ${JSON.stringify(given)}`, () => {
    assert.equal(
      containerCgroup(ROOT, given),
      expected === undefined ? undefined : `${ROOT}${expected}`,
    );
  });

const pods: Readonly<Record<string, string | undefined>> = {
  '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6f1c.slice':
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6f1c.slice',
  'kubepods-burstable-pod6f1c.slice':
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6f1c.slice',
  '/kubepods/besteffort/pod6f1c': '/kubepods/besteffort/pod6f1c',
  '': undefined,
  '/kubepods/../..': undefined,
  kubepods: undefined,
};

for (const [given, expected] of Object.entries(pods))
  test(`pod in ${JSON.stringify(given)}`, () => {
    assert.equal(podCgroup(ROOT, given), expected === undefined ? undefined : `${ROOT}${expected}`);
  });

test('nothing leads out of the hierarchy', () => {
  const piece = fc.constantFrom(
    '..',
    '.',
    '/',
    'a',
    '-',
    '.slice',
    ':',
    '\0',
    'kubepods',
    '.scope',
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (given) => {
        for (const path of [containerCgroup(ROOT, given), podCgroup(ROOT, given)])
          assert.ok(
            path === undefined ||
              path === ROOT ||
              path === `${ROOT}/` ||
              path.startsWith(`${ROOT}/`),
          );
      },
    ),
  );
});
