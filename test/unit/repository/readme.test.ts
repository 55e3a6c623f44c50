/** That what the README shows can be typed and used. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseObjects } from '../../../src/api/parse.js';
import { COMMANDS } from '../../../src/cli/tree/commands.js';
import { EXIT } from '../../../src/errors.js';

const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

test('the tour names every command, and no other', () => {
  const tour = text.slice(text.indexOf('## A short tour'), text.indexOf('A profile:'));
  const named = [...tour.matchAll(/^\| (`[^|]*(?:\\\|[^|]*)*) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([\w-]+)/g)].map(([, name = '']) => name),
  );
  assert.deepEqual(named.sort(), COMMANDS.map(({ name }) => name).sort());
});

test('every profile shown is valid', () => {
  const profiles = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml);
  assert.ok(profiles.length > 0);
  for (const yaml of profiles) assert.equal(parseObjects(yaml, 'README.md').length, 1);
});

test('every exit status is named', () => {
  const line = text.slice(text.indexOf('## Exit statuses'), text.indexOf('All codes:'));
  const named = [...line.matchAll(/`(\d+)`/g)].map(([, status]) => Number(status));
  assert.deepEqual(named.sort(), Object.values(EXIT).sort());
});
