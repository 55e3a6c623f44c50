import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Protocol } from '../../../src/policy/operation.js';
import { egressOf, ingressOf } from '../../../src/recorder/network.js';
import { createBehaviour, sawSocket } from '../../../src/recorder/saw.js';

type Entry = readonly ['Egress' | 'Ingress', Protocol, string, number];

const sockets = (entries: readonly Entry[]) => {
  const behaviour = createBehaviour();
  for (const [direction, protocol, address, port] of entries)
    sawSocket(behaviour, { direction, protocol, address, port, at: 0 });
  return [...behaviour.sockets.values()];
};
const shown = (entries: readonly Entry[]) =>
  egressOf(sockets(entries)).map(({ cidrs, ports, widened }) =>
    [
      cidrs.join(' '),
      ...ports.map(
        (p) => `${p.protocol} ${p.port}${p.endPort === undefined ? '' : `-${p.endPort}`}`,
      ),
      ...(widened === undefined ? [] : [widened]),
    ].join(', '),
  );

test('ports are sorted within an address, addresses with the same ports share a rule', () => {
  assert.deepEqual(
    shown([
      ['Egress', 'UDP', '10.0.0.53', 53],
      ['Egress', 'TCP', '10.0.0.10', 443],
      ['Egress', 'TCP', '10.0.0.10', 80],
      ['Egress', 'TCP', '10.0.0.9', 80],
      ['Egress', 'TCP', '10.0.0.9', 443],
      ['Egress', 'SCTP', '2001:db8::1', 5060],
      ['Egress', 'TCP', 'fe80::1%eth0', 22],
      ['Egress', 'TCP', '::ffff:10.0.0.9', 80],
      ['Egress', 'SCTP', '2001:DB8:0::1', 5060],
    ]),
    [
      '10.0.0.9/32 10.0.0.10/32, TCP 80, TCP 443',
      '10.0.0.53/32, UDP 53',
      '2001:db8::1/128, SCTP 5060',
      'fe80::1/128, TCP 22',
    ],
  );
});

test('many addresses stay what they are, in rules of at most 256', () => {
  const entries = Array.from({ length: 600 }, (_, n): Entry => [
    'Egress',
    'TCP',
    `10.1.${Math.floor(n / 256)}.${n % 256}`,
    443,
  ]);
  const rules = egressOf(sockets(entries));
  assert.deepEqual(
    rules.map(({ cidrs }) => cidrs.length),
    [256, 256, 88],
  );
  assert.equal(new Set(rules.flatMap(({ cidrs }) => cidrs)).size, 600);
});

test('talking to itself on a port that the kernel chose is a range on loopback only', () => {
  const own: Entry = ['Ingress', 'TCP', '127.0.0.1', 0];
  assert.deepEqual(
    shown([own, ['Egress', 'TCP', '127.0.0.1', 40123], ['Egress', 'TCP', '127.0.0.1', 80]]),
    ['127.0.0.1/32, TCP 80, TCP 32768-60999, EphemeralPorts'],
  );
  assert.deepEqual(shown([own, ['Egress', 'TCP', '10.0.0.1', 40123]]), ['10.0.0.1/32, TCP 40123']);
  assert.deepEqual(shown([['Egress', 'TCP', '127.0.0.1', 40123]]), ['127.0.0.1/32, TCP 40123']);
});

test('answers to many client ports of one peer are a range', () => {
  const entries = Array.from({ length: 16 }, (_, n): Entry => [
    'Egress',
    'UDP',
    '10.0.0.7',
    50_000 + n,
  ]);
  assert.deepEqual(shown(entries), ['10.0.0.7/32, UDP 32768-65535, EphemeralPorts']);
  assert.equal(egressOf(sockets(entries.slice(1)))[0]?.ports.length, 15);
});

test('beyond 1000 rules ports become ranges, addresses do not', () => {
  const entries = Array.from({ length: 1200 }, (_, n): Entry => [
    'Egress',
    'TCP',
    `10.2.${Math.floor(n / 250)}.${n % 250}`,
    1000 + n,
  ]);
  const rules = egressOf(sockets(entries));
  assert.equal(rules.length, 5);
  assert.ok(rules.every(({ widened }) => widened === 'Budget'));
  assert.equal(new Set(rules.flatMap(({ cidrs }) => cidrs)).size, 1200);
  assert.deepEqual(rules[0]?.ports, [{ protocol: 'TCP', port: 1000, endPort: 2199 }]);
});

test('what is no address is counted as lost', () => {
  const behaviour = createBehaviour();
  sawSocket(behaviour, {
    direction: 'Egress',
    protocol: 'TCP',
    address: 'localhost',
    port: 1,
    at: 0,
    count: 3,
  });
  assert.equal(behaviour.sockets.size, 0);
  assert.equal(behaviour.lost.egress, 3n);
});

test('ingress is the ports that were bound', () => {
  const rules = ingressOf(
    sockets([
      ['Ingress', 'UDP', '0.0.0.0', 53],
      ['Ingress', 'TCP', '0.0.0.0', 8080],
      ['Ingress', 'TCP', '::', 8080],
      ['Ingress', 'TCP', '127.0.0.1', 0],
    ]),
  );
  assert.deepEqual(rules, [
    {
      ports: [
        { protocol: 'TCP', port: 0 },
        { protocol: 'TCP', port: 8080 },
        { protocol: 'UDP', port: 53 },
      ],
      count: 4,
      loopbackOnly: false,
    },
  ]);
  assert.deepEqual(ingressOf([]), []);
});
