/** Paths as kubelets and runtimes make them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOfCgroup } from '../../../../src/node-enforcer/containers/cgroup-name.js';
import type { CgroupName } from '../../../../src/node-enforcer/containers/cgroup-name.js';

const ID = '3f4b1c8e7d6a59028374651029384756afbecd0192837465564738291a0b0c0d';
const UID = '6f1c1c1e-0d7e-4f7c-9d4a-3d1f2a6b7c8d';
const SLICE = '6f1c1c1e_0d7e_4f7c_9d4a_3d1f2a6b7c8d';
const STATIC = 'b7e1f0c2a9d84e3f9c1d2b3a4f5e6d7c';

const containerd: CgroupName = {
  ...{ kind: 'Container', podUid: UID, containerId: ID, runtime: 'containerd' },
};
const crio: CgroupName = { ...containerd, runtime: 'cri-o' };

const names: Readonly<Record<string, CgroupName>> = {
  [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICE}.slice/cri-containerd-${ID}.scope`]:
    containerd,
  [`kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SLICE}.slice/cri-containerd-${ID}.scope/`]:
    containerd,
  // Guaranteed pods have no slice of quality of service.
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/cri-containerd-${ID}.scope`]: containerd,
  [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${STATIC}.slice/cri-containerd-${ID}.scope`]:
    { ...containerd, podUid: STATIC },
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/crio-${ID}.scope`]: crio,
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/crio-conmon-${ID}.scope`]: { kind: 'Monitor' },
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/crio-${ID}.scope/container`]: { kind: 'Inner' },
  [`/kubepods/burstable/pod${UID}/${ID}`]: containerd,
  [`/kubepods/pod${UID}/crio-${ID}`]: crio,
  // kind
  [`/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${SLICE}.slice/cri-containerd-${ID}.scope`]:
    containerd,
  [`/kubelet/kubepods/besteffort/pod${UID}/${ID}`]: containerd,
  // cri-dockerd, and what may come
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/docker-${ID}.scope`]: {
    kind: 'Unknown',
    podUid: UID,
  },
  [`/kubepods/pod${UID}/something`]: { kind: 'Unknown', podUid: UID },
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/cri-containerd-short.scope`]: {
    ...{ kind: 'Unknown', podUid: UID },
  },
  // systemd in a container
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/cri-containerd-${ID}.scope/init.scope`]: {
    kind: 'Inner',
  },
  // a container that makes a cgroup named like another's
  [`/kubepods.slice/kubepods-pod${SLICE}.slice/cri-containerd-${ID}.scope/kubepods-pod${STATIC}.slice/cri-containerd-${ID}.scope`]:
    { kind: 'Inner' },
  [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICE}.slice`]: {
    ...{ kind: 'Pod', podUid: UID },
  },
  [`/kubepods/burstable/pod${UID}`]: { kind: 'Pod', podUid: UID },
  '/kubepods.slice/kubepods-burstable.slice': { kind: 'Other' },
  '/kubepods.slice': { kind: 'Other' },
  '/system.slice/containerd.service': { kind: 'Other' },
  [`/user.slice/pod${UID}/${ID}`]: { kind: 'Other' },
  [`/system.slice/cri-containerd-${ID}.scope`]: { kind: 'Other' },
  '/': { kind: 'Other' },
};

for (const [path, expected] of Object.entries(names))
  test(`${expected.kind}: ${path}`, () => {
    assert.deepEqual(nameOfCgroup(path), expected);
  });
