/** What a full ring costs: events, never verdicts, and each is counted. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { TracingSession } from '../../../src/bpf/session.js';
import type { Case } from './cases.js';
import { ACT, contained, refusals } from './world.js';

const COUNT = 300;

export const lossCases: readonly Case[] = [
  {
    name: 'with a full ring every open is refused as before, and every event is accounted for',
    run: () => {
      const session = TracingSession.open({ securityRingBytes: 4096 });
      try {
        mkdirSync('/tmp/flood', { recursive: true });
        for (let index = 0; index < COUNT; index += 1)
          writeFileSync(`/tmp/flood/${String(index)}`, '');
        const here = contained(session, { exec: { allow: [{ path: ACT }] }, files: { allow: [] } });
        for (const repeat of [1, 2]) {
          const { output } = here.run(ACT, 'flood', '/tmp/flood/', String(COUNT));
          assert.equal(Number(output), COUNT, `round ${String(repeat)}`);
        }
        const delivered = refusals(session).length;
        const { produced, deduplicated, lost } = session.counters();
        assert.equal(produced.refusal, BigInt(2 * COUNT));
        assert.equal(deduplicated.refusal, BigInt(COUNT));
        assert.ok(lost.refusal > 0n);
        assert.equal(BigInt(delivered) + lost.refusal, BigInt(COUNT));
      } finally {
        session.close();
      }
    },
  },
];
