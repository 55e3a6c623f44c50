/** The array that the kernel reads, read as bpf/lsm does: the same answers as the reference's. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { LAYOUT, POLICY } from '../../../src/bpf/layout.js';
import { encodePolicy, hashName } from '../../../src/bpf/policy-table.js';
import { ACCESSES } from '../../../src/policy/operation.js';
import type { Operation, PathObject } from '../../../src/policy/operation.js';
import { compile } from '../../../src/policy/automaton/compile.js';
import { decide } from '../../../src/policy/automaton/evaluate.js';
import type { Automaton } from '../../../src/policy/automaton/types.js';
import {
  DELETED_EXEC,
  DELETED_MAP,
  EXEC,
  FIRST_ACCESS,
} from '../../../src/policy/automaton/types.js';
import { uncloak } from '../../../src/policy/cloak.js';
import { doubtOf } from '../../../src/policy/judge.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { segmentsOf } from '../../../src/policy/paths.js';
import { pathOperation, profiles as anyProfiles } from '../policy/generators.js';

const KEYS = Array.from({ length: 34 }, () => randomBytes(8).readBigUInt64LE());
/** What the kernel keeps beside an array's values, at most. */
const ARRAY_HEAD = 512;
const MAP_EXECUTABLE = FIRST_ACCESS + 4;

/** bpf/lsm/policy.h and conclude.h, over the bytes. */
class Table {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  #u32(record: number, offset: number): number {
    return this.#bytes.readUInt32LE(record * POLICY.recordBytes + offset);
  }

  #u64(record: number, offset: number): bigint {
    return this.#bytes.readBigUInt64LE(record * POLICY.recordBytes + offset);
  }

  /** Looks at no more places than the kernel does, without knowing where the edge was put. */
  #edge(state: number, name: Uint8Array, length: number): number | undefined {
    const field = LAYOUT.pf_policy_edge;
    const hash = hashName(name, KEYS);
    const head = LAYOUT.pf_policy_head;
    const mask = (1n << 64n) - 1n;
    const start = hash[0] ^ ((BigInt(state) * 0x9e3779b97f4a7c15n) & mask);
    const mixed = ((start ^ (start >> 32n)) * 0xd6e8feb86659fd93n) & mask;
    const place =
      this.#u32(0, head.edges_from) +
      Number(((mixed >> 32n) * BigInt(this.#u32(0, head.edges))) >> 32n);
    for (let at = place; at < place + POLICY.edgeProbes; at += 1) {
      if (this.#u32(at, field.length) === 0) return undefined;
      if (
        this.#u64(at, field.hash) === hash[0] &&
        this.#u64(at, field.hash + 8) === hash[1] &&
        this.#u32(at, field.state) === state &&
        this.#u32(at, field.length) === length
      )
        return this.#u32(at, field.next);
    }
    return undefined;
  }

  #step(state: number, name: Buffer): number {
    const field = LAYOUT.pf_policy_state;
    const exact = this.#edge(state, name, name.length);
    if (exact !== undefined) return exact;
    for (let index = 0; index < 4; index += 1) {
      const length = this.#bytes[state * POLICY.recordBytes + field.prefix + index] ?? 0;
      if (length === 0 || length > name.length) continue;
      const next = this.#edge(state, name.subarray(0, length), length + POLICY.edgePrefix);
      if (next !== undefined) return next;
    }
    return this.#u32(state, field.otherwise);
  }

  #accept(group: number, object: PathObject): number {
    const field = LAYOUT.pf_policy_group;
    if (object.fileless) return this.#u32(1 + group, field.fileless);
    if (doubtOf(object) !== undefined) return this.#u32(1 + group, field.doubtful);
    let state = this.#u32(1 + group, field.start);
    for (const segment of segmentsOf(object.path)) {
      if (state >= POLICY.stateFinal) break;
      state = this.#step(state, uncloak(segment));
    }
    return this.#u32(state & ~POLICY.stateFinal, LAYOUT.pf_policy_state.accept);
  }

  /** Undefined: allowed. Else the rule that the event would name. */
  refusal(group: number, object: PathObject, questions: readonly number[]): number | undefined {
    const field = LAYOUT.pf_policy_accept;
    const at = this.#accept(group, object) * POLICY.recordBytes;
    const allowed = this.#bytes.readUInt16LE(at + field.allowed);
    if (questions.every((question) => (allowed >> question) & 1)) return undefined;
    const order = this.#bytes.readBigUInt64LE(at + field.order);
    for (let index = 0; index < 9; index += 1)
      if (questions.includes(Number((order >> BigInt(4 * index)) & 15n)))
        return this.#bytes.readUInt16LE(at + field.decision + 2 * index);
    return 0;
  }
}

type PathOperation = Extract<Operation, { kind: 'Exec' | 'File' }>;

const questionsOf = (operation: PathOperation): readonly number[] => {
  const deleted = operation.object.deleted === true;
  if (operation.kind === 'Exec') return [deleted ? DELETED_EXEC : EXEC];
  return operation.access.map((access) => {
    const question = FIRST_ACCESS + ACCESSES.indexOf(access);
    return question === MAP_EXECUTABLE && deleted ? DELETED_MAP : question;
  });
};

const compare = (table: Table, group: number, automaton: Automaton, operation: PathOperation) => {
  const { verdict } = decide(automaton, operation);
  const rule = table.refusal(group, operation.object, questionsOf(operation));
  assert.equal(rule === undefined, verdict.kind === 'Allow');
  if (rule === undefined || rule === 0) return;
  assert.deepEqual(automaton.decisions[rule - 1]?.verdict, verdict);
};

test('both groups of a policy answer as their automata do, and name the same rule', () => {
  fc.assert(
    fc.property(
      anyProfiles,
      anyProfiles,
      fc.array(pathOperation, { minLength: 1, maxLength: 20 }),
      (first, second, operations) => {
        const automata = [compile(first), compile(second)] as const;
        const table = new Table(
          encodePolicy({ enforce: automata[0], audit: automata[1] }, 1, KEYS),
        );
        for (const operation of operations) {
          if (operation.kind !== 'Exec' && operation.kind !== 'File') continue;
          for (const group of [0, 1] as const) compare(table, group, automata[group], operation);
        }
      },
    ),
  );
});

test('a group that is not there is marked so, and the generation is in the head', () => {
  const automaton = compile([effectiveRules('web', { exec: { allow: [{ path: '/bin/a' }] } })]);
  const bytes = encodePolicy({ audit: automaton }, 77, KEYS);
  const present = (group: number): number =>
    bytes.readUInt32LE((1 + group) * POLICY.recordBytes + LAYOUT.pf_policy_group.present);
  assert.deepEqual([present(0), present(1)], [0, 1]);
  assert.equal(bytes.readUInt32LE(LAYOUT.pf_policy_head.generation), 77);
});

test('a small table fills what the allocator gives, and no more', () => {
  for (const rules of [1, 10, 100]) {
    const allow = Array.from({ length: rules }, (_, index) => ({
      path: `/srv/${String(index % 10)}/${String(index)}`,
      access: ['Read' as const],
    }));
    const automaton = compile([effectiveRules('web', { files: { allow } })]);
    const allocated = encodePolicy({ enforce: automaton }, 1, KEYS).length + ARRAY_HEAD;
    const slab = 2 ** Math.ceil(Math.log2(allocated));
    assert.ok(allocated > slab - 2 * POLICY.recordBytes, `${String(rules)}: ${String(allocated)}`);
    assert.ok(slab <= 16_384);
  }
});

test('names of every length have hashes of their own, and what follows a name does not matter', () => {
  const text = Buffer.alloc(300, 'x');
  const hashes = new Set(
    Array.from({ length: 256 }, (_, length) => hashName(text.subarray(0, length), KEYS).join()),
  );
  // Equal lengths are never compared with others, so a rare collision here would not matter; 2^-64 is never.
  assert.equal(hashes.size, 256);
});
