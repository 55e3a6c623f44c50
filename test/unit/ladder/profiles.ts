/** Profiles and machines for the ladder's tests: by hand, and generated near each other's paths. */
import fc from 'fast-check';
import {
  ACCESSES,
  FORBIDDABLE,
  PROTOCOLS,
  type Access,
  type Forbiddable,
  type RuleClass,
  type RuleRef,
} from '../../../src/policy/operation.js';
import type { EffectiveRules, NameRule, NetworkRule, PathRule } from '../../../src/policy/rules.js';
import type { FileKind, LadderAbilities } from '../../../src/policy/ladder/types.js';

export const ref = (
  ruleClass: RuleClass,
  list: 'allow' | 'deny',
  index: number,
  text: string,
): RuleRef => ({ profile: 'test', class: ruleClass, list, index, text });

type Listed = readonly (readonly [pattern: string, access?: readonly Access[]])[];

const pathRules = (
  ruleClass: 'exec' | 'files',
  list: 'allow' | 'deny',
  rules: Listed,
): readonly PathRule[] =>
  rules.map(([pattern, access], index) => ({
    pattern,
    ...(access === undefined ? {} : { access }),
    ref: ref(ruleClass, list, index, pattern),
  }));

export const nameRules = <Name extends string>(
  ruleClass: RuleClass,
  list: 'allow' | 'deny',
  names: readonly Name[],
): readonly NameRule<Name>[] =>
  names.map((name, index) => ({ name, ref: ref(ruleClass, list, index, name) }));

type Ports = NetworkRule['ports'];
type Blocks = NetworkRule['blocks'];

export interface Sketch {
  readonly files?: Listed;
  readonly denyFiles?: Listed;
  readonly exec?: readonly string[];
  readonly denyExec?: readonly string[];
  readonly egress?: readonly (readonly [Blocks, Ports])[];
  readonly ingress?: readonly (readonly [Blocks, Ports])[];
  readonly capabilities?: readonly string[];
  readonly denyCapabilities?: readonly string[];
  readonly syscalls?: readonly string[];
  readonly denySyscalls?: readonly string[];
  readonly architectures?: EffectiveRules['syscalls']['architectures'];
  readonly otherwise?: EffectiveRules['syscalls']['otherwise'];
  readonly forbid?: readonly Forbiddable[];
}

const allowing = <Rule>(
  rules: readonly Rule[] | undefined,
): { readonly allow?: readonly Rule[] } => (rules === undefined ? {} : { allow: rules });

const network = (
  side: 'egress' | 'ingress',
  rules: readonly (readonly [Blocks, Ports])[] | undefined,
): readonly NetworkRule[] | undefined =>
  rules?.map(([blocks, ports], index) => ({
    blocks,
    ports,
    ref: ref(side, 'allow', index, `${side} ${index}`),
  }));

/** Effective rules of a profile of which only the interesting parts are written. */
export const profile = (sketch: Sketch): EffectiveRules => {
  const egress = network('egress', sketch.egress);
  const ingress = network('ingress', sketch.ingress);
  const exec = sketch.exec?.map((path): [string] => [path]);
  return {
    profile: 'test',
    exec: {
      ...allowing(exec && pathRules('exec', 'allow', exec)),
      deny: pathRules(
        'exec',
        'deny',
        (sketch.denyExec ?? []).map((path): [string] => [path]),
      ),
    },
    files: {
      ...allowing(sketch.files && pathRules('files', 'allow', sketch.files)),
      deny: pathRules('files', 'deny', sketch.denyFiles ?? []),
    },
    ...(egress === undefined ? {} : { egress }),
    ...(ingress === undefined ? {} : { ingress }),
    capabilities: {
      ...allowing(sketch.capabilities && nameRules('capabilities', 'allow', sketch.capabilities)),
      deny: nameRules('capabilities', 'deny', sketch.denyCapabilities ?? []),
    },
    syscalls: {
      ...allowing(sketch.syscalls && nameRules('syscalls', 'allow', sketch.syscalls)),
      deny: nameRules('syscalls', 'deny', sketch.denySyscalls ?? []),
      architectures: sketch.architectures ?? ['x86_64'],
      otherwise: sketch.otherwise ?? { action: 'Errno', errno: 'EPERM' },
    },
    forbid: nameRules('forbid', 'deny', sketch.forbid ?? []),
  };
};

/** As this project's machines are: Linux 6.18 without BPF LSM. */
export const machine: LadderAbilities = {
  landlockAbi: 7,
  seccomp: true,
  cgroupBpf: true,
  architectures: ['x86_64', 'x86', 'x32'],
  capabilities: ['CHOWN', 'SYS_ADMIN', 'NET_BIND_SERVICE', 'SETPCAP'],
  observesDenials: true,
  loaders: ['/a/ld.so'],
};

// ---- generated ----

const LITERALS = ['a', 'b', 'ab'];
const segment = fc.constantFrom(...LITERALS, 'c', '*', 'a*');
const literal = fc.constantFrom(...LITERALS, 'c');

const pattern: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(literal, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(segment, { minLength: 1, maxLength: 3 }) },
    {
      weight: 3,
      arbitrary: fc.array(literal, { maxLength: 2 }).map((segments) => [...segments, '**']),
    },
    {
      weight: 1,
      arbitrary: fc.array(segment, { maxLength: 2 }).map((segments) => [...segments, '**']),
    },
  )
  .map((segments) => `/${segments.join('/')}`);

const access = fc.subarray([...ACCESSES], { minLength: 1 });
const listed = fc.array(fc.tuple(pattern, access), { maxLength: 4 });
const patterns = fc.array(pattern, { maxLength: 3 });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

export const CALLS = [
  'read',
  'mmap',
  'mprotect',
  'connect',
  'socket',
  'listen',
  'clone',
  'clone3',
  'unshare',
  'chmod',
  'link',
  'rename',
  'open',
  'memfd_create',
  'io_uring_setup',
  'io_uring_enter',
  'mount',
  'ptrace',
  'socketcall',
  'bpf',
  'init_module',
] as const;
const calls = fc.subarray([...CALLS]);

const block = fc.constantFrom(
  { cidr: '10.0.0.0/8', except: [] },
  { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] },
  { cidr: '10.1.2.0/24', except: ['10.1.2.128/25'] },
  { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] },
);
const port = fc.oneof(
  fc.record({ protocol: fc.constantFrom(...PROTOCOLS) }),
  fc.record({ protocol: fc.constantFrom(...PROTOCOLS), port: fc.constantFrom(0, 80, 443) }),
  fc.record({
    protocol: fc.constantFrom(...PROTOCOLS),
    port: fc.constantFrom(0, 80),
    endPort: fc.constantFrom(80, 90, 65_535),
  }),
);
const networkRules = fc.array(
  fc.tuple(fc.array(block, { maxLength: 2 }), fc.array(port, { maxLength: 2 })),
  { maxLength: 2 },
);
export const CAPS = ['CHOWN', 'SYS_ADMIN', 'NET_RAW'] as const;

const defined = (sketch: Readonly<Record<string, unknown>>): Sketch =>
  Object.fromEntries(Object.entries(sketch).filter(([, value]) => value !== undefined));

export const anyProfile: fc.Arbitrary<EffectiveRules> = fc
  .record({
    files: optional(listed),
    denyFiles: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, listed),
    exec: optional(patterns),
    denyExec: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, patterns),
    egress: optional(networkRules),
    ingress: optional(networkRules),
    capabilities: optional(fc.subarray([...CAPS])),
    denyCapabilities: fc.subarray([...CAPS], { maxLength: 1 }),
    syscalls: optional(calls),
    denySyscalls: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, calls),
    architectures: fc.constantFrom(['x86_64'], ['x86_64', 'x86'], ['aarch64']),
    forbid: fc.subarray([...FORBIDDABLE]),
  })
  .map((sketch) => profile(defined(sketch)));

export const anyMachine: fc.Arbitrary<LadderAbilities> = fc.record({
  landlockAbi: fc.constantFrom(0, 1, 2, 3, 7, 7, 7, 9),
  seccomp: fc.constantFrom(true, true, true, false),
  cgroupBpf: fc.constant(true),
  architectures: fc.constantFrom<LadderAbilities['architectures'][]>(
    ['x86_64', 'x86', 'x32'],
    ['x86_64', 'x86'],
  ),
  capabilities: fc.constant(machine.capabilities),
  observesDenials: fc.boolean(),
  loaders: fc.constant(['/a/b', '/ab']),
});

/** A small tree: each path a file, a directory or nothing; what is below a directory that is none is left out. */
export const anyTree: fc.Arbitrary<ReadonlyMap<string, FileKind>> = fc
  .array(
    fc.tuple(
      fc.array(literal, { minLength: 1, maxLength: 3 }),
      fc.constantFrom<FileKind[]>('File', 'Directory', 'Directory'),
    ),
    { maxLength: 14 },
  )
  .map((entries) => {
    const tree = new Map<string, FileKind>();
    for (const [segments, kind] of entries) {
      segments.forEach((_, index) => {
        const parent = segments.slice(0, index);
        const path = `/${segments.slice(0, index + 1).join('/')}`;
        if (index > 0 && tree.get(`/${parent.join('/')}`) !== 'Directory') return;
        if (!tree.has(path)) tree.set(path, index === segments.length - 1 ? kind : 'Directory');
      });
    }
    return tree;
  });

/** A path near those of the rules: the same names, and one that no rule has. */
export const anyPath: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...LITERALS, 'c', 'ax', 'zz'), { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);
