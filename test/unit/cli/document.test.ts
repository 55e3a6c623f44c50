import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS } from '../../../src/cli/tree/commands.js';
import { EXIT } from '../../../src/errors.js';

const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

const sectionOf = (name: string): string =>
  new RegExp(`^### ${name}\n([^]*?)(?=^##|(?![^]))`, 'm').exec(text)?.[1] ?? '';

test('docs/cli.md has each command with exactly its options', () => {
  const headings = [...text.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
  assert.deepEqual(headings.toSorted(), COMMANDS.map(({ name }) => name).toSorted());
  for (const { name, options } of COMMANDS) {
    const rows = sectionOf(name).match(/^\| *`-.*?\|/gm) ?? [];
    const documented = rows.flatMap((row) => row.match(/--?[a-zA-Z][\w-]*/g) ?? []);
    const known = options.flatMap(({ flags }) => flags.match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? []);
    assert.deepEqual(documented.toSorted(), known.toSorted(), name);
  }
});

test('docs/cli.md has each choice of an option', () => {
  for (const { name, options } of COMMANDS)
    for (const { flags, choices = [] } of options) {
      const place = flags.startsWith('-o') ? text : sectionOf(name);
      for (const choice of choices) assert.ok(place.includes(`\`${choice}\``), `${name} ${choice}`);
    }
});

test('docs/cli.md has each exit status', () => {
  const rows = [...text.matchAll(/^\| (\d+) +\|/gm)].map(([, status]) => Number(status));
  assert.deepEqual(
    rows,
    Object.values(EXIT).toSorted((a, b) => a - b),
  );
});
