import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  cidrsOf,
  contains,
  containsCidr,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
  rangeOf,
  requireCidr,
  subtract,
  type Cidr,
} from '../../../src/policy/network.js';

const v4Value = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
const v6Value = fc.bigInt({ min: 1n << 49n, max: (1n << 128n) - 1n });
const anyCidr = fc.oneof(
  fc.tuple(v4Value, fc.nat(32)).map(([value, prefix]) => {
    return requireCidr(`${formatAddress({ family: 4, value })}/${String(prefix)}`);
  }),
  fc.tuple(v6Value, fc.nat(128)).map(([value, prefix]) => {
    return requireCidr(`${formatAddress({ family: 6, value })}/${String(prefix)}`);
  }),
);
/** A range inside, or near, another one: two random ranges are almost never related. */
const within = (outer: Cidr): fc.Arbitrary<Cidr> =>
  fc.bigInt({ min: 0n, max: rangeOf(outer).last - outer.base }).chain((offset) =>
    fc.nat(outer.family === 4 ? 32 : 128).map((prefix) => {
      const value = outer.base + offset;
      return requireCidr(`${formatAddress({ family: outer.family, value })}/${String(prefix)}`);
    }),
  );

test('addresses: what is read and what is refused', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['::10.0.0.1', '::a00:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', undefined],
    ['10.0.0', undefined],
    ['10.0.0.01', undefined],
    ['10.0.0.256', undefined],
    ['10.0.0.1.2', undefined],
    ['0x0a.0.0.1', undefined],
    ['10.0.0.1%eth0', undefined],
    [':::', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4::5:6:7:8', undefined],
    ['12345::', undefined],
    ['10.0.0.1::', undefined],
    ['localhost', undefined],
  ];
  for (const [text, expected] of table) {
    const address = parseAddress(text);
    assert.equal(address && formatAddress(address), expected, text);
  }
});

test('addresses: text that we write is read back, and is an address to Node as well', () => {
  fc.assert(
    fc.property(fc.oneof(v4Value, v6Value), (value) => {
      const family = value < 1n << 32n ? 4 : 6;
      fc.pre(value >> 32n !== 0xffffn);
      const text = formatAddress({ family, value });
      assert.equal(isIP(text), family);
      assert.deepEqual(parseAddress(text), { family, value });
    }),
  );
});

test('addresses: what Node takes for an address is read', () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(parseAddress(candidate) !== undefined, isIP(candidate) !== 0, candidate);
    }),
  );
});

test('ranges: what is read and what is refused', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['1.2.3.4/32', '1.2.3.4/32'],
    ['::/0', '::/0'],
    ['2001:db8::ff/32', '2001:db8::/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:0:0/95', '::fffe:0:0/95'],
    ['10.0.0.0/33', undefined],
    ['::/129', undefined],
    ['10.0.0.0', undefined],
    ['10.0.0.0/08', undefined],
    ['10.0.0.0/', undefined],
    ['/8', undefined],
    ['10.0.0.0/8/8', undefined],
    ['fe80::%eth0/64', undefined],
  ];
  for (const [text, expected] of table) {
    const cidr = parseCidr(text);
    assert.equal(cidr && formatCidr(cidr), expected, text);
  }
  assert.throws(() => requireCidr('10.0.0.0/33'), { code: 'CidrInvalid' });
});

test('contains agrees with a block list of Node', () => {
  const inputs = anyCidr.chain((cidr) => fc.tuple(fc.constant(cidr), within(cidr), anyCidr));
  fc.assert(
    fc.property(inputs, ([cidr, near, far]) => {
      const family = cidr.family === 4 ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(formatAddress({ family: cidr.family, value: cidr.base }), cidr.prefix, family);
      for (const { family: itsFamily, base } of [near, far]) {
        const address = { family: itsFamily, value: base };
        const expected = itsFamily === cidr.family && list.check(formatAddress(address), family);
        assert.equal(contains(cidr, address), expected);
      }
    }),
  );
});

test('a range is made of the ranges it is cut into', () => {
  fc.assert(
    fc.property(v4Value, v4Value, (one, other) => {
      const range = { first: one < other ? one : other, last: one < other ? other : one };
      const cidrs = cidrsOf(4, range);
      assert.equal(cidrs[0]?.base, range.first);
      let next = range.first;
      for (const cidr of cidrs) {
        assert.equal(cidr.base, next);
        next = rangeOf(cidr).last + 1n;
      }
      assert.equal(next, range.last + 1n);
      assert.ok(cidrs.length <= 62);
    }),
  );
});

test('subtract: an address is left exactly when it is in the range and in no hole', () => {
  const inputs = anyCidr.chain((cidr) =>
    fc.tuple(
      fc.constant(cidr),
      fc.array(fc.oneof(within(cidr), anyCidr), { maxLength: 5 }),
      fc.array(within(cidr), { minLength: 1, maxLength: 5 }),
    ),
  );
  fc.assert(
    fc.property(inputs, ([cidr, holes, probes]) => {
      const rest = subtract(cidr, holes);
      const edges = holes.flatMap((hole) => [rangeOf(hole).first - 1n, rangeOf(hole).last + 1n]);
      for (const value of [...probes.map(({ base }) => base), ...edges]) {
        const address = { family: cidr.family, value };
        const expected = contains(cidr, address) && !holes.some((hole) => contains(hole, address));
        assert.equal(rest.filter((part) => contains(part, address)).length, expected ? 1 : 0);
      }
      assert.ok(rest.every((part) => containsCidr(cidr, part)));
    }),
  );
});
