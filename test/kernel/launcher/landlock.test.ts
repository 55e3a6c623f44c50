/** What Landlock refuses to a program that the launcher started. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  buildLauncher,
  compileActor,
  launch,
  makeTemporary,
  removeTemporary,
  securityModules,
  skip,
} from './harness.js';

/** <linux/landlock.h> */
const EXECUTE = 1;
const READ_FILE = 4;
const MAKE_REG = 256;
const WRITE_FILE = 2;
/** The kernel opens for reading what it executes, and Landlock judges both. */
const RUN = EXECUTE | READ_FILE;
const HANDLED = EXECUTE | READ_FILE | WRITE_FILE | MAKE_REG;
const CONNECT_TCP = 2;
const EACCES = 13;
const unknownBit = 2n ** 60n;

const skipHere =
  skip !== false ? skip : securityModules().includes('landlock') ? false : 'no Landlock';

describe('pinfold-launch applies Landlock', { skip: skipHere }, () => {
  let directory = '';
  let actor = '';
  let open = '';
  let closed = '';
  before(() => {
    buildLauncher();
    directory = makeTemporary();
    actor = compileActor(directory, 'actor');
    mkdirSync(join(directory, 'open %\n dir'));
    open = join(directory, 'open %\n dir', 'file');
    closed = join(directory, 'closed');
    writeFileSync(open, 'open');
    writeFileSync(closed, 'closed');
  });
  after(() => {
    removeTemporary(directory);
  });

  const encode = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
  const allow = (rights: number, path: string): string =>
    `landlock_path\t${rights}\t${encode(path)}`;
  const planOf = (...rules: readonly string[]): string[] => [
    'no_new_privs',
    `landlock_handled\t${HANDLED}\t0\t0`,
    allow(RUN, actor),
    ...rules,
    'end',
  ];

  it('to reading and creating files outside what is allowed', async () => {
    const inside = join(directory, 'open %\n dir');
    const outside = join(directory, 'new');
    const steps = [`read:${open}`, `read:${closed}`, `create:${inside}/new`, `create:${outside}`];
    const plan = planOf(allow(READ_FILE | WRITE_FILE | MAKE_REG, inside));
    const free = await launch(['end'], [actor, ...steps]);
    assert.equal(free.stdout, steps.map((step) => `${step} 0\n`).join(''));
    const bound = await launch(plan, [
      actor,
      ...steps.slice(0, 2),
      `create:${directory}/other-new`,
    ]);
    assert.equal(
      bound.stdout,
      `read:${open} 0\nread:${closed} ${EACCES}\ncreate:${directory}/other-new ${EACCES}\n`,
    );
    const within = `create:${inside}/another`;
    assert.equal((await launch(plan, [actor, within])).stdout, `${within} 0\n`);
    assert.deepEqual(bound.status[0], ['landlock', bound.status[0]?.[1], `${HANDLED}`, '0', '0']);
  });

  it('to executing what is not allowed, by the program and by the launcher', async () => {
    const other = join(directory, 'other');
    copyFileSync(actor, other);
    const result = await launch(planOf(), [actor, `exec:${other}`]);
    assert.equal(result.stdout, `exec:${other} ${EACCES}\n`);
    const refused = await launch(planOf(), [other]);
    assert.deepEqual(refused.status.at(-1)?.slice(0, 4), ['error', 'exec', '13', 'EACCES']);
    assert.equal(refused.code, 126);
    assert.equal((await launch(planOf(allow(RUN, other)), [other])).code, 0);
  });

  it('to connecting to other TCP ports', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const plan = [
        'no_new_privs',
        `landlock_handled\t0\t${CONNECT_TCP}\t0`,
        `landlock_port\t${CONNECT_TCP}\t${port}`,
        'end',
      ];
      const result = await launch(plan, [actor, `connect:${port}`, 'connect:1']);
      assert.equal(result.stdout, `connect:${port} 0\nconnect:1 ${EACCES}\n`);
    } finally {
      server.close();
    }
  });

  it('without following symbolic links, and says what it left out', async () => {
    const link = join(directory, 'link');
    const missing = join(directory, 'not there');
    symlinkSync(closed, link);
    const plan = planOf(allow(READ_FILE, link), allow(READ_FILE, missing));
    const result = await launch(plan, [actor, `read:${link}`, `read:${closed}`]);
    assert.equal(result.stdout, `read:${link} ${EACCES}\nread:${closed} ${EACCES}\n`);
    assert.deepEqual(
      result.status.filter(([kind]) => kind === 'skipped'),
      [
        ['skipped', '40', 'ELOOP', link],
        ['skipped', '2', 'ENOENT', missing],
      ],
    );
  });

  it('with rights for directories left out where the path is a file', async () => {
    const result = await launch(planOf(allow(READ_FILE | MAKE_REG, closed)), [
      actor,
      `read:${closed}`,
    ]);
    assert.equal(result.stdout, `read:${closed} 0\n`);
  });

  it('with rights that the kernel lacks only where the plan accepts less', async () => {
    const handled = `landlock_handled\t${BigInt(READ_FILE) | unknownBit}\t${unknownBit}\t${unknownBit}`;
    const rules = [handled, allow(READ_FILE, actor)];
    const command = [actor, `read:${closed}`];
    const refused = await launch(['no_new_privs', ...rules, 'end'], command);
    assert.deepEqual(refused.status.at(-1)?.slice(0, 4), ['error', 'landlock', '95', 'EOPNOTSUPP']);
    assert.equal(refused.code, 125);
    const less = await launch(['no_new_privs', ...rules, 'landlock_best_effort', 'end'], command);
    assert.deepEqual(less.status[0]?.slice(2), [`${READ_FILE}`, '0', '0']);
    assert.equal(less.stdout, `read:${closed} ${EACCES}\n`);
  });

  it('with 5,000 paths', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => {
      const path = join(directory, `many-${index}`);
      writeFileSync(path, '');
      return path;
    });
    const last = many.at(-1) ?? '';
    const plan = planOf(...many.map((path) => allow(READ_FILE, path)));
    const result = await launch(plan, [actor, `read:${last}`, `read:${closed}`]);
    assert.equal(result.stdout, `read:${last} 0\nread:${closed} ${EACCES}\n`);
  });
});
