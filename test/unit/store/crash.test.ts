import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PinfoldError } from '../../../src/errors.js';
import type { ObjectKey } from '../../../src/store/store.js';
import { smallTmpfs } from '../audit/tmpfs.js';
import { openStore, places, profile, quiet, snapshot } from './fixtures.js';
import type { Places } from './fixtures.js';

const web: ObjectKey = { kind: 'SecurityProfile', namespace: 'default', name: 'web' };
const child = fileURLToPath(new URL('crash-child.ts', import.meta.url));

/** A process that writes to the store, killed at the latest when the test ends. */
const startWriter = (t: TestContext, { manifests, state }: Places): ChildProcess => {
  const writer = fork(child, [manifests, state], { execArgv: ['--import', 'tsx'], silent: true });
  t.after(() => writer.kill('SIGKILL'));
  return writer;
};

const ROUNDS = 20;

test(`kill -9 during writes, ${ROUNDS} times: nothing acknowledged is lost, nothing is damaged`, async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  const problems: PinfoldError[] = [];
  const options = {
    ...quiet,
    eventTtlMs: Infinity,
    onProblem: (problem: PinfoldError) => problems.push(problem),
  };
  let uid: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const writer = startWriter(t, at);
    let acknowledged = -1;
    // A different moment each time, counted in writes: no clock is involved.
    const enough = 1 + round * 3;
    writer.on('message', (message) => {
      if (typeof message === 'number') acknowledged = message;
      if (acknowledged >= enough) writer.kill('SIGKILL');
    });
    await once(writer, 'exit');
    assert.equal(writer.signalCode, 'SIGKILL');
    const store = await openStore(at, options);
    const object = await store.get(web);
    assert.ok(object?.kind === 'SecurityProfile');
    uid ??= object.metadata.uid;
    assert.equal(object.metadata.uid, uid);
    assert.ok((object.status?.observedGeneration ?? -1) >= acknowledged);
    const notes = (await store.events(web)).map(({ note }) => note);
    assert.ok(notes.includes(`round ${acknowledged}`));
    await store.close();
    assert.ok(!snapshot(at.state).some((line) => line.includes('.tmp ')));
  }
  assert.deepEqual(problems, []);
});

test('a live process has the state directory to itself; a dead one does not', async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  const isLocked = (error: unknown): boolean =>
    error instanceof PinfoldError && error.code === 'StateLocked';
  const holder = startWriter(t, at);
  await once(holder, 'message');
  await assert.rejects(
    openStore(at),
    (error) => isLocked(error) && String(error).includes(`${holder.pid ?? ''}`),
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const store = await openStore(at);
  await assert.rejects(openStore(at), isLocked);
  await store.close();
  await (await openStore(at)).close();
});

test('of many that start at once exactly one gets the lock, also after a crash', async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  for (let round = 0; round < 2; round++) {
    const contenders = Array.from({ length: 6 }, () => startWriter(t, at));
    const winners: number[] = [];
    const settled = contenders.map(async (contender) => {
      const outcome = await Promise.race([
        once(contender, 'message').then(() => 'open'),
        once(contender, 'exit').then(() => 'refused'),
      ]);
      if (outcome === 'open') winners.push(contender.pid ?? 0);
    });
    await Promise.all(settled);
    assert.equal(winners.length, 1);
    for (const contender of contenders.filter(({ exitCode }) => exitCode === null)) {
      contender.kill('SIGKILL');
      await once(contender, 'exit');
    }
  }
});

test('a full disk: callers are told, memory and old files stay, and writing resumes', async (t) => {
  const at = places(t);
  const disk = smallTmpfs(t, '64k');
  if (disk === undefined) return;
  const file = join(at.manifests, 'web.yaml');
  writeFileSync(file, profile('web'));
  const problems: PinfoldError[] = [];
  const store = await openStore(
    { ...at, state: join(disk, 'state') },
    { ...quiet, onProblem: (problem) => problems.push(problem) },
  );
  await store.applyStatus(web, { mode: 'Audit' });
  const before = snapshot(join(disk, 'state'));
  const ballast = join(disk, 'ballast');
  assert.throws(() => {
    writeFileSync(ballast, Buffer.alloc(1 << 20));
  }, /ENOSPC/);
  await assert.rejects(
    store.applyStatus(web, { mode: 'Enforce' }),
    (error) => error instanceof PinfoldError && error.code === 'OutputFailed',
  );
  writeFileSync(file, profile('web', '/bin/cat'));
  await store.rescan();
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['OutputFailed'],
  );
  assert.equal((await store.get(web))?.metadata.generation, 2, 'in force without being persisted');
  assert.deepEqual(snapshot(join(disk, 'state')), before);
  rmSync(ballast);
  await store.rescan();
  await store.applyStatus(web, { mode: 'Enforce' });
  assert.notDeepEqual(snapshot(join(disk, 'state')), before);
  await store.close();
  const again = await openStore({ ...at, state: join(disk, 'state') });
  assert.equal((await again.get(web))?.metadata.generation, 2);
  await again.close();
});
