/** What cannot be delivered is counted exactly. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TracingSession } from '../../src/bpf/session.js';
import type { SlotConfiguration } from '../../src/bpf/session.js';
import { cgroupId, endCgroup, makeCgroup } from '../../src/node-enforcer/cgroups.js';
import { EMPTY_PLAN, launch } from '../../src/node-enforcer/launcher.js';
import { record } from '../../src/node-enforcer/record.js';
import { incompleteness } from '../../src/recorder/header.js';
import { skip } from './support/needs.js';

const RECORD: SlotConfiguration = {
  observe: true,
  syscalls: true,
  denials: false,
  enforce: false,
  generation: 1,
  capabilitiesLost: 0n,
};

void describe('losses', { skip }, () => {
  void test('a ring that is too small: every event is delivered, a repeat, or counted as lost', async () => {
    const session = TracingSession.open({ telemetryRingBytes: 4096 });
    const cgroup = makeCgroup();
    try {
      const slot = session.allocateSlot();
      session.configureSlot(slot, cgroupId(cgroup), RECORD);
      session.bindCgroup(slot, cgroupId(cgroup));
      // Nothing is drained while it runs: the ring has to overflow.
      const { exited } = await launch({
        command: '/usr/bin/find',
        arguments: ['/usr/share/doc', '-name', 'no-such-name'],
        cgroup,
        plan: EMPTY_PLAN,
      });
      await exited;
      const delivered: Record<string, bigint> = {};
      session.drain(({ kind }) => {
        const name = kind.toLowerCase();
        delivered[name] = (delivered[name] ?? 0n) + 1n;
      });
      const { produced, deduplicated, lost } = session.counters();
      assert.ok(lost.file > 0n, 'nothing was lost: the test shows nothing');
      for (const name of ['exec', 'file', 'syscall', 'capability'] as const)
        assert.equal(
          produced[name],
          (delivered[name] ?? 0n) + deduplicated[name] + lost[name],
          name,
        );
    } finally {
      await endCgroup(cgroup);
      session.close();
    }
  });

  void test('a recording with losses says so', async () => {
    const recorded = await record(
      {
        kind: 'Command',
        command: '/usr/bin/find',
        arguments: ['/usr/share/doc', '-name', 'no-such-name'],
      },
      { signal: new AbortController().signal, ringBytes: 4096 },
    );
    assert.match(incompleteness(recorded.behaviour) ?? '', /^Incomplete: [\d,]+ events? lost \(/);
  });
});
