import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkObjects, parseObjects } from '../../../src/api/parse.js';
import { MAX_FILE_BYTES } from '../../../src/api/text.js';
import { PinfoldError } from '../../../src/errors.js';
import { EXAMPLES } from './examples.js';

const thrownBy = (input: string | Uint8Array): PinfoldError => {
  try {
    parseObjects(input, 'p.yaml');
  } catch (thrown) {
    assert.ok(thrown instanceof PinfoldError, String(thrown));
    return thrown;
  }
  assert.fail('accepted');
};

const profile = (spec: string, kind = 'SecurityProfile'): string =>
  `apiVersion: pinfold.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: a}\nspec:\n${spec}`;

const nested = (levels: number, step: string): string =>
  Array.from({ length: levels }, (_, level) => `${step.repeat(level)}a:`).join('\n');

interface BadFile {
  readonly what: string;
  readonly input: string | Uint8Array;
  readonly code: string;
  /** Fields of the error. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Part of the message. */
  readonly says?: RegExp;
}

const badFiles: readonly BadFile[] = [
  { what: 'nothing', input: '', code: 'DocumentEmpty' },
  { what: 'only comments', input: '# a\n---\n# b\n', code: 'DocumentEmpty' },
  { what: 'only null', input: 'null\n', code: 'DocumentEmpty' },
  {
    what: 'a tab as indentation',
    input: 'a:\n\tb: 1\n',
    code: 'YamlMalformed',
    fields: { line: 2 },
  },
  { what: 'an open quote', input: 'a: "b\n', code: 'YamlMalformed' },
  { what: 'an open bracket', input: '{"a": [1', code: 'YamlMalformed', fields: { line: 1 } },
  {
    what: 'a key twice',
    input: 'a: 1\nb: 2\na: 3\n',
    code: 'YamlMalformed',
    fields: { line: 3, column: 1 },
    says: /already/,
  },
  {
    what: 'a key twice in JSON',
    input: '{"a": 1,\n "a": 2}',
    code: 'YamlMalformed',
    fields: { line: 2 },
  },
  {
    what: 'an unknown tag',
    input: 'a: 1\nb: !secret x\n',
    code: 'YamlMalformed',
    fields: { line: 2, column: 4 },
  },
  { what: 'an alias of nothing', input: 'a: *b\n', code: 'YamlMalformed', fields: { line: 1 } },
  { what: 'an alias of its parent', input: 'a: &x [*x]\n', code: 'YamlMalformed' },
  { what: 'a list as key', input: '? [a]\n: 1\n', code: 'YamlMalformed' },
  {
    what: 'a NUL',
    input: 'a: 1\nb: x\0y\n',
    code: 'YamlMalformed',
    fields: { line: 2, column: 5 },
    says: /NUL/,
  },
  {
    what: 'aliases that multiply',
    input: `a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, i) => `a${String(i + 1)}: &a${String(i + 1)} [*a${String(i)}, *a${String(i)}]\n`).join('')}`,
    code: 'YamlMalformed',
    says: /alias/i,
  },
  {
    what: 'two megabytes of brackets',
    input: '['.repeat(2_000_000),
    code: 'YamlMalformed',
    fields: { line: 1, column: 101 },
    says: /deeper/,
  },
  {
    what: 'two megabytes of braces',
    input: '{a: '.repeat(500_000),
    code: 'YamlMalformed',
    says: /deeper/,
  },
  { what: 'many dashes', input: `${'- '.repeat(500_000)}x`, code: 'YamlMalformed', says: /deeper/ },
  { what: 'deep indentation', input: nested(1500, ' '), code: 'YamlMalformed', says: /deeper/ },
  {
    what: 'too many bytes',
    input: Buffer.alloc(10 * 1024 * 1024, 'a'),
    code: 'FileTooLarge',
    fields: { bytes: 10485760, limit: MAX_FILE_BYTES },
  },
  {
    what: 'too long a text',
    input: 'é'.repeat(MAX_FILE_BYTES / 2 + 1),
    code: 'FileTooLarge',
    fields: { bytes: MAX_FILE_BYTES + 2 },
  },
  {
    what: 'Latin-1',
    input: Buffer.from([0x61, 0x3a, 0xe9, 0x0a]),
    code: 'FileNotUtf8',
    fields: { offset: 2 },
  },
  {
    what: 'a cut character',
    input: Buffer.from([0x61, 0xe2, 0x82]),
    code: 'FileNotUtf8',
    fields: { offset: 1 },
  },
  {
    what: 'a broken character after good ones',
    input: Buffer.from([0xc3, 0xa9, 0xe2, 0x82, 0x41, 0x41]),
    code: 'FileNotUtf8',
    fields: { offset: 2 },
  },
  {
    what: 'UTF-16',
    input: Buffer.from('\ufeffa: 1', 'utf16le'),
    code: 'FileNotUtf8',
    fields: { offset: 0 },
  },
  { what: 'a text', input: 'hello', code: 'KindUnknown' },
  { what: 'a list', input: '- a\n', code: 'KindUnknown' },
  {
    what: 'another kind',
    input: '\napiVersion: v1\nkind: Pod\n',
    code: 'KindUnknown',
    fields: { line: 3 },
    says: /Pod \(line 3\).*one of SecurityProfile/,
  },
  {
    what: 'a kind misspelt',
    input: profile('', 'SecurtyProfile'),
    code: 'KindUnknown',
    fields: { line: 2 },
    says: /SecurityProfile \(did you mean/,
  },
  {
    what: 'another version',
    input: 'kind: SecurityProfile\napiVersion: pinfold.dev/v2\n',
    code: 'KindUnknown',
    fields: { line: 2 },
    says: /pinfold\.dev\/v1alpha1/,
  },
  {
    what: 'an unknown field',
    input: profile('  selector: {}\n  mod: Audit\n'),
    code: 'ObjectInvalid',
    fields: { count: 1 },
    says: /p\.yaml:6:3: spec\.mod: unknown field \("Audit"\); expected mode/,
  },
];

describe('bad files', () => {
  for (const { what, input, code, fields, says } of badFiles)
    it(`${what}: ${code}`, () => {
      const error = thrownBy(input);
      assert.equal(error.code, code);
      assert.equal(error.fields.file, 'p.yaml');
      for (const [name, value] of Object.entries(fields ?? {}))
        assert.equal(error.fields[name], value, name);
      if (says !== undefined) assert.match(error.message, says);
    });
});

/** Spec of a profile (its first line is line 5), and the places of its problems. */
const badSpecs: readonly (readonly [spec: string, places: readonly string[]])[] = [
  ['  mode: Audit\n', ['4:1 spec.selector']],
  ['  selector:\n', ['5:3 spec.selector']],
  ['  selector: {}\n  mode: audit\n', ['6:9 spec.mode']],
  [
    '  selector: {}\n  rules:\n    exec:\n      allow:\n        - path: bin\n        - path: /b/\n        - pth: /c\n',
    [
      '9:17 spec.rules.exec.allow[0].path',
      '10:17 spec.rules.exec.allow[1].path',
      '11:11 spec.rules.exec.allow[2].path',
      '11:11 spec.rules.exec.allow[2].pth',
    ],
  ],
  ['  selector: {}\n  rules:\n    syscalls:\n      allow: [read]\n', ['7:5 spec.rules.syscalls']],
  [
    '  selector: {}\n  rules: {exec: {allow: [{path: /a}, {path: /a}]}}\n',
    ['6:38 spec.rules.exec.allow[1]'],
  ],
  [
    '  selector: {}\n  rules:\n    exec: {allow: &x [{path: a}], deny: *x}\n',
    ['7:30 spec.rules.exec.allow[0].path', '7:30 spec.rules.exec.deny[0].path'],
  ],
];

describe('problems', () => {
  for (const [spec, places] of badSpecs)
    it(`stand at ${places.join(', ')}`, () => {
      const { objects, problems } = checkObjects(profile(spec), 'p.yaml');
      assert.deepEqual(objects, []);
      assert.deepEqual(
        problems.map(({ line, column, path }) => `${String(line)}:${String(column)} ${path}`),
        places,
      );
    });

  it('of one document leave the others usable', () => {
    const text = [EXAMPLES.SecurityProfile, profile('  mode: Audit\n'), EXAMPLES.NodeEnforcement];
    const { objects, problems } = checkObjects(text.join('---\n'), 'p.yaml');
    assert.deepEqual(
      objects.map(({ object }) => object.kind),
      ['SecurityProfile', 'NodeEnforcement'],
    );
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.line, EXAMPLES.SecurityProfile.split('\n').length + 4);
  });

  it('of a hostile file are named up to a thousand', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `  a${String(i)}: 1\n`).join('');
    const { problems } = checkObjects(profile(`  selector: {}\n${names}`), 'p.yaml');
    assert.equal(problems.length, 1001);
    assert.ok(problems.some(({ message }) => message === 'has 49000 more problems'));
    const list = `  selector: {}\n  rules: {forbid: [${'X,'.repeat(200_000)}]}\n`;
    assert.equal(checkObjects(profile(list), 'p.yaml').problems.length, 1001);
  });

  it('are all counted, and the first hundred shown', () => {
    const rules = Array.from({ length: 150 }, () => '        - {}\n').join('');
    const error = thrownBy(profile(`  selector: {}\n  rules:\n    exec:\n      deny:\n${rules}`));
    // Each lacks its path, and all but the first repeat the absent one.
    assert.equal(error.fields.count, 299);
    assert.equal(error.message.split('\n').length, 102);
    assert.match(error.message, /and 199 more$/);
  });
});

describe('good files', () => {
  it('hold objects in their order, with the place of each part', () => {
    const parsed = parseObjects(Buffer.from(Object.values(EXAMPLES).join('---\n')), 'p.yaml');
    assert.deepEqual(
      parsed.map(({ object }) => object.kind),
      Object.keys(EXAMPLES),
    );
    const [first] = parsed;
    assert.deepEqual(first?.locate(['spec', 'mode']), { line: 5, column: 9 });
    assert.deepEqual(first.locate(['spec', 'rules', 'files', 'allow', 1, 'path']), {
      line: 18,
      column: 19,
    });
    assert.deepEqual(first.locate(['spec', 'rules', 'syscalls', 'otherwise', 'action']).line, 26);
  });

  it('may begin with a byte order mark, have Windows line ends and merge keys', () => {
    const text = profile('  selector: {}\n  <<: {mode: Record}\n').replaceAll('\n', '\r\n');
    const [first] = parseObjects(Buffer.from(`\ufeff${text}`), 'p.yaml');
    assert.ok(first?.object.kind === 'SecurityProfile');
    assert.equal(first.object.spec.mode, 'Record');
  });

  it('may hold brackets in quotes and deep-set text without being deep', () => {
    const paths = Array.from({ length: 300 }, (_, i) => `{path: "/bin/[${String(i)}"}`).join(', ');
    const text = profile(`  selector: {}\n  rules: {exec: {allow: [${paths}]}}\n`);
    const [first] = parseObjects(`${' '.repeat(300)}# aside\n${text}`, 'p.yaml');
    assert.ok(first?.object.kind === 'SecurityProfile');
    assert.equal(first.object.spec.rules?.exec?.allow?.length, 300);
  });

  it('cannot reach the prototype', () => {
    const text = profile('  selector: {}\n  __proto__: {mode: Enforce}\n');
    const { problems } = checkObjects(text, 'p.yaml');
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['spec.__proto__'],
    );
  });
});
