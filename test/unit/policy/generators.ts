/** Profiles and operations from alphabets so small that rules and operations meet all the time. */
import fc from 'fast-check';
import type { ClusterSecurityProfile, Rules } from '../../../src/api/objects.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import {
  ACCESSES,
  ARCHITECTURES,
  FORBIDDABLE,
  PATH_DOUBTS,
  PROTOCOLS,
  type Access,
  type Operation,
  type PathObject,
} from '../../../src/policy/operation.js';
import type { EffectiveRules } from '../../../src/policy/rules.js';

const names = ['a', 'ab', 'abc', 'abd', 'b', 'bin', 'é', 'éa'];
/** A byte that is not UTF-8, alone, after a prefix that rules use, and before one. */
const strangeNames = ['\udc80', 'ab\udcff', '\udcffab', 'a*', '*', '**', 'new\nline', '\u{1f600}'];
const prefixes = ['a', 'ab', 'b', 'é'];

const patternSegment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...names) },
  { weight: 2, arbitrary: fc.constant('*') },
  { weight: 2, arbitrary: fc.constantFrom(...prefixes).map((prefix) => `${prefix}*`) },
);

export const pattern: fc.Arbitrary<string> = fc
  .tuple(fc.array(patternSegment, { maxLength: 4 }), fc.boolean())
  .map(([segments, below]) => `/${[...segments, ...(below ? ['**'] : [])].join('/')}`);

export const path: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .array(fc.constantFrom(...names, ...strangeNames), { maxLength: 5 })
      .map((segments) => `/${segments.join('/')}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...names), fc.integer({ min: 5, max: 2_000 }))
      .map(([name, depth]) => `/${name}`.repeat(depth)),
  },
);

const accessList = fc.subarray([...ACCESSES], { minLength: 1 });

const uniqueByPath = <T extends { readonly path: string }>(item: fc.Arbitrary<T>) =>
  fc.uniqueArray(item, { selector: (rule) => rule.path, maxLength: 5 });

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Drops keys that are undefined: what is absent must be absent. */
const present = <T extends object>(object: T) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const lists = <A, D>(allow: fc.Arbitrary<A>, deny: fc.Arbitrary<D>) =>
  fc.record({ allow: optional(allow), deny: optional(deny) }).map(present);

const cidrs = ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32', '::/0', 'fd00::/8'];
export const addresses = [
  '10.1.2.3',
  '10.1.2.4',
  '10.200.0.1',
  '192.0.2.1',
  '::ffff:10.1.2.3',
  'fd00::1',
  'fe80::1%eth0',
  '::1',
  'nonsense',
];

const peer = fc
  .record({
    cidr: fc.constantFrom(...cidrs),
    except: optional(fc.uniqueArray(fc.constantFrom(...cidrs), { maxLength: 2 })),
  })
  .map(({ cidr, except }) => ({ ipBlock: { cidr, ...(except === undefined ? {} : { except }) } }));

const portNumber = fc.constantFrom(0, 1, 53, 80, 443, 65_535);
const port = fc
  .record({
    protocol: fc.constantFrom(...PROTOCOLS),
    from: optional(portNumber),
    to: optional(portNumber),
  })
  .map(({ protocol, from, to }) => ({
    protocol,
    ...(from === undefined ? {} : { port: from }),
    ...(from === undefined || to === undefined || to < from ? {} : { endPort: to }),
  }));
const ports = optional(fc.array(port, { maxLength: 2 }));
const peers = optional(fc.array(peer, { maxLength: 2 }));

const capabilities = ['CHOWN', 'NET_RAW', 'SYS_ADMIN'] as const;
const syscallNames = ['read', 'write', 'mount'];

export const rules: fc.Arbitrary<Rules> = fc
  .record({
    exec: optional(
      lists(uniqueByPath(fc.record({ path: pattern })), uniqueByPath(fc.record({ path: pattern }))),
    ),
    files: optional(
      lists(
        uniqueByPath(fc.record({ path: pattern, access: accessList })),
        uniqueByPath(
          fc
            .record({ path: pattern, access: optional(accessList) })
            .map(({ path: at, access }) => ({
              path: at,
              ...(access === undefined ? {} : { access }),
            })),
        ),
      ),
    ),
    network: optional(
      fc
        .record({
          egress: optional(
            fc.array(fc.record({ to: peers, ports }).map(present), { maxLength: 3 }),
          ),
          ingress: optional(
            fc.array(fc.record({ from: peers, ports }).map(present), { maxLength: 3 }),
          ),
        })
        .map(present),
    ),
    capabilities: optional(
      lists(fc.subarray([...capabilities]), fc.subarray([...capabilities], { maxLength: 1 })),
    ),
    syscalls: optional(
      fc
        .record({
          architectures: fc.subarray([...ARCHITECTURES], { minLength: 1 }),
          allow: optional(fc.subarray(syscallNames)),
          deny: optional(fc.subarray(syscallNames, { maxLength: 1 })),
          otherwise: optional(
            fc.constantFrom(
              { action: 'KillProcess' as const },
              { action: 'Errno' as const, errno: 'EPERM' as const },
              { action: 'Errno' as const, errno: 'ENOSYS' as const },
              { action: 'Errno' as const, errno: 'EACCES' as const },
            ),
          ),
        })
        .map(present),
    ),
    forbid: optional(fc.subarray([...FORBIDDABLE])),
  })
  .map(present);

export const effective: fc.Arbitrary<EffectiveRules> = fc
  .tuple(fc.constantFrom('shop/web', 'shop/api', 'base'), rules)
  .map(([profile, written]) => effectiveRules(profile, written));

/** Several profiles of one container, told apart by name. */
export const profiles: fc.Arbitrary<readonly EffectiveRules[]> = fc
  .array(rules, { maxLength: 4 })
  .map((all) => all.map((written, index) => effectiveRules(`p${String(index)}`, written)));

const object: fc.Arbitrary<PathObject> = fc.oneof(
  { weight: 8, arbitrary: path.map((at): PathObject => ({ path: at })) },
  { weight: 1, arbitrary: path.map((at): PathObject => ({ path: at, deleted: true })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('memfd:x', '/memfd:x', '/a')
      .map((at): PathObject => ({ path: at, fileless: true })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(path, fc.constantFrom(...PATH_DOUBTS), fc.boolean())
      .map(([at, doubt, deleted]): PathObject =>
        deleted ? { path: at, doubt, deleted } : { path: at, doubt },
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('', 'a', '/a/', '//a', '/a/../b', '/./a', '/a/..')
      .map((at): PathObject => ({ path: at })),
  },
);

export const pathOperation: fc.Arbitrary<Operation> = fc.oneof(
  object.map((at): Operation => ({ kind: 'Exec', object: at })),
  fc
    .tuple(object, fc.subarray([...ACCESSES]))
    .map(([at, access]): Operation => ({ kind: 'File', object: at, access })),
  fc
    .tuple(object, fc.constant<readonly Access[]>(['MapExecutable']))
    .map(([at, access]): Operation => ({ kind: 'File', object: at, access })),
);

const socket = fc.record({
  protocol: fc.constantFrom(...PROTOCOLS),
  address: fc.constantFrom(...addresses),
  port: fc.constantFrom(0, 1, 2, 53, 80, 443, 444, 65_535),
});

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: pathOperation },
  { weight: 1, arbitrary: socket.map((at): Operation => ({ kind: 'Connect', ...at })) },
  { weight: 1, arbitrary: socket.map((at): Operation => ({ kind: 'Bind', ...at })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...capabilities, 'KILL')
      .map((capability): Operation => ({ kind: 'Capability', capability })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...ARCHITECTURES), fc.constantFrom(...syscallNames, 'ptrace'))
      .map(([architecture, name]): Operation => ({ kind: 'Syscall', architecture, name })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...FORBIDDABLE)
      .map((behaviour): Operation => ({ kind: 'Forbidden', behaviour })),
  },
);

/** A cluster profile, whose `extends` and revision tests fill in. */
export const clusterProfile = (
  name: string,
  spec: Partial<ClusterSecurityProfile['spec']>,
): ClusterSecurityProfile => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'ClusterSecurityProfile',
  metadata: { name },
  spec: {
    mode: 'Enforce',
    includeSystemNamespaces: false,
    onDegraded: 'Refuse',
    severity: 'High',
    ...spec,
  },
});
