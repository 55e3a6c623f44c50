/** Real events: of real programs under a profile that allows nothing, and of many files opened once. */
import { TracingSession } from '../../src/bpf/session.js';
import type { SlotConfiguration } from '../../src/bpf/session.js';
import { cgroupId, endCgroup, makeCgroup } from '../../src/node-enforcer/cgroups.js';
import { EMPTY_PLAN, launch } from '../../src/node-enforcer/launcher.js';

/** As `pinfold run --mode Audit` configures the slot of a profile that judges every class. */
const AUDITING: SlotConfiguration = {
  observe: true,
  syscalls: true,
  denials: false,
  enforce: false,
  generation: 1,
  capabilitiesLost: 0n,
  network: { egress: true, ingress: true, entries: [] },
};

export interface Capture {
  /** Events as the ring gives them, each padded to 8. */
  readonly bytes: Buffer;
  /** What taking them out of the ring took, ms. */
  readonly drainMs: number;
  readonly lost: bigint;
}

const RING_BYTES = 1 << 24;

/** Runs a command to its end and takes its events out of the ring afterwards. */
export const capture = async (command: readonly [string, ...string[]]): Promise<Capture> => {
  const session = TracingSession.open({ telemetryRingBytes: RING_BYTES });
  try {
    const cgroup = makeCgroup();
    try {
      const id = cgroupId(cgroup);
      const slot = session.allocateSlot();
      session.configureSlot(slot, id, AUDITING);
      session.attachNetwork(slot, cgroup, false);
      session.bindCgroup(slot, id);
      const [program, ...rest] = command;
      const launched = await launch({
        command: program,
        arguments: rest,
        cgroup,
        plan: EMPTY_PLAN,
      });
      const { code, signal } = await launched.exited;
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(signal ?? code)}`);
    } finally {
      await endCgroup(cgroup);
    }
    const parts: Buffer[] = [];
    let drainMs = 0;
    let start = performance.now();
    session.drainBytes((bytes, length) => {
      drainMs += performance.now() - start;
      parts.push(Buffer.from(bytes.subarray(0, length)));
      start = performance.now();
    });
    const { lost } = session.counters();
    return {
      bytes: Buffer.concat(parts),
      drainMs,
      lost: Object.values(lost).reduce((sum, count) => sum + count, 0n),
    };
  } finally {
    session.close();
  }
};
