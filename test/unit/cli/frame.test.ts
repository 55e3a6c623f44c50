import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { exitStatusOf, reportError } from '../../../src/cli/report-error.js';
import { COMMANDS } from '../../../src/cli/tree/commands.js';
import { directoryWith, pinfold, profileFile } from './support.js';

test('prints the version of package.json', async () => {
  const { status, stdout } = await pinfold(['--version']);
  assert.equal(status, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('lists every command with its summary', async () => {
  for (const argv of [[], ['--help'], ['help']]) {
    const { status, stdout } = await pinfold(argv);
    assert.equal(status, 0);
    for (const { name } of COMMANDS) assert.match(stdout, new RegExp(`^  ${name}\\b`, 'm'));
  }
});

test('shows examples and exit statuses in the help of each command', async () => {
  for (const { name, examples, exits = [] } of COMMANDS) {
    const { status, stdout } = await pinfold([name, '--help']);
    assert.equal(status, 0);
    assert.ok(examples.length > 0, `${name} has no example`);
    for (const [command] of examples) assert.ok(stdout.includes(`pinfold ${command}`), name);
    for (const [exit] of exits) assert.match(stdout, new RegExp(`^  ${exit}  `, 'm'));
  }
});

test('names itself as kubectl calls it', async () => {
  const { stdout } = await pinfold(['get', '--help'], { programName: 'kubectl pinfold' });
  assert.match(stdout, /Usage: kubectl pinfold get/);
  assert.match(stdout, /kubectl pinfold get all -A/);
});

const slips: readonly (readonly [argv: readonly string[], status: number, what: RegExp])[] = [
  [['lnt'], 2, /unknown command 'lnt'.*lint/],
  [['lint'], 2, /missing required argument 'file'/],
  [['lint', '--strct', 'x'], 2, /unknown option '--strct'.*--strict/],
  [['diff', 'a', 'b', 'c'], 2, /too many arguments/],
  [['get', 'sp', '-o', 'xml'], 2, /Allowed choices are table, wide, json, yaml, name/],
  [['get', 'pods'], 2, /no kind is named "pods"/],
  [['get', 'securityprofle'], 2, /did you mean/],
  [['get', 'sp', 'web', '-A'], 2, /names cannot be given together with --all-namespaces/],
  [['logs', '--since', 'yesterday'], 2, /--since yesterday is no duration/],
  [['logs', '--since', '0s'], 2, /--since 0s is no duration/],
  [['record', '--pid', '-1'], 2, /--pid -1 is no whole number/],
  [['get', 'sp', '--state', ''], 2, /--state is empty/],
  [['completion', 'bsh'], 2, /bash \(did you mean that\?\)/],
  [['run', '--', 'ls'], 125, /required option '--profile <file>'/],
  [['run', '--profile', 'p', '--bogus', '--', 'ls'], 125, /unknown option '--bogus'/],
];

for (const [argv, expected, what] of slips)
  test(`refuses: pinfold ${argv.join(' ')}`, async () => {
    const { status, stdout, stderr } = await pinfold(argv);
    assert.equal(status, expected);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: UsageError: /);
    assert.match(stderr, what);
    assert.match(stderr, /\nSee `pinfold --help`\.\n$/);
  });

test('refuses environment variables that it does not know, with a hint', async () => {
  const near = await pinfold(['get', 'sp'], { env: { PINFOLD_STATTE: '/x' } });
  assert.equal(near.status, 2);
  assert.match(near.stderr, /PINFOLD_STATTE is not known; did you mean PINFOLD_STATE\?/);
  const far = await pinfold(['get', 'sp'], { env: { PINFOLD_XYZZY: '1' } });
  assert.match(far.stderr, /known are PINFOLD_STATE, /);
  const debug = await pinfold(['get', 'sp'], { env: { PINFOLD_DEBUG: 'maybe' } });
  assert.match(debug.stderr, /PINFOLD_DEBUG is "maybe"; expected 0 or 1/);
});

test('takes the variables of a Service that is named pinfold for what they are', async (t) => {
  const env = {
    PINFOLD_SERVICE_HOST: '10.0.0.1',
    PINFOLD_PORT: 'tcp://10.0.0.1:80',
    PINFOLD_PORT_80_TCP_ADDR: '10.0.0.1',
    PINFOLD_STATE: directoryWith(t),
  };
  assert.equal((await pinfold(['get', 'sp'], { env })).status, 0);
});

test('a flag is stronger than the environment', async (t) => {
  const env = { PINFOLD_STATE: '/nonexistent' };
  assert.equal((await pinfold(['get', 'sp'], { env })).status, 7);
  const state = directoryWith(t);
  assert.equal((await pinfold(['get', 'sp', '--state', state], { env })).status, 0);
});

test('says code, what happened and what to do, and ends with the status of the code', async () => {
  const { status, stderr } = await pinfold(['merge', '/nonexistent.yaml']);
  assert.equal(status, 7);
  assert.equal(
    stderr,
    'error: FileUnreadable: /nonexistent.yaml cannot be read: no such file or directory\n' +
      'Check path and rights.\n',
  );
});

test('escapes what would steer a terminal in messages', async () => {
  const { stderr } = await pinfold(['merge', '/no\u001B[2Jwhere\u202E.yaml']);
  assert.ok(!stderr.includes('\u001B') && !stderr.includes('\u202E'));
  assert.match(stderr, /\/no\\x1b\[2Jwhere\\u202e\.yaml/);
});

test('shows the stack of a defect only when asked to', () => {
  const text = (debug: boolean): string => {
    let all = '';
    const write = (part: string): void => {
      all += part;
    };
    reportError(new TypeError('x is not a function'), { write }, debug);
    return all;
  };
  assert.match(text(false), /^error: Internal: internal error: x is not a function\n/);
  assert.ok(!text(false).includes('    at '));
  assert.match(text(true), /TypeError: x is not a function\n {4}at /);
});

test('keeps failures of run apart from those of its command', () => {
  const of = (code: 'FileUnreadable' | 'CommandNotFound' | 'CommandNotExecutable') =>
    [true, false].map((runs) => exitStatusOf(new PinfoldError(code), runs));
  assert.deepEqual(of('FileUnreadable'), [125, 7]);
  assert.deepEqual(of('CommandNotFound'), [127, 127]);
  assert.deepEqual(of('CommandNotExecutable'), [126, 126]);
  assert.equal(exitStatusOf(new Error('defect'), true), 125);
  assert.equal(exitStatusOf(new Error('defect'), false), 1);
});

test('a reader that went away is no failure, a full disk is', async (t) => {
  const directory = directoryWith(t, { 'a.yaml': profileFile('a', '{ exec: { allow: [] } }') });
  const argv = ['merge', 'a.yaml'];
  const broken = await pinfold(argv, { cwd: directory, outputState: 'Broken' });
  assert.equal(broken.status, 0);
  assert.equal(broken.stderr, '');
  const full = await pinfold(argv, {
    cwd: directory,
    outputState: { problem: new Error('ENOSPC: no space left on device, write') },
  });
  assert.equal(full.status, 6);
  assert.match(full.stderr, /^error: OutputFailed: standard output cannot be written: ENOSPC/);
});
