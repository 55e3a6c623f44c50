/** Binds a cgroup without the main thread. */
import { workerData } from 'node:worker_threads';
import { PinnedCgroups } from '../../../src/bpf/pinned-map.js';

const { pins, cgroup, slot } = workerData as { pins: string; cgroup: bigint; slot: number };
const cgroups = new PinnedCgroups(pins);
cgroups.bind(cgroup, slot);
cgroups.close();
