/** More distinct things than the kernel's table of what was seen holds: nothing is lost by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TracingSession } from '../../src/bpf/session.js';
import { cgroupId, endCgroup, makeCgroup } from '../../src/node-enforcer/cgroups.js';
import { EMPTY_PLAN, launch } from '../../src/node-enforcer/launcher.js';
import { sourceOf, Workshop } from './support/cases.js';
import { skip } from './support/needs.js';

/** PF_MAX_SEEN and some more. */
const DISTINCT = 65_536 + 4_464;

/** Each datagram goes to an address of its own; then the last again. */
const SEND = `int s = opened(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
  for (int i = 0; i < ${String(DISTINCT)}; i++) { to.sin_addr.s_addr = htonl(0x7f010000 + i); MUST(sendto(s, "x", 1, 0, AT(to)) == 1 || errno == ECONNREFUSED); }
  sendto(s, "x", 1, 0, AT(to));`;

void test(
  'a full table of what was seen: sent without deduplication, all of it',
  { skip },
  async (t) => {
    const workshop = new Workshop();
    t.after(() => {
      workshop.remove();
    });
    const program = workshop.compile('send', sourceOf({ send: SEND }));
    const session = TracingSession.open();
    t.after(() => {
      session.close();
    });
    const cgroup = makeCgroup();
    t.after(() => endCgroup(cgroup));
    const slot = session.allocateSlot();
    session.configureSlot(slot, cgroupId(cgroup), {
      observe: true,
      syscalls: false,
      denials: false,
      enforce: false,
      generation: 1,
      capabilitiesLost: 0n,
    });
    session.attachNetwork(slot, cgroup, false);
    session.bindCgroup(slot, cgroupId(cgroup));
    const addresses = new Set<string>();
    let delivered = 0n;
    const drain = (): void => {
      session.drain((event) => {
        if (event.kind !== 'Socket') return;
        addresses.add(event.address);
        delivered += 1n;
      });
    };
    session.onEvents(drain);
    const launched = await launch({
      command: program,
      arguments: [workshop.room(), 'send'],
      cgroup,
      plan: EMPTY_PLAN,
    });
    assert.deepEqual(await launched.exited, { code: 0, signal: null });
    drain();
    const { produced, deduplicated, lost, seenFull } = session.counters();
    assert.equal(produced.socket, BigInt(DISTINCT) + 1n);
    assert.equal(produced.socket, delivered + deduplicated.socket + lost.socket);
    assert.ok(seenFull > 0n, 'the table did not fill: the test shows nothing');
    assert.equal(lost.socket, 0n);
    assert.equal(addresses.size, DISTINCT);
  },
);
