import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { installationRoot } from '../../src/bpf/addon.js';
import { LAYOUT, SIZES } from '../../src/bpf/layout.js';

interface BtfType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly members?: readonly { readonly name: string; readonly bits_offset: number }[];
}

const structs = (): ReadonlyMap<string, BtfType> => {
  const object = join(installationRoot(), 'dist', 'bpf', 'x86_64', 'engine.bpf.o');
  const text = execFileSync('bpftool', ['btf', 'dump', '-j', 'file', object], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const { types } = JSON.parse(text) as { types: readonly BtfType[] };
  return new Map(types.filter(({ kind }) => kind === 'STRUCT').map((type) => [type.name, type]));
};

void test('every offset and size in layout.ts is what the compiler made of the shared header', () => {
  const known = structs();
  for (const [name, size] of Object.entries(SIZES))
    assert.equal(known.get(name)?.size, size, `size of ${name}`);
  for (const [name, fields] of Object.entries(LAYOUT)) {
    const members = new Map(
      known.get(name)?.members?.map((member) => [member.name, member.bits_offset / 8]),
    );
    for (const [field, offset] of Object.entries(fields))
      assert.equal(members.get(field), offset, `${name}.${field}`);
  }
});
