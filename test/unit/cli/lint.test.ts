import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directoryWith, pinfold, profileFile } from './support.js';

const GOOD = profileFile(
  'good',
  '{ exec: { allow: [{ path: /usr/sbin/nginx }] }, capabilities: { allow: [NET_BIND_SERVICE] } }',
);
const WIDE = profileFile('wide', "{ exec: { allow: [{ path: '/**' }] } }");
const WRONG = profileFile('wrong', '{ exec: { allow: [{ path: relative }], alow: [] } }');

interface Result {
  readonly files: number;
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly {
    readonly severity: string;
    readonly code: string;
    readonly file: string;
    readonly line?: number;
    readonly column?: number;
    readonly path?: string;
  }[];
}

const lintJson = async (cwd: string, ...argv: readonly string[]) => {
  const { status, stdout } = await pinfold(['lint', '-o', 'json', ...argv], { cwd });
  return { status, result: JSON.parse(stdout) as Result };
};

test('says nothing of a good file', async (t) => {
  const found = await pinfold(['lint', '--strict', 'good.yaml'], {
    cwd: directoryWith(t, { 'good.yaml': GOOD }),
  });
  assert.deepEqual(found, { status: 0, stdout: '', stderr: '1 file: 0 errors, 0 warnings\n' });
});

test('names every problem of the schema with its place, and fails', async (t) => {
  const cwd = directoryWith(t, { 'wrong.yaml': WRONG });
  const { status, stdout } = await pinfold(['lint', 'wrong.yaml'], { cwd });
  assert.equal(status, 3);
  const line = WRONG.split('\n').findIndex((text) => text.includes('relative')) + 1;
  const column = (WRONG.split('\n')[line - 1] ?? '').indexOf('relative') + 1;
  assert.match(
    stdout,
    new RegExp(
      `^wrong\\.yaml:${line}:${column}: error: ObjectInvalid: spec\\.rules\\.exec\\.allow\\[0\\]\\.path: .*"relative"`,
      'm',
    ),
  );
  assert.match(stdout, /^wrong\.yaml:\d+:\d+: error: ObjectInvalid: spec\.rules\.exec.*alow/m);
});

test('warnings have places and fail only with --strict', async (t) => {
  const cwd = directoryWith(t, { 'wide.yaml': WIDE });
  const { status, result } = await lintJson(cwd, 'wide.yaml');
  assert.equal(status, 0);
  assert.equal(result.errors, 0);
  const found = result.findings.find(({ code }) => code === 'AllowsEverything');
  const line = WIDE.split('\n').findIndex((text) => text.includes('/**')) + 1;
  assert.deepEqual(
    [found?.severity, found?.line, found?.path],
    ['Warning', line, 'spec.rules.exec.allow[0]'],
  );
  assert.equal((await lintJson(cwd, '--strict', 'wide.yaml')).status, 3);
});

test('searches directories, without what is hidden, and goes on after a bad file', async (t) => {
  const cwd = directoryWith(t, {
    'b.yaml': WIDE,
    'a.yaml': 'a: [',
    'notes.txt': 'no manifest',
    '.hidden.yaml': 'a: [',
  });
  mkdirSync(join(cwd, 'deep', '.git'), { recursive: true });
  writeFileSync(join(cwd, 'deep', 'c.json'), '{}');
  writeFileSync(join(cwd, 'deep', '.git', 'd.yaml'), 'a: [');
  const { status, result } = await lintJson(cwd, '.');
  assert.equal(status, 3);
  assert.equal(result.files, 3);
  const files = [...new Set(result.findings.map(({ file, code }) => `${file} ${code}`))];
  assert.deepEqual(files.slice(0, 2), ['a.yaml YamlMalformed', 'b.yaml AllowsEverything']);
  assert.equal(files.at(-1), 'deep/c.json KindUnknown');
});

test('a file that is not there, and a directory without manifests, are no success', async (t) => {
  const cwd = directoryWith(t);
  assert.equal((await lintJson(cwd, 'missing.yaml')).status, 7);
  const { status, result } = await lintJson(cwd, '.');
  assert.equal(status, 3);
  assert.equal(result.findings[0]?.code, 'DocumentEmpty');
});

test('reads standard input', async () => {
  const { status, stdout } = await pinfold(['lint', '-'], { stdin: WRONG });
  assert.equal(status, 3);
  assert.match(stdout, /^standard input:\d+:\d+: error: /);
});

test('resolves extends among the files; elsewhere is only a warning, a circle an error', async (t) => {
  const cwd = directoryWith(t, {
    'child.yaml': profileFile('child', '{}', 'extends: [{ name: wide }]'),
    'wide.yaml': WIDE,
    'circle.yaml': profileFile('circle', '{}', 'extends: [{ name: circle }]'),
  });
  const alone = await lintJson(cwd, 'child.yaml');
  assert.deepEqual(
    [alone.status, alone.result.findings.map(({ severity, code }) => `${severity} ${code}`)],
    [0, ['Warning ExtendsMissing']],
  );
  const together = await lintJson(cwd, 'child.yaml', 'wide.yaml');
  const wide = together.result.findings.filter(({ code }) => code === 'AllowsEverything');
  assert.deepEqual(
    wide.map(({ file }) => file),
    ['wide.yaml'],
  );
  const circle = await lintJson(cwd, 'circle.yaml');
  assert.deepEqual([circle.status, circle.result.findings[0]?.code], [3, 'ExtendsCycle']);
});

test('two files with the same profile are each judged for themselves', async (t) => {
  const cwd = directoryWith(t, { 'new.yaml': WIDE, 'old.yaml': GOOD.replace('good', 'wide') });
  const { result } = await lintJson(cwd, 'new.yaml', 'old.yaml');
  assert.ok(result.findings.length > 0);
  assert.deepEqual([...new Set(result.findings.map(({ file }) => file))], ['new.yaml']);
});
