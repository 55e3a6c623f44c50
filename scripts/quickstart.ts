/**
 * The main job on a real server: nginx is recorded under load, audited and enforced by what was
 * recorded, and then attacked through holes that its configuration really has. Fails unless every
 * step turns out as it should.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attacks, checkAttack } from './quickstart-nginx/attacks.js';
import { generateLoad } from './quickstart-nginx/load.js';
import { heading, show } from './quickstart-nginx/print.js';
import { prepareSite } from './quickstart-nginx/site.js';
import type { Site } from './quickstart-nginx/site.js';

const pinfold = join(import.meta.dirname, '..', 'bin', 'pinfold');

interface Ended {
  readonly status: number | string;
  readonly stderr: string;
}

/** Runs pinfold with nginx behind it until `during` is over; then asks it to end. */
const withServer = async (
  site: Site,
  args: readonly string[],
  during: () => Promise<void>,
): Promise<Ended> => {
  const child = spawn(pinfold, [...args, '--', site.entry], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 'unknown', stderr });
    });
  });
  try {
    await Promise.race([
      during(),
      ended.then(({ status }) => {
        throw new Error(`pinfold ${args[0] ?? ''} ended early with ${String(status)}:\n${stderr}`);
      }),
    ]);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  return ended;
};

interface Line {
  readonly kind: string;
  readonly outcome?: string;
}

const recordsOf = (file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const violations = (file: string): readonly Line[] =>
  recordsOf(file).filter(({ kind }) => kind === 'violation');

const expectNone = (what: string, found: readonly unknown[]): void => {
  if (found.length === 0) return;
  throw new Error(
    `expected no ${what}, found:\n${found.map((each) => JSON.stringify(each)).join('\n')}`,
  );
};

const started = Date.now();
// A plain name: a random one would be generalised to a wildcard, which Landlock has to widen.
const folder = join(tmpdir(), 'pinfold-quickstart');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
try {
  const site = await prepareSite(folder);
  const profile = join(folder, 'nginx.yaml');

  heading('1. Record', `nginx under load, from its first exec on`);
  await withServer(site, ['record', '-o', profile, '--name', 'nginx'], () => generateLoad(site));
  show(readFileSync(profile, 'utf8'));

  heading('2. Audit', 'the same load under the profile; nothing may be reported');
  const audited = join(folder, 'audit.jsonl');
  await withServer(
    site,
    ['run', '--profile', profile, '--mode', 'Audit', '--audit-log', audited],
    () => generateLoad(site),
  );
  expectNone('violation under audit', violations(audited));
  show('0 operations would have been denied\n');

  heading('3. Enforce', 'the same load, enforced; nothing may be denied');
  const enforced = join(folder, 'enforce.jsonl');
  const state = join(folder, 'state');
  const enforce = ['run', '--profile', profile, '--mode', 'Enforce', '--audit-log', enforced];
  const results: string[] = [];
  const { stderr } = await withServer(site, [...enforce, '--state', state], async () => {
    await generateLoad(site);
    expectNone('violation under the recorded load', violations(enforced));
    show('0 operations were denied\n');

    heading('4. Attack', 'three holes that are open in this nginx, used from outside');
    for (const attack of attacks(site)) results.push(await checkAttack(attack, site, enforced));
  });
  show(`${stderr.trim()}\n`);

  heading('5. Events', 'what on-call sees');
  const events = await describe(state);
  show(events);
  if ((events.match(/PinfoldDenied/g) ?? []).length < attacks(site).length)
    throw new Error('not every attack became an Event');

  heading('Summary', '');
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  show(
    [
      'recorded   nginx under load, profile generated',
      'audited    0 would have been denied',
      'enforced   0 denied under the same load',
      ...results.map((result) => `attacked   ${result}`),
      `took       ${seconds} s`,
      '',
    ].join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function describe(state: string): Promise<string> {
  const child = spawn(pinfold, ['describe', 'securityprofile', 'nginx', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`pinfold describe ended with ${String(code)}`);
  return text;
}
