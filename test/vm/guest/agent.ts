/** Puts rules in force with pins, says so, and waits to be killed. */
import { mkdirSync, statSync } from 'node:fs';
import { TracingSession } from '../../../src/bpf/session.js';
import { compiled, HELD_RULES } from './world.js';

const session = TracingSession.open({ pins: process.argv[2] ?? '' });
const directory = '/sys/fs/cgroup/held';
mkdirSync(directory);
const id = statSync(directory, { bigint: true }).ino;
session.setPolicy(
  1,
  {
    enforce: compiled(HELD_RULES),
  },
  5,
);
const slot = session.allocateSlot();
session.configureSlot(slot, id, {
  observe: false,
  syscalls: false,
  denials: false,
  enforce: false,
  generation: 5,
  capabilitiesLost: 0n,
  policy: 1,
});
session.bindCgroup(slot, id);
process.stdout.write('ready\n');
setInterval(() => undefined, 60_000);
