import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERRORS, EXIT, PinfoldError, type ErrorCode } from '../../../src/errors.js';

const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const codes = Object.keys(ERRORS) as ErrorCode[];

/** What the document says of each code, read back without the script that wrote it. */
const documented = new Map(
  [
    ...text.matchAll(
      /^### (\w+)\n\n(\w+), exit status (\d+)\n\n- says: (.*)\n- what to do: (.*)$/gm,
    ),
  ].map(([, code = '', errorClass, status, says, remedy]) => [
    code,
    { errorClass, status: Number(status), says, remedy },
  ]),
);

/** Markdown may escape characters that the table holds bare. */
const plain = (line: string | undefined): string =>
  (line ?? '').replace(/\\(?=[\\*_<>])/g, '').replace(/\s+/g, ' ');

test('every code of the table is documented, and no other', () => {
  assert.deepEqual([...documented.keys()].sort(), [...codes].sort());
});

for (const code of codes) {
  test(`docs/errors.md tells of ${code} what the table tells`, () => {
    const entry = documented.get(code);
    assert.equal(entry?.errorClass, ERRORS[code].class);
    assert.equal(entry.status, new PinfoldError(code).exitCode);
    assert.equal(plain(entry.says), plain(ERRORS[code].message));
    assert.equal(plain(entry.remedy), plain(ERRORS[code].remedy));
  });
}

test('every exit status is documented, and no other', () => {
  const rows = [...text.matchAll(/^\| (\d+) +\| (\w+) +\|/gm)];
  assert.deepEqual(
    Object.fromEntries(rows.map(([, status, name = '']) => [name, Number(status)])),
    { ...EXIT },
  );
});
