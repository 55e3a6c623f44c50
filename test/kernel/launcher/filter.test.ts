/** The generated filter decides as the plan's rules say: compared with those rules, read plainly. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { makeTemporary, removeTemporary, repository } from './harness.js';

const x32Bit = 0x4000_0000;
/** AUDIT_ARCH_* of <linux/audit.h>. */
const audit = { x86_64: 0xc000_003e, x86: 0x4000_0003, x32: 0xc000_003e } as const;
type Arch = keyof typeof audit;
const arches = Object.keys(audit) as Arch[];

type Op = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'maskeq';
interface Comparison {
  readonly arg: number;
  readonly op: Op;
  readonly a: bigint;
  readonly b: bigint;
}
interface Rule {
  readonly arch: Arch;
  readonly nr: number;
  readonly action: string;
  readonly when: readonly Comparison[];
}
interface Plan {
  readonly otherwise: string;
  readonly arches: readonly Arch[];
  readonly rules: readonly Rule[];
}
interface Call {
  readonly arch: Arch;
  readonly nr: number;
  readonly args: readonly bigint[];
}

const holds = ({ arg, op, a, b }: Comparison, args: readonly bigint[]): boolean => {
  const value = args[arg] ?? 0n;
  switch (op) {
    case 'eq':
      return value === a;
    case 'ne':
      return value !== a;
    case 'lt':
      return value < a;
    case 'le':
      return value <= a;
    case 'gt':
      return value > a;
    case 'ge':
      return value >= a;
    case 'maskeq':
      return (value & a) === b;
  }
};

/** The most restrictive of the rules that match; see native/launcher/plan.h. */
const decide = (plan: Plan, call: Call): string => {
  if (!plan.arches.includes(call.arch)) return plan.otherwise === 'allow' ? 'kill' : plan.otherwise;
  const ofArch = plan.rules.filter((rule) => rule.arch === call.arch);
  const matching = ofArch
    .filter((rule) => rule.nr === call.nr && rule.when.every((one) => holds(one, call.args)))
    .map((rule) => rule.action);
  const errnos = ofArch.map((rule) => rule.action).filter((action) => action.startsWith('errno'));
  const byStrictness = ['kill', ...errnos, 'allow'];
  return byStrictness.find((action) => matching.includes(action)) ?? plan.otherwise;
};

const encodePlan = (plan: Plan): string =>
  [
    'no_new_privs',
    `seccomp_default\t${plan.otherwise}`,
    ...plan.arches.map((arch) => `seccomp_arch\t${arch}`),
    ...plan.rules.map(({ arch, nr, action, when }) => {
      const comparisons = when.map(
        ({ arg, op, a, b }) => `${arg}:${op}:${a}:${op === 'maskeq' ? b : 0n}`,
      );
      return `seccomp_rule\t${arch}\t${nr}\t${action}\t${comparisons.join(',')}`;
    }),
    'end\n',
  ].join('\n');

const encodeCall = ({ arch, nr, args }: Call): string =>
  [audit[arch], arch === 'x32' ? nr + x32Bit : nr, ...args].join(' ');

const decodeAction = (word: string): string => {
  const value = Number(word);
  if (value === 0x7fff_0000) return 'allow';
  if (value === 0x8000_0000) return 'kill';
  return `errno:${value - 0x0005_0000}`;
};

const action = fc.constantFrom('allow', 'errno:1', 'errno:38', 'kill');
const arch = fc.constantFrom(...arches);
// Few numbers, so that rules meet: also socketcall and the socket calls beside it on x86, and one
// that no table knows.
const nr = fc.constantFrom(0, 41, 102, 359, 2000);
const value = fc.constantFrom(
  0n,
  1n,
  2n,
  5n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 32n) + 1n,
  (1n << 64n) - 1n,
);
const comparison: fc.Arbitrary<Comparison> = fc
  .record({
    arg: fc.constantFrom(0, 1, 5),
    op: fc.constantFrom<Op>('eq', 'ne', 'lt', 'le', 'gt', 'ge', 'maskeq'),
    a: value,
    b: value,
  })
  .map((made) => ({ ...made, b: made.a & made.b }));
const when = fc.uniqueArray(comparison, { maxLength: 3, selector: ({ arg }) => arg });
const rule: fc.Arbitrary<Rule> = fc.record({ arch, nr, action, when });
const plan: fc.Arbitrary<Plan> = fc
  .record({
    otherwise: action,
    arches: fc.uniqueArray(arch, { minLength: 1 }),
    rules: fc.array(rule, { maxLength: 12 }),
  })
  .map((made) => ({ ...made, rules: made.rules.filter((one) => made.arches.includes(one.arch)) }));
const call: fc.Arbitrary<Call> = fc.record({
  arch,
  nr,
  args: fc.array(value, { minLength: 6, maxLength: 6 }),
});

const skip = process.arch === 'x64' ? false : 'its numbers are those of x86_64';

describe('the filter of a plan', { skip }, () => {
  let directory = '';
  before(() => {
    directory = makeTemporary();
    const sources = ['plan', 'filter', 'arch', 'status', 'text'].map((name) =>
      join(repository, 'native/launcher', `${name}.c`),
    );
    execFileSync('gcc', [
      ...['-std=c11', '-D_GNU_SOURCE', '-O1', '-I', join(repository, 'native/launcher')],
      ...['-o', join(directory, 'interpret'), join(import.meta.dirname, 'interpret.c')],
      ...[...sources, '-lseccomp'],
    ]);
  });
  after(() => {
    removeTemporary(directory);
  });

  const actions = (of: Plan, calls: readonly Call[]): string[] => {
    const file = join(directory, 'plan');
    writeFileSync(file, encodePlan(of));
    const fd = openSync(file, 'r');
    try {
      const { status, stdout, stderr } = spawnSync(join(directory, 'interpret'), {
        input: calls.map((one) => `${encodeCall(one)}\n`).join(''),
        stdio: ['pipe', 'pipe', 'pipe', fd],
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      return stdout.trimEnd().split('\n').map(decodeAction);
    } finally {
      closeSync(fd);
    }
  };

  it('answers every call as the most restrictive rule that matches', () => {
    fc.assert(
      fc.property(plan, fc.array(call, { minLength: 40, maxLength: 60 }), (of, calls) => {
        const expected = calls.map((one) => decide(of, one));
        assert.deepEqual(actions(of, calls), expected);
      }),
      { numRuns: 300 },
    );
  });

  it('does not mix up the direct and the multiplexed calls of x86', () => {
    const rules: Rule[] = [{ arch: 'x86', nr: 359, action: 'allow', when: [] }];
    const socketcall = { arch: 'x86', nr: 102, args: [1n, 0n, 0n, 0n, 0n, 0n] } as const;
    const of: Plan = { otherwise: 'errno:1', arches: ['x86'], rules };
    assert.deepEqual(actions(of, [socketcall, { ...socketcall, nr: 359 }]), ['errno:1', 'allow']);
  });
});
