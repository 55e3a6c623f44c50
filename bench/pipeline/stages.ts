/** The path of an event from the ring's bytes to a line, stage by stage and as a whole. */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { BatchedLines, RecordBatch, writeRecords } from '../../src/audit/batch.js';
import type { ViolationRecord } from '../../src/audit/record.js';
import type { AuditSink } from '../../src/audit/sink-interface.js';
import { toWire } from '../../src/audit/wire.js';
import { decodeEvents } from '../../src/bpf/events.js';
import type { KernelEvent } from '../../src/bpf/events.js';
import { EVENT, LAYOUT, SIZES } from '../../src/bpf/layout.js';
import { Judging } from '../../src/node-enforcer/judging.js';
import type { JudgedProfile } from '../../src/node-enforcer/judging.js';
import { EventLines } from '../../src/node-enforcer/lines/event-lines.js';
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

/** ns of CPU time of all threads, collecting garbage included: others' load adds nothing to it. */
const timed = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1_000;
};

export interface StageTimes {
  readonly decode: number;
  readonly judge: number;
  readonly serialise: number;
  readonly write: number;
}

/** A ring is drained while its programs run; by now theirs are gone, and looking for them costs more. */
export const asOfTheLiving = (bytes: Buffer): Buffer => {
  for (
    let at = 0;
    at < bytes.length;
    at += (bytes.readUInt16LE(at + LAYOUT.pf_event.size) + 7) & ~7
  )
    bytes.writeUInt32LE(process.pid, at + LAYOUT.pf_event.tgid);
  return bytes;
};

/** What of every file's path is new in each round: its own name, or that of its directory too. */
export type Novelty = 'Names' | 'Directories';

const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');

/** Puts a number into the last bytes of the name at `from`; where the next name begins. */
const rename = (bytes: Buffer, from: number, number: number): number => {
  const end = bytes.indexOf(0, from);
  let rest = number;
  for (let at = end - 1; at >= Math.max(from, end - 5); at -= 1) {
    bytes[at] = DIGITS[rest % DIGITS.length] ?? 0;
    rest = Math.floor(rest / DIGITS.length);
  }
  return end + 1;
};

/**
 * Makes every event of a batch the first of its kind again, as the kernel sends no other: new keys, and
 * names as other files have.
 */
export const renew = (bytes: Buffer, length: number, salt: number, novelty: Novelty): void => {
  const hash = LAYOUT.pf_event.key + LAYOUT.pf_seen_key.hash;
  const walked = LAYOUT.pf_file_event.path + LAYOUT.pf_path.walked;
  for (let at = 0; at < length;) {
    bytes.writeUInt32LE(salt, at + hash);
    bytes.writeUInt32LE(at, at + hash + 4);
    if (bytes[at + LAYOUT.pf_event.type] === EVENT.file) {
      const from = at + SIZES.pf_file_event;
      const end = from + bytes.readUInt16LE(at + walked);
      const parent = from < end ? rename(bytes, from, at * 64 + salt) : end;
      if (novelty === 'Directories' && parent < end) rename(bytes, parent, at * 64 + salt);
    }
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

/** As a run with an audit log goes it; how many events were dealt with by their bytes alone. */
export const whole = (
  workload: JudgedProfile,
  bytes: Buffer,
  sink: AuditSink,
): { readonly ns: number; readonly direct: number } => {
  let direct = 0;
  // Everything that is remembered begins empty.
  const ns = timed(() => {
    const judging = new Judging([workload], createResolver());
    const lines = new BatchedLines(sink);
    const writer = new EventLines(judging, lines);
    decodeEvents(
      bytes,
      bytes.length,
      (event) => {
        const violation = judging.take(event);
        if (violation !== undefined) lines.add(violation.record);
      },
      (ring, at) => {
        if (writer.take(ring, at) === undefined) return false;
        direct += 1;
        return true;
      },
    );
    lines.flush();
  });
  return { ns, direct };
};

/** With a record for every violation, where Events and status are made of them (`up`, `run --state`). */
export const byRecords = (workload: JudgedProfile, bytes: Buffer, sink: AuditSink): number => {
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
