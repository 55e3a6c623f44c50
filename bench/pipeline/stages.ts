/** The path of an event from the ring's bytes to a line, stage by stage and as a whole. */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { RecordBatch, writeRecords } from '../../src/audit/batch.js';
import type { ViolationRecord } from '../../src/audit/record.js';
import type { AuditSink } from '../../src/audit/sink-interface.js';
import { toWire } from '../../src/audit/wire.js';
import { decodeEvents } from '../../src/bpf/events.js';
import type { KernelEvent } from '../../src/bpf/events.js';
import { LAYOUT } from '../../src/bpf/layout.js';
import { Judging } from '../../src/node-enforcer/judging.js';
import type { JudgedProfile } from '../../src/node-enforcer/judging.js';
import { createResolver } from '../../src/node-enforcer/resolver.js';
import { referenceJudge } from '../../src/node-enforcer/rule-judge.js';
import type { EffectiveRules } from '../../src/policy/rules.js';

export const workloadOf = (rules: EffectiveRules): JudgedProfile => ({
  id: rules.profile,
  rules,
  mode: 'Audit',
  severity: 'High',
  subject: { profile: rules.profile, generation: 1, slot: 1, cgroup: 123_456 },
  kills: false,
});

/** ns of one stage over all events. */
const timed = (work: () => void): number => {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
};

export interface StageTimes {
  readonly decode: number;
  readonly judge: number;
  readonly serialise: number;
  readonly write: number;
}

/** Makes every event of a batch the first of its kind again: other keys, as other objects have. */
export const renew = (bytes: Buffer, length: number, salt: number): void => {
  const hash = LAYOUT.pf_event.key + LAYOUT.pf_seen_key.hash;
  for (let at = 0; at < length;) {
    bytes.writeUInt32LE(salt, at + hash);
    bytes.writeUInt32LE(at, at + hash + 4);
    at += (bytes.readUInt16LE(at + LAYOUT.pf_event.size) + 7) & ~7;
  }
};

/** One stage after the other over the same events, each with what the one before it made. */
export const stages = (workload: JudgedProfile, bytes: Buffer, sink: AuditSink): StageTimes => {
  const events: KernelEvent[] = [];
  const records: ViolationRecord[] = [];
  const judging = new Judging([workload], createResolver());
  const batch = new RecordBatch();
  const full: { readonly bytes: Uint8Array; readonly records: number }[] = [];
  const decode = timed(() => {
    decodeEvents(bytes, bytes.length, (event) => events.push(event));
  });
  const judgeNs = timed(() => {
    for (const event of events) {
      const record = judging.take(event)?.record;
      if (record !== undefined) records.push(record);
    }
  });
  let copying = 0;
  const keep = (): void => {
    copying += timed(() => full.push({ bytes: Buffer.from(batch.bytes), records: batch.records }));
    batch.clear();
  };
  const serialise = timed(() => {
    for (const record of records) {
      if (batch.add(record)) continue;
      keep();
      batch.add(record);
    }
    keep();
  });
  const write = timed(() => {
    for (const each of full) sink.write(each.bytes, each.records);
  });
  return { decode, judge: judgeNs, serialise: serialise - copying, write };
};

/** The real path, as `run` goes it: decoded, judged and collected, then written in batches. */
export const whole = (workload: JudgedProfile, bytes: Buffer, sink: AuditSink): number => {
  const judging = new Judging([workload], createResolver());
  const batch = new RecordBatch();
  return timed(() => {
    const records: ViolationRecord[] = [];
    decodeEvents(bytes, bytes.length, (event) => {
      const record = judging.take(event)?.record;
      if (record !== undefined) records.push(record);
    });
    writeRecords(records, batch, sink);
  });
};

/** The baseline: an object for each record, stringified and written by itself; the reference judge. */
export const objectPerEvent = (workload: JudgedProfile, bytes: Buffer, fd: number): number => {
  const judging = new Judging([workload], createResolver(), { judgeOf: referenceJudge });
  return timed(() => {
    decodeEvents(bytes, bytes.length, (event) => {
      const record = judging.take(event)?.record;
      if (record !== undefined) writeSync(fd, `${JSON.stringify(toWire(record))}\n`);
    });
  });
};

/** Sizes of the lines of all violations, in bytes. */
export const lineSizes = (workload: JudgedProfile, bytes: Buffer): readonly number[] => {
  const sizes: number[] = [];
  const judging = new Judging([workload], createResolver());
  const batch = new RecordBatch();
  decodeEvents(bytes, bytes.length, (event) => {
    const record = judging.take(event)?.record;
    if (record === undefined) return;
    batch.add({ ...record, node: hostname() });
    sizes.push(batch.bytes.length);
    batch.clear();
  });
  return sizes;
};
