import assert from 'node:assert/strict';
import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RecordSerialiser } from '../../../src/audit/serialise.js';
import { instantOf } from '../../../src/audit/record.js';
import type { AuditRecord, ViolationRecord } from '../../../src/audit/record.js';
import { directoryWith, pinfold } from './support.js';

const violation = (path: string, profile = 'shop/web', at = Date.now()): ViolationRecord => ({
  kind: 'violation',
  time: instantOf(at),
  node: 'worker-1',
  cpu: 1,
  sequence: 4711,
  severity: 'High',
  mode: 'Enforce',
  outcome: 'Denied',
  class: 'files',
  operation: { kind: 'File', object: { path }, access: ['Read'] },
  source: 'object',
  reason: 'NotAllowed',
  errno: 'EACCES',
  subject: { profile, generation: 3, cgroup: 12345 },
  process: { pid: 1234, tid: 1234, uid: 33, exe: '/usr/sbin/nginx', comm: 'nginx' },
});

const line = (record: AuditRecord): string => new RecordSerialiser().line(record);

const logWith = (t: TestContext, ...lines: readonly string[]): string =>
  join(directoryWith(t, { 'audit.jsonl': lines.join('') }), 'audit.jsonl');

const logs = (file: string, ...argv: readonly string[]) =>
  pinfold(['logs', '--audit-log', file, ...argv]);

test('shows time, outcome, class, object, profile and process in one line', async (t) => {
  const at = Date.parse('2025-10-09T08:53:20.123Z');
  const file = logWith(t, line(violation('/etc/shadow', 'shop/web', at)));
  const { status, stdout } = await logs(file);
  assert.equal(status, 0);
  assert.equal(
    stdout,
    '2025-10-09T08:53:20.123Z  Denied     files         /etc/shadow [Read]  shop/web  ' +
      '/usr/sbin/nginx[1234]  (no rule allows it, EACCES)\n',
  );
});

test('a path cannot steer the terminal', async (t) => {
  const file = logWith(t, line(violation('/tmp/a\n\u001B[2J\uDCFF')));
  const { stdout } = await logs(file);
  assert.match(stdout, /\/tmp\/a\\n\\x1b\[2J\\xff \[Read\]/);
  assert.equal(stdout.split('\n').length, 2);
});

test('shows a last line that lacks its end', async (t) => {
  const file = logWith(t, line(violation('/one')), line(violation('/two')).trimEnd());
  const { status, stdout } = await logs(file);
  assert.equal(status, 0);
  assert.match(stdout, /\/one[^]*\/two/);
});

test('-o json gives the lines as they were written', async (t) => {
  const written = [line(violation('/a')), line(violation('/tmp/\uDCFF'))];
  const { stdout } = await logs(logWith(t, ...written), '-o', 'json');
  assert.equal(stdout, written.join(''));
});

test('finds the log in the state directory', async (t) => {
  const directory = directoryWith(t, { 'audit.jsonl': line(violation('/etc/shadow')) });
  const { stdout } = await pinfold(['logs', '--state', directory]);
  assert.match(stdout, /\/etc\/shadow/);
});

test('filters by profile and age; what is about no profile concerns each', async (t) => {
  const loss: AuditRecord = {
    kind: 'loss',
    time: instantOf(Date.now()),
    node: 'n',
    where: 'Kernel',
    lost: 12,
    detail: 'ring full',
  };
  const file = logWith(
    t,
    line(violation('/old', 'shop/web', Date.now() - 3_600_000)),
    line(violation('/other', 'shop/db')),
    line(violation('/mine')),
    line(loss),
  );
  const byName = await logs(file, '--profile', 'web');
  assert.match(byName.stdout, /\/old.*\n.*\/mine.*\n.*Loss .*12 records: ring full\n$/);
  assert.ok(!byName.stdout.includes('/other'));
  const recent = await logs(file, '--profile', 'shop/web', '--since', '10m');
  assert.ok(!recent.stdout.includes('/old') && recent.stdout.includes('/mine'));
});

test('names lines that are no records, and goes on', async (t) => {
  const file = logWith(t, line(violation('/one')), 'rubbish\n', '\n', line(violation('/two')));
  const { status, stdout, stderr } = await logs(file);
  assert.equal(status, 3);
  assert.match(stdout, /\/one[^]*\/two/);
  assert.match(stderr, /^error: RecordInvalid: .*audit\.jsonl:2: not an audit record/);
});

test('fails where there is no log', async () => {
  for (const more of [[], ['-f']]) {
    const { status, stderr } = await logs('/nonexistent/audit.jsonl', ...more);
    assert.equal(status, 7);
    assert.match(
      stderr,
      /^error: FileUnreadable: \/nonexistent\/audit\.jsonl cannot be read: no such/,
    );
  }
});

/** Follows a log; `until` resolves once the output holds a text, `end` stops and gives the outcome. */
const following = (t: TestContext, file: string) => {
  const stop = new AbortController();
  t.after(() => {
    stop.abort();
  });
  const waiting = new Map<string, () => void>();
  let output = '';
  const outcome = pinfold(['logs', '-f', '--audit-log', file], {
    signal: stop.signal,
    onOutput: (all) => {
      output = all;
      for (const [text, resolve] of waiting) if (all.includes(text)) resolve();
    },
  });
  return {
    until: async (text: string): Promise<void> => {
      if (output.includes(text)) return;
      await Promise.race([
        new Promise<void>((resolve) => waiting.set(text, resolve)),
        outcome.then(({ stderr }) => assert.fail(`ended before ${text}: ${stderr}`)),
      ]);
    },
    end: () => {
      stop.abort('SIGINT');
      return outcome;
    },
  };
};

test('follows what is appended, also in pieces', { timeout: 30_000 }, async (t) => {
  const file = logWith(t, line(violation('/first')));
  const log = following(t, file);
  await log.until('/first');
  const second = line(violation('/second'));
  appendFileSync(file, second.slice(0, 40));
  appendFileSync(file, second.slice(40) + line(violation('/third')));
  await log.until('/third');
  const { status, stdout, stderr } = await log.end();
  assert.equal(status, 0);
  assert.equal(stderr, '');
  assert.deepEqual(stdout.match(/\/(first|second|third) /g), ['/first ', '/second ', '/third ']);
});

test(
  'follows through rotation: the old file to its end, then the new',
  { timeout: 30_000 },
  async (t) => {
    const file = logWith(t, line(violation('/first')));
    const log = following(t, file);
    await log.until('/first');
    renameSync(file, `${file}.1`);
    // Its writer ended without a newline: there will be none, and the record is whole.
    appendFileSync(`${file}.1`, line(violation('/late')).trimEnd());
    writeFileSync(file, line(violation('/new')));
    await log.until('/new');
    renameSync(file, `${file}.2`);
    writeFileSync(file, line(violation('/newer')));
    await log.until('/newer');
    const { stdout } = await log.end();
    const seen = stdout.match(/\/(first|late|newer|new) /g);
    assert.deepEqual(seen, ['/first ', '/late ', '/new ', '/newer ']);
  },
);

test('follows a file that is emptied and written anew', { timeout: 30_000 }, async (t) => {
  const file = logWith(t, line(violation('/first')), line(violation('/second')));
  const log = following(t, file);
  await log.until('/second');
  truncateSync(file);
  appendFileSync(file, line(violation('/anew')));
  await log.until('/anew');
  assert.equal((await log.end()).stderr, '');
});
