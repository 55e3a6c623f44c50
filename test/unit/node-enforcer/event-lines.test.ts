/** What is written from the ring's bytes is what the reference writes, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchedLines } from '../../../src/audit/batch.js';
import type { AuditSink } from '../../../src/audit/sink-interface.js';
import { decodeEvents } from '../../../src/bpf/events.js';
import { EVENT, EVENT_FLAG, LAYOUT, PATH_FLAG, SIZES } from '../../../src/bpf/layout.js';
import type { SeenEntry } from '../../../src/bpf/seen.js';
import { Judging } from '../../../src/node-enforcer/judging.js';
import type { JudgedProfile } from '../../../src/node-enforcer/judging.js';
import { EventLines } from '../../../src/node-enforcer/lines/event-lines.js';
import { createResolver } from '../../../src/node-enforcer/resolver.js';
import { referenceJudge } from '../../../src/node-enforcer/rule-judge.js';
import { uncloak } from '../../../src/policy/cloak.js';
import type { EffectiveRules } from '../../../src/policy/rules.js';
import { describePath, eventOf, fileEventOf, padded } from '../bpf/ring-bytes.js';
import { path, profiles } from '../policy/generators.js';

/** `/a/b` as a walk leaves it: `b`, `a`, each ended by NUL. */
const walkOf = (text: string): Buffer =>
  Buffer.concat(
    text === '/'
      ? []
      : text
          .slice(1)
          .split('/')
          .reverse()
          .map((name) => Buffer.concat([uncloak(name), Buffer.of(0)])),
  );

interface Header {
  readonly cpu: number;
  readonly sequence: number;
  readonly time: number;
  readonly task: number;
  readonly exe: number;
  readonly comm: string;
  readonly error: number;
  readonly flags: number;
}

const withHeader = (given: Buffer, header: Header, key = 0): Buffer => {
  const event = Buffer.from(given);
  const field = LAYOUT.pf_event;
  event.writeUInt32LE(header.flags, field.flags);
  event.writeUInt32LE(header.cpu, field.cpu);
  event.writeBigUInt64LE(BigInt(header.sequence), field.sequence);
  event.writeBigUInt64LE(BigInt(header.time), field.time);
  event.writeUInt32LE(key, field.key + LAYOUT.pf_seen_key.hash);
  event.writeUInt32LE(header.task, field.tgid);
  event.writeUInt32LE(header.task + (header.task % 3), field.tid);
  event.writeUInt32LE(header.task * 1000, field.uid);
  event.writeInt32LE(header.error, field.error);
  event.writeBigUInt64LE(BigInt(header.exe), field.exe);
  event.write(header.comm, field.comm, 16, 'latin1');
  return padded(event);
};

/** Mostly `usual`, so that most events are plain. */
const rarely = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );

const header: fc.Arbitrary<Header> = fc.record({
  cpu: fc.constantFrom(0, 1, 127),
  sequence: fc.oneof(fc.nat(), fc.maxSafeNat()),
  time: fc.oneof(fc.nat({ max: 3_000_000_000 }), fc.nat({ max: 2 ** 50 })),
  task: fc.nat({ max: 5 }),
  exe: fc.constantFrom(1, 2, 3),
  comm: fc.constantFrom('cat', 'a"b', 'sh\0rest', 'caf\xe9'),
  error: rarely(0, -13, -2),
  flags: rarely(0, EVENT_FLAG.wouldDeny, EVENT_FLAG.denied, EVENT_FLAG.killed),
});

const plainPath = fc
  .array(fc.constantFrom('a', 'ab', 'abc', 'abd', 'b', 'bin'), { minLength: 1, maxLength: 4 })
  .map((names) => `/${names.join('/')}`);

const walked: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 8, arbitrary: plainPath.map(walkOf) },
  { weight: 8, arbitrary: path.map(walkOf).filter((bytes) => bytes.length <= 4096) },
  // Empty names, and none that is ended.
  {
    weight: 1,
    arbitrary: fc.constantFrom('b\0\0a\0', '\0a\0', 'a', '').map((text) => Buffer.from(text)),
  },
);

const file: fc.Arbitrary<Buffer> = fc
  .record({
    walked,
    access: fc.oneof(fc.constantFrom(1, 2, 3, 16, 33), fc.nat({ max: 127 })),
    flags: rarely(0, PATH_FLAG.deleted, PATH_FLAG.truncated, PATH_FLAG.fileless, PATH_FLAG.follow),
    argument: rarely(false, true),
    second: rarely(false, true),
  })
  .map(({ walked: bytes, access, flags, argument, second }) => {
    // With a doubt, nothing is looked up on this machine.
    const given = argument ? Buffer.from('x/y') : undefined;
    const event = fileEventOf(access, bytes, flags | (argument ? PATH_FLAG.raced : 0), given);
    if (!second) return event;
    const more = Buffer.concat([event, Buffer.from('c\0')]);
    describePath(more, LAYOUT.pf_file_event.path + SIZES.pf_path, Buffer.from('c\0'));
    more.writeUInt32LE(access, LAYOUT.pf_file_event.access2);
    more.writeUInt16LE(more.length, LAYOUT.pf_event.size);
    return more;
  });

const call: fc.Arbitrary<Buffer> = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: 450 }))
  .map(([abi, number]) => {
    const event = eventOf(EVENT.syscall, SIZES.pf_syscall_event);
    event.writeUInt16LE(abi, LAYOUT.pf_syscall_event.abi);
    event.writeUInt16LE(number, LAYOUT.pf_syscall_event.syscall);
    return event;
  });

const execOf = (exe: number, program: string): Buffer => {
  const event = eventOf(EVENT.exec, SIZES.pf_exec_event, walkOf(program));
  event.writeBigUInt64LE(BigInt(exe), LAYOUT.pf_exec_event.exe);
  describePath(event, LAYOUT.pf_exec_event.path, walkOf(program));
  return event;
};

/** Gives an id another program than before. */
const exec: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom(1, 2), fc.constantFrom('/bin/cat', '/bin/"x"', '/\udcff'))
  .map(([exe, program]) => execOf(exe, program));

/** A batch in which each event is the first of its kind; two programs are known from its start on. */
const batchOf = (...arbitraries: fc.WeightedArbitrary<Buffer>[]) =>
  fc
    .array(fc.tuple(fc.oneof(...arbitraries), header), { minLength: 1, maxLength: 40, size: 'max' })
    .map((list) =>
      Buffer.concat([
        ...[1, 2].map((exe) => padded(execOf(exe, `/bin/${String(exe)}`))),
        ...list.map(([event, fields], index) => withHeader(event, fields, index + 1)),
      ]),
    );

const used = { weight: 8, arbitrary: file };
const called = { weight: 3, arbitrary: call };
const executed = { weight: 1, arbitrary: exec };

const judged = (rules: EffectiveRules, index: number): JudgedProfile => ({
  id: String(index),
  rules,
  mode: index % 2 === 0 ? 'Enforce' : 'Audit',
  severity: 'High',
  subject: { profile: rules.profile, generation: index, pod: 'shop/"web"' },
  kills: index === 2,
});

/** Everything that a sink was given, as text. */
const collector = (): { readonly sink: AuditSink; readonly text: () => string } => {
  const parts: Buffer[] = [];
  return {
    sink: {
      write: (bytes) => parts.push(Buffer.from(bytes)),
      flush: () => undefined,
      close: () => undefined,
      health: () => ({ kind: 'Healthy', lost: 0 }),
    },
    text: () => Buffer.concat(parts).toString(),
  };
};

/** All lines of a batch, and of repeats where asked for; for how many the bytes alone were enough. */
const linesOf = (bytes: Buffer, judging: Judging, isDirect: boolean, hasRepeats = false) => {
  const { sink, text } = collector();
  const lines = new BatchedLines(sink);
  const direct = new EventLines(judging, lines);
  let taken = 0;
  decodeEvents(
    bytes,
    bytes.length,
    (event) => {
      const violation = judging.take(event);
      if (violation !== undefined) lines.add(violation.record);
    },
    (ring, at) => {
      const isTaken = isDirect && direct.take(ring, at) !== undefined;
      taken += isTaken ? 1 : 0;
      return isTaken;
    },
  );
  if (hasRepeats) for (const { record } of judging.repeats(seenOf(bytes))) lines.add(record);
  lines.flush();
  return { text: text(), taken };
};

/** The kernel counted each key five times. */
const seenOf = (bytes: Buffer): readonly SeenEntry[] => {
  const keys = new Set<string>();
  decodeEvents(bytes, bytes.length, ({ header: { key } }) => keys.add(key));
  return [...keys].map((key) => {
    return { slot: 0, type: 0, detail: 0, firstNs: 0, lastNs: 7_000_000_000, count: 5, key };
  });
};

for (const [what, batch, hasRepeats] of [
  ['while programs change', batchOf(used, called, executed), false],
  ['with their repeats', batchOf(used, called), true],
] as const)
  test(`lines from bytes are those of the reference, ${what}`, () => {
    let taken = 0;
    fc.assert(
      fc.property(batch, profiles, (bytes, rules) => {
        const inForce = rules.map(judged);
        const judging = (): Judging => new Judging(inForce, createResolver());
        const reference = linesOf(bytes, judging(), false, hasRepeats);
        const direct = linesOf(bytes, judging(), true, hasRepeats);
        assert.equal(direct.text, reference.text);
        taken += direct.taken;
      }),
      { numRuns: 200 },
    );
    assert.ok(taken > 200, `only ${String(taken)} events went the way that is tested`);
  });

test('rules that are judged one by one leave every event', () => {
  const [rules] = fc.sample(
    profiles.filter(({ length }) => length > 0),
    1,
  );
  const inForce = (rules ?? []).map(judged);
  const bytes = withHeader(fileEventOf(1, walkOf('/a')), fc.sample(header, 1)[0] ?? assert.fail());
  const judging = new Judging(inForce, createResolver(), { judgeOf: referenceJudge });
  assert.equal(linesOf(bytes, judging, true).taken, 0);
});
