import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  ClusterSecurityProfile,
  ProfileRevision,
  Rules,
  SecurityProfile,
} from '../../../src/api/objects.js';
import {
  compose,
  MAX_EXTENDS_DEPTH,
  MAX_RULES,
  resolveNothing,
  type Resolver,
} from '../../../src/policy/compose.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { judge } from '../../../src/policy/judge.js';
import { unite } from '../../../src/policy/unite.js';
import { clusterProfile, operation, rules } from './generators.js';

const resolving = (all: readonly ClusterSecurityProfile[]): Resolver => ({
  ...resolveNothing,
  clusterSecurityProfile: (name) => all.find(({ metadata }) => metadata.name === name),
});

const extending = (name: string, parents: readonly string[], written: Rules = {}) =>
  clusterProfile(name, {
    rules: written,
    extends: parents.map((parent) => ({ kind: 'ClusterSecurityProfile', name: parent })),
  });

const execOf = (profile: ClusterSecurityProfile, resolve: Resolver): readonly string[] =>
  (compose(profile, resolve).exec.allow ?? []).map(({ ref }) => `${ref.profile} ${ref.text}`);

const runs = (path: string): Rules => ({ exec: { allow: [{ path }] } });

const revision = (name: string, written: Rules): ProfileRevision => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'ProfileRevision',
  metadata: { name },
  spec: {
    profile: { kind: 'ClusterSecurityProfile', name: 'web' },
    hash: `sha256:${'0'.repeat(64)}`,
    rules: written,
    provenance: {},
  } as unknown as ProfileRevision['spec'],
});

test('rules of parents and grandparents are united, each profile once', () => {
  const all = [
    extending('top', ['left', 'right'], runs('/top')),
    extending('left', ['base'], runs('/left')),
    extending('right', ['base'], runs('/right')),
    extending('base', [], runs('/base')),
  ];
  const [top] = all;
  assert.ok(top);
  assert.deepEqual(execOf(top, resolving(all)), [
    'base /base',
    'left /left',
    'right /right',
    'top /top',
  ]);
});

test('a class stays open unless some part has an allow-list', () => {
  const base = extending('base', [], { exec: { deny: [{ path: '/x' }] } });
  const top = extending('top', ['base']);
  assert.equal(compose(top, resolving([base])).exec.allow, undefined);
  const closed = extending('closed', ['base'], { exec: { allow: [] } });
  assert.deepEqual(compose(closed, resolving([base])).exec.allow, []);
});

test('a circle is refused and spelt out', () => {
  const all = [extending('a', ['b']), extending('b', ['c']), extending('c', ['a'])];
  const [a] = all;
  assert.ok(a);
  assert.throws(() => compose(a, resolving(all)), {
    code: 'ExtendsCycle',
    message: /a → b → c → a/,
  });
  const self = extending('self', ['self']);
  assert.throws(() => compose(self, resolving([self])), { code: 'ExtendsCycle' });
});

test('a parent that does not exist is named', () => {
  assert.throws(() => compose(extending('a', ['gone']), resolveNothing), {
    code: 'ExtendsMissing',
    message: /a extends ClusterSecurityProfile gone/,
  });
});

test('a chain may be as deep as the limit, and no deeper', () => {
  const chain = Array.from({ length: MAX_EXTENDS_DEPTH + 2 }, (_, index) =>
    extending(
      `p${String(index)}`,
      index === 0 ? [] : [`p${String(index - 1)}`],
      runs(`/r${String(index)}`),
    ),
  );
  const [deepest, tooDeep] = chain.slice(-2);
  assert.ok(deepest && tooDeep);
  assert.equal(execOf(deepest, resolving(chain)).length, MAX_EXTENDS_DEPTH + 1);
  assert.throws(() => compose(tooDeep, resolving(chain)), { code: 'ExtendsTooDeep' });
});

test('a base revision is found by name, by Latest in the status, or by the resolver', () => {
  const resolve: Resolver = {
    ...resolveNothing,
    revision: (_, name) =>
      name === 'web-1' || name === 'Latest'
        ? revision(`found-${name.toLowerCase()}`, runs('/r'))
        : undefined,
  };
  const named = clusterProfile('web', { baseRevision: 'web-1' });
  assert.deepEqual(execOf(named, resolve), ['found-web-1 /r']);
  const latest = clusterProfile('web', { baseRevision: 'Latest' });
  assert.deepEqual(execOf(latest, resolve), ['found-latest /r']);
  const known = { ...latest, status: { latestRevision: 'web-1' } };
  assert.deepEqual(execOf(known, resolve), ['found-web-1 /r']);
  const gone = clusterProfile('web', { baseRevision: 'web-2' });
  assert.throws(() => compose(gone, resolve), { code: 'RevisionMissing', message: /web-2/ });
});

test('a namespaced profile looks for its parents in its own namespace', () => {
  const asked: (string | undefined)[] = [];
  const profile: SecurityProfile = {
    apiVersion: 'pinfold.dev/v1alpha1',
    kind: 'SecurityProfile',
    metadata: { namespace: 'shop', name: 'web' },
    spec: {
      mode: 'Enforce',
      selector: {},
      extends: [{ kind: 'SecurityProfile', name: 'base' }],
      onDegraded: 'Refuse',
      severity: 'High',
    },
  };
  const resolve: Resolver = {
    ...resolveNothing,
    securityProfile: (namespace, name) => {
      asked.push(`${String(namespace)}/${name}`);
      return undefined;
    },
  };
  assert.throws(() => compose(profile, resolve), { code: 'ExtendsMissing', message: /shop\/web/ });
  assert.deepEqual(asked, ['shop/base']);
});

test('five thousand rules are accepted, one more is not, wherever it comes from', () => {
  const many = {
    exec: {
      allow: Array.from({ length: MAX_RULES }, (_, index) => ({ path: `/f${String(index)}` })),
    },
  };
  const full = extending('full', [], many);
  assert.equal(compose(full, resolveNothing).exec.allow?.length, MAX_RULES);
  const over = extending('over', ['full'], { files: { deny: [{ path: '/x' }] } });
  assert.throws(() => compose(over, resolving([full])), { code: 'TooManyRules', message: /5001/ });
});

test('a path that is none is refused even if nobody validated the object', () => {
  assert.throws(() => compose(extending('a', [], runs('/a/../b')), resolveNothing), {
    code: 'PathInvalid',
  });
});

test('the action for refused system calls is the own one, where there is one', () => {
  const killing: Rules = {
    syscalls: { architectures: ['x86_64'], allow: ['read'], otherwise: { action: 'KillProcess' } },
  };
  const base = extending('base', [], killing);
  const silent = extending('silent', ['base']);
  assert.deepEqual(compose(silent, resolving([base])).syscalls.otherwise, {
    action: 'KillProcess',
  });
  const errno: Rules = {
    syscalls: {
      architectures: ['x86_64'],
      allow: ['write'],
      otherwise: { action: 'Errno', errno: 'ENOSYS' },
    },
  };
  const own = extending('own', ['base'], errno);
  assert.deepEqual(compose(own, resolving([base])).syscalls.otherwise, {
    action: 'Errno',
    errno: 'ENOSYS',
  });
});

test('what a profile extends it means as if the rules were united', () => {
  fc.assert(
    fc.property(rules, rules, operation, (mine, inherited, asked) => {
      const base = extending('base', [], inherited);
      const composed = compose(extending('top', ['base'], mine), resolving([base]));
      const united = unite('top', [effectiveRules('top', mine), effectiveRules('base', inherited)]);
      assert.deepEqual(judge(composed, asked), judge(united, asked));
    }),
  );
});

test('rules are referred to as a person would write them', () => {
  const { files, egress } = effectiveRules('shop/web', {
    files: {
      allow: [{ path: '/etc/nginx/**', access: ['Read'] }],
      deny: [{ path: '/etc/shadow' }],
    },
    network: {
      egress: [
        { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ protocol: 'TCP', port: 5432 }] },
        {
          to: [{ ipBlock: { cidr: 'fd00::/8' } }],
          ports: [{ protocol: 'UDP', port: 1, endPort: 9 }],
        },
      ],
    },
  });
  const texts = [...(files.allow ?? []), ...files.deny, ...(egress ?? [])].map(
    ({ ref }) => ref.text,
  );
  assert.deepEqual(texts, [
    '/etc/nginx/** [Read]',
    '/etc/shadow',
    'TCP 10.0.0.0/8:5432',
    'UDP [fd00::/8]:1-9',
  ]);
});
