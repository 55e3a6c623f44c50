/** Rules on sources that no linter of ours knows. */
import assert from 'node:assert/strict';
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const filesIn = (folder: string, ending: RegExp): readonly string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((name) => ending.test(name) && !/(^|\/)(build|node_modules)\//.test(name))
    : [];
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const typescript = ['src', 'test', 'bench', 'scripts'].flatMap((folder) =>
  filesIn(folder, /\.ts$/),
);

test('no source switches a check off', () => {
  // Put together here, so that this file is not a case of itself.
  const switches = new RegExp(
    ['eslint-' + 'disable', '@ts-' + '(ignore|nocheck|expect-error)'].join('|'),
  );
  assert.ok(typescript.length > 0);
  assert.deepEqual(
    typescript.filter((file) => switches.test(textOf(file))),
    [],
  );
});

test('only src/bpf loads native code', () => {
  const loads = /\b(dlopen|createRequire)\b|pinfold\w*\.node\b/;
  const loaders = filesIn('src', /\.ts$/).filter((file) => loads.test(textOf(file)));
  assert.deepEqual(
    loaders.filter((file) => !file.startsWith('src/bpf/')),
    [],
  );
});

const licensed = [
  ['bpf', 'GPL-2.0-only OR Apache-2.0'],
  ['native', 'Apache-2.0'],
] as const;
for (const [folder, licence] of licensed) {
  test(`every C and C++ file under ${folder} begins with its licence, ${licence}`, () => {
    const files = filesIn(folder, /\.(c|h|cc|cpp|hpp)$/);
    assert.ok(files.length > 0);
    assert.deepEqual(
      files.filter(
        (file) => !textOf(file).split('\n', 1)[0]?.includes(`SPDX-License-Identifier: ${licence}`),
      ),
      [],
    );
  });
}

test('every BPF object declares the licence that the kernel asks for', () => {
  const files = filesIn('bpf', /\.bpf\.c$/);
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter((file) => !textOf(file).includes('SEC("license") = "GPL"')),
    [],
  );
});

test('every command is executable and names its interpreter', () => {
  const commands = [
    ...readdirSync(join(root, 'scripts'), { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^[a-z-]+$/.test(entry.name))
      .map(({ name }) => join('scripts', name))
      .filter((command) => command !== 'scripts/debian-packages'),
    'test/e2e/support/make-disk',
    'bin/pinfold',
    '.ci/run',
  ];
  for (const command of commands) {
    accessSync(join(root, command), constants.X_OK);
    assert.match(textOf(command), /^#!\/(usr\/)?bin\//, command);
  }
});

test('CI does what a developer does: npm test', () => {
  assert.deepEqual(textOf('.ci/run').split('\n'), ['#!/bin/sh', 'exec npm test', '']);
});
