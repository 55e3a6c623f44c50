/** The load: every page, an upload, a proxied page and an error, by curl. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Site } from './site.js';

const execute = promisify(execFile);

export interface Response {
  readonly status: number;
  readonly body: string;
}

/** `path` goes out as it is: no `..` is taken out of it. */
export const curl = async (
  site: Site,
  path: string,
  ...options: readonly string[]
): Promise<Response> => {
  const { stdout } = await execute('curl', [
    '--silent',
    '--noproxy',
    '*',
    '--path-as-is',
    '--max-time',
    '10',
    '--write-out',
    '\n%{http_code}',
    ...options,
    `http://127.0.0.1:${String(site.port)}${path}`,
  ]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
};

const expectStatus = async (
  site: Site,
  path: string,
  allowed: readonly number[],
  ...options: readonly string[]
): Promise<void> => {
  const { status, body } = await curl(site, path, ...options);
  if (!allowed.includes(status))
    throw new Error(`${path}: HTTP ${String(status)}, expected ${allowed.join(' or ')}: ${body}`);
};

/** How often each page is asked for. */
const ROUNDS = 5;

/** Waits for the server and uses everything that it serves. */
export const generateLoad = async (site: Site): Promise<void> => {
  const patience = ['--retry', '60', '--retry-connrefused', '--retry-delay', '1'];
  await expectStatus(site, '/', [200], ...patience);
  for (let round = 0; round < ROUNDS; round += 1) {
    await expectStatus(site, '/', [200]);
    await expectStatus(site, '/static/index.html', [200]);
    await expectStatus(site, '/missing', [404]);
    await expectStatus(site, `/fetch?to=127.0.0.1:${String(site.upstreamPort)}`, [200]);
    await expectStatus(site, '/upload/note.txt', [201, 204], '--upload-file', site.config);
  }
};
