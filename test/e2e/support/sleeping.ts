/** Machines that have booted as far as containerd and sleep: waking one takes seconds, booting it a minute. */
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeKind } from '../../support/bed/bed.js';
import { cached, keyOf } from '../../support/cache.js';
import { output } from '../../support/command.js';
import { freePorts } from '../../support/ports.js';
import { nodeDisk } from './disk.js';
import { Machine, type MachineParts } from './machine.js';

/** Order as in Debian's own list. */
const commandLine = ({ bpfLsm }: NodeKind): string =>
  `lsm=landlock,lockdown,yama,apparmor${bpfLsm ? ',bpf' : ''}`;

/** Warms what the kubelet's start reads, so that waking machines have it in memory. */
const FIRST_STEPS = `
set -e
systemctl is-active --quiet --wait multi-user.target || systemctl start multi-user.target
ctr version >/dev/null
kubelet --version
sync
`;

const fallAsleep = async (draft: string, boot: string, kind: NodeKind): Promise<void> => {
  const folder = join(draft, 'run');
  mkdirSync(folder);
  const [port = 0] = await freePorts(1);
  const machine = await Machine.start({
    boot,
    disk: join(boot, 'disk.qcow2'),
    memory: join(draft, 'memory'),
    append: commandLine(kind),
    folder,
    forward: [10250, port],
  });
  try {
    await machine.guest.run(FIRST_STEPS);
    await machine.sleep(join(draft, 'state'), join(draft, 'disk.qcow2'));
  } finally {
    await machine.stop();
  }
  await rm(folder, { recursive: true });
};

/** All that is needed to wake a machine of this kind, except where it runs. */
export const sleepingMachine = async (
  kind: NodeKind,
): Promise<Omit<MachineParts, 'folder' | 'forward'>> => {
  const boot = await nodeDisk();
  const emulator = await output('qemu-system-x86_64', ['--version']);
  const sources = ['machine.ts', 'sleeping.ts'].map((name) => join(import.meta.dirname, name));
  const asleep = await cached({
    kind: join('node', boot.replace(/^.*\//, ''), 'asleep'),
    key: keyOf(sources, [emulator, commandLine(kind)]),
    label: `node with ${commandLine(kind)}`,
    kept: 4,
    make: (draft) => fallAsleep(draft, boot, kind),
  });
  return {
    boot,
    disk: join(asleep, 'disk.qcow2'),
    memory: join(asleep, 'memory'),
    asleep: join(asleep, 'state'),
    append: commandLine(kind),
  };
};
