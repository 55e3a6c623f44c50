/** Network rules that slots share, and that are replaced while programs are judged by them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { NetworkTable } from '../../src/bpf/network-rules.js';
import { TracingSession } from '../../src/bpf/session.js';
import { cgroupId, endCgroup, makeCgroup } from '../../src/node-enforcer/cgroups.js';
import { EMPTY_PLAN, launch } from '../../src/node-enforcer/launcher.js';
import type { Exit } from '../../src/node-enforcer/launcher.js';
import { sourceOf, Workshop } from './support/cases.js';
import { skip } from './support/needs.js';

const UDP = 17;
const [ALWAYS, NEVER] = [1001, 1002];
const SWAPS = 100;

const CASES = {
  /** Connects to what is allowed and to what is not, until it is told to stop; says how often. */
  both: `struct sockaddr_in yes = v4("127.0.0.1", ${String(ALWAYS)}), no = v4("127.0.0.1", ${String(NEVER)});
    int s = opened(socket(AF_INET, SOCK_DGRAM, 0)); long pairs = 0;
    for (; access("stop", F_OK); pairs++) { MUST(!connect(s, AT(yes))); FAILS(EPERM, connect(s, AT(no))); }
    dprintf(opened(creat("pairs", 0600)), "%ld", pairs);`,
  'allowed only': `struct sockaddr_in yes = v4("127.0.0.1", ${String(ALWAYS)});
    MUST(!connect(opened(socket(AF_INET, SOCK_DGRAM, 0)), AT(yes)));`,
  refused: `struct sockaddr_in no = v4("127.0.0.1", ${String(NEVER)});
    FAILS(EPERM, connect(opened(socket(AF_INET, SOCK_DGRAM, 0)), AT(no)));`,
} as const;

const rulesFor = (...ports: readonly number[]): NetworkTable => ({
  egress: true,
  ingress: false,
  entries: ports.map((port, index) => ({
    direction: 'Egress',
    protocol: UDP,
    portLow: port,
    portHigh: port,
    rule: index + 1,
  })),
});

class Bench {
  readonly #t: TestContext;
  readonly #workshop = new Workshop();
  readonly #program: string;
  readonly session = TracingSession.open();

  constructor(t: TestContext) {
    this.#t = t;
    t.after(() => {
      this.session.close();
      this.#workshop.remove();
    });
    this.#program = this.#workshop.compile('cases', sourceOf(CASES));
  }

  /** A cgroup with a slot of its own under these rules. */
  place(network: NetworkTable): { readonly slot: number; readonly cgroup: string } {
    const cgroup = makeCgroup();
    this.#t.after(() => endCgroup(cgroup));
    const slot = this.session.allocateSlot();
    this.configure(slot, cgroup, network, 1);
    this.session.attachNetwork(slot, cgroup, false);
    this.session.bindCgroup(slot, cgroupId(cgroup));
    return { slot, cgroup };
  }

  configure(slot: number, cgroup: string, network: NetworkTable, generation: number): void {
    this.session.configureSlot(slot, cgroupId(cgroup), {
      observe: false,
      syscalls: false,
      denials: false,
      enforce: true,
      generation,
      capabilitiesLost: 0n,
      network,
    });
  }

  table(slot: number): number | undefined {
    return this.session.slots().find((held) => held.slot === slot)?.network;
  }

  room(): string {
    return this.#workshop.room();
  }

  async start(
    cgroup: string,
    name: keyof typeof CASES,
    room = this.room(),
  ): Promise<{ readonly exited: Promise<Exit> }> {
    return launch({
      command: this.#program,
      arguments: [room, name],
      cgroup,
      plan: EMPTY_PLAN,
    });
  }

  async run(cgroup: string, name: keyof typeof CASES): Promise<void> {
    const { exited } = await this.start(cgroup, name);
    assert.deepEqual(await exited, { code: 0, signal: null }, name);
  }
}

void describe('network rules', { skip }, () => {
  void test('slots with equal rules share them; they go with the last', async (t) => {
    const bench = new Bench(t);
    const { session } = bench;
    const first = bench.place(rulesFor(ALWAYS));
    const second = bench.place(rulesFor(ALWAYS));
    const third = bench.place(rulesFor(ALWAYS, NEVER));
    const shared = bench.table(first.slot);
    assert.ok(shared !== undefined && shared > 0);
    assert.equal(bench.table(second.slot), shared);
    assert.notEqual(bench.table(third.slot), shared);
    session.releaseSlot(first.slot);
    await bench.run(second.cgroup, 'refused');
    await bench.run(second.cgroup, 'allowed only');
    // The number of rules that are gone may be given to others, and these to nobody who has other ones.
    bench.configure(second.slot, second.cgroup, rulesFor(ALWAYS, NEVER), 2);
    assert.equal(bench.table(second.slot), bench.table(third.slot));
    bench.configure(second.slot, second.cgroup, rulesFor(ALWAYS), 3);
    assert.equal(bench.table(second.slot), shared);
    await bench.run(second.cgroup, 'refused');
  });

  void test('replaced under load, no verdict is of anything but the one or the other', async (t) => {
    const bench = new Bench(t);
    const { slot, cgroup } = bench.place(rulesFor(ALWAYS));
    const room = bench.room();
    const { exited } = await bench.start(cgroup, 'both', room);
    for (let swap = 0; swap < SWAPS; swap += 1)
      bench.configure(slot, cgroup, rulesFor(ALWAYS, 2000 + swap), 2 + swap);
    writeFileSync(join(room, 'stop'), '');
    assert.deepEqual(await exited, { code: 0, signal: null });
    const pairs = Number(readFileSync(join(room, 'pairs'), 'utf8'));
    assert.ok(pairs > SWAPS, `${String(pairs)} pairs during ${String(SWAPS)} swaps`);
    t.diagnostic(`${String(pairs)} pairs of connects during ${String(SWAPS)} swaps`);
  });
});
