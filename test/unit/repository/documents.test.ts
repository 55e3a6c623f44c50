/** That the documents speak of what is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const foldersIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}/`);

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Places in the first column of ARCHITECTURE.md's code map. */
const mapped = [...textOf('ARCHITECTURE.md').matchAll(/^\| `([^`]+)` /gm)].map(
  ([, place = '']) => place,
);

test('the code map names every folder of sources', () => {
  const wanted = ['src', 'bpf', 'test'].flatMap(foldersIn);
  assert.ok(wanted.length > 10);
  assert.deepEqual(
    wanted.filter((folder) => !mapped.includes(folder)),
    [],
  );
});

test('every place of the code map exists', () => {
  assert.ok(mapped.length > 10);
  assert.deepEqual(
    mapped.filter((place) => !existsSync(join(root, place))),
    [],
  );
});

for (const document of documents) {
  const text = textOf(document);

  test(`${document}: every relative link leads somewhere`, () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target));
    assert.deepEqual(
      targets.filter((target) => !existsSync(join(root, dirname(document), target))),
      [],
    );
  });

  test(`${document}: every npm command exists`, () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const names = [...text.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)]
      .filter(([command, name = '']) => command.startsWith('npm run') || name === 'test')
      .map(([, name = '']) => name);
    assert.deepEqual(
      names.filter((name) => !(name in scripts)),
      [],
    );
  });
}

test('every decision is listed, under a number of its own', () => {
  const files = readdirSync(join(root, 'docs/adr')).filter((name) => /^\d/.test(name));
  const index = textOf('docs/adr/README.md');
  assert.deepEqual(
    files.filter((name) => !index.includes(`(${name})`)),
    [],
  );
  assert.equal(new Set(files.map((name) => name.slice(0, 4))).size, files.length);
});

test('the changelog has a section for what is not released', () => {
  assert.match(textOf('CHANGELOG.md'), /^## Unreleased$/m);
});
