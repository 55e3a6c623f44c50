import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { readState } from '../../../src/store/directory/reader.js';
import type { ObjectKey, StoreEvent } from '../../../src/store/store.js';
import { announcements, openStore, places, profile, quiet, snapshot } from './fixtures.js';

const web: ObjectKey = { kind: 'SecurityProfile', namespace: 'default', name: 'web' };
const db: ObjectKey = { ...web, name: 'db' };

const brief = (event: StoreEvent): string => {
  switch (event.kind) {
    case 'Applied':
      return `Applied ${event.object.metadata.name} ${event.object.metadata.generation ?? 0}`;
    case 'Deleted':
      return `Deleted ${event.key.name}`;
    case 'Rejected':
      return `Rejected ${event.key?.name ?? '-'} ${event.code}`;
  }
};

test('announces what is there, changes, and deletions; generation follows the spec only', async (t) => {
  const at = places(t);
  const file = join(at.manifests, 'web.yaml');
  writeFileSync(file, profile('web'));
  writeFileSync(join(at.manifests, 'notes.txt'), 'not a manifest');
  writeFileSync(join(at.manifests, '.#web.yaml'), 'an editor was here');
  const store = await openStore(at);
  const next = announcements(t, store);
  assert.equal(brief(await next()), 'Applied web 1');
  const first = await store.get(web);
  writeFileSync(file, profile('web', '/bin/cat'));
  await store.rescan();
  assert.equal(brief(await next()), 'Applied web 2');
  writeFileSync(
    file,
    profile('web', '/bin/cat').replace('{name: web}', '{name: web, labels: {a: b}}'),
  );
  await store.rescan();
  assert.equal(brief(await next()), 'Applied web 2');
  const last = await store.get(web);
  assert.ok(first && last);
  assert.equal(last.metadata.uid, first.metadata.uid);
  assert.equal(last.metadata.creationTimestamp, first.metadata.creationTimestamp);
  rmSync(file);
  await store.rescan();
  assert.equal(brief(await next()), 'Deleted web');
  assert.deepEqual(await store.list('SecurityProfile'), []);
});

test('a broken file keeps its last good version, says why, and is announced when mended', async (t) => {
  const at = places(t);
  const file = join(at.manifests, 'web.yaml');
  writeFileSync(file, profile('web'));
  const store = await openStore(at);
  const next = announcements(t, store);
  await next();
  writeFileSync(file, profile('web').replace('mode: Audit', 'mode: Autid'));
  await store.rescan();
  const rejected = await next();
  assert.equal(brief(rejected), 'Rejected web ObjectInvalid');
  assert.ok(rejected.kind === 'Rejected' && rejected.problem.includes('Autid'));
  assert.equal((await store.get(web))?.metadata.generation, 1);
  await store.rescan();
  assert.equal(store.problems().length, 1);
  writeFileSync(file, profile('web'));
  await store.rescan();
  assert.equal(brief(await next()), 'Applied web 1');
  assert.deepEqual(store.problems(), []);
});

test('the last good version outlives the process', async (t) => {
  const at = places(t);
  const file = join(at.manifests, 'web.yaml');
  writeFileSync(file, profile('web', '/bin/ls', 'Enforce'));
  const before = await openStore(at);
  const uid = (await before.get(web))?.metadata.uid;
  await before.close();
  writeFileSync(file, 'kind: [');
  const store = await openStore(at);
  const object = await store.get(web);
  assert.ok(object?.kind === 'SecurityProfile');
  assert.equal(object.metadata.uid, uid);
  assert.equal(object.spec.mode, 'Enforce');
  const next = announcements(t, store);
  assert.equal(brief(await next()), 'Applied web 1');
  assert.equal(brief(await next()), 'Rejected web YamlMalformed');
});

test('of two files with one object the holder keeps it, also when the other sorts before it', async (t) => {
  const at = places(t);
  const holder = join(at.manifests, 'b.yaml');
  writeFileSync(holder, profile('web', '/bin/ls'));
  const store = await openStore(at);
  const next = announcements(t, store);
  await next();
  writeFileSync(join(at.manifests, 'a.yaml'), `${profile('web', '/bin/rm')}---${profile('db')}`);
  await store.rescan();
  assert.equal(brief(await next()), 'Applied db 1');
  const rejected = await next();
  assert.equal(brief(rejected), 'Rejected web ObjectDuplicate');
  assert.ok(rejected.kind === 'Rejected' && rejected.problem.includes(holder));
  rmSync(holder);
  await store.rescan();
  assert.equal(brief(await next()), 'Applied web 2');
});

test('a directory that vanishes takes nothing out of force', async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  const store = await openStore(at);
  const next = announcements(t, store);
  await next();
  renameSync(at.manifests, `${at.manifests}.away`);
  await store.rescan();
  assert.equal(brief(await next()), 'Rejected - FileUnreadable');
  assert.ok(await store.get(web));
  renameSync(`${at.manifests}.away`, at.manifests);
  await store.rescan();
  assert.deepEqual(store.problems(), []);
});

test('sees by itself what editors do: rename over, write in place, append, delete', async (t) => {
  const at = places(t);
  const file = join(at.manifests, 'web.yaml');
  const store = await openStore(at, { settleMs: 5, rescanMs: 3_600_000 });
  const next = announcements(t, store);
  writeFileSync(`${file}.new`, profile('web'));
  renameSync(`${file}.new`, file);
  assert.equal(brief(await next()), 'Applied web 1');
  writeFileSync(`${file}.new`, profile('web', '/bin/cat'));
  renameSync(`${file}.new`, file);
  assert.equal(brief(await next()), 'Applied web 2');
  appendFileSync(file, `---${profile('db')}`);
  assert.equal(brief(await next()), 'Applied db 1');
  rmSync(file);
  assert.deepEqual([brief(await next()), brief(await next())].sort(), [
    'Deleted db',
    'Deleted web',
  ]);
});

test('status: merged into the object, written once, gone with the object', async (t) => {
  const at = places(t);
  const file = join(at.manifests, 'web.yaml');
  writeFileSync(file, profile('web'));
  const store = await openStore(at);
  await store.applyStatus(web, { mode: 'Audit' });
  const object = await store.get(web);
  assert.ok(object?.kind === 'SecurityProfile');
  assert.equal(object.status?.mode, 'Audit');
  const before = snapshot(at.state);
  await store.applyStatus(web, { mode: 'Audit' });
  await store.applyStatus(db, { mode: 'Audit' });
  await store.rescan();
  writeFileSync(file, profile('web'));
  await store.rescan();
  assert.deepEqual(snapshot(at.state), before, 'nothing is written when nothing changed');
  rmSync(file);
  await store.rescan();
  writeFileSync(file, profile('web'));
  await store.rescan();
  const again = await store.get(web);
  assert.ok(again?.kind === 'SecurityProfile');
  assert.equal(again.status, undefined);
});

test('own objects: created, replaced, deleted; those of files are refused', async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  const store = await openStore(at);
  const next = announcements(t, store);
  const mine = await store.get(web);
  assert.ok(mine?.kind === 'SecurityProfile');
  const own = { ...mine, metadata: { name: 'own', namespace: 'shop' } };
  const key = { kind: 'SecurityProfile', namespace: 'shop', name: 'own' } as const;
  await next();
  await store.apply(own);
  assert.equal(brief(await next()), 'Applied own 1');
  const before = snapshot(at.state);
  await store.apply(own);
  assert.deepEqual(snapshot(at.state), before);
  await store.apply({ ...own, spec: { ...own.spec, mode: 'Record' } });
  assert.equal(brief(await next()), 'Applied own 2');
  await store.close();
  const again = await openStore(at);
  assert.equal((await again.get(key))?.metadata.generation, 2);
  await again.delete(key);
  assert.equal(await again.get(key), undefined);
  for (const attempt of [again.apply(mine), again.delete(web)]) {
    await assert.rejects(
      attempt,
      (error) => error instanceof PinfoldError && error.code === 'ObjectNotOurs',
    );
  }
});

test('events are series with counts, on disk for other processes, and expire', async (t) => {
  const at = places(t);
  let now = 1000;
  const options = { ...quiet, now: () => now };
  const store = await openStore(at, options);
  const event = {
    regarding: web,
    type: 'Warning',
    reason: 'PinfoldDenied',
    action: 'Exec',
    note: 'exec /usr/bin/nc denied by profile web',
  } as const;
  await store.recordEvent({ ...event, at: 1000 });
  await store.recordEvent({ ...event, at: 3000 });
  await store.recordEvent({ ...event, note: 'another', at: 2000 });
  const expected = [
    { ...event, note: 'another', at: 2000, count: 1, firstSeen: 2000, lastSeen: 2000 },
    { ...event, at: 1000, count: 2, firstSeen: 1000, lastSeen: 3000 },
  ];
  assert.deepEqual(await store.events(web), expected);
  assert.deepEqual(await store.events(db), []);
  await store.recordEvent({ ...event, at: 4000 });
  await store.close();
  const onDisk = await readState(at.state).events();
  assert.deepEqual(
    onDisk.map(({ count }) => count),
    [1, 3],
  );
  now += 48 * 3600 * 1000;
  const later = await openStore(at, options);
  assert.deepEqual(await later.events(), []);
});

test('events about a pod are kept beside those about objects', async (t) => {
  const at = places(t);
  const store = await openStore(at);
  const pod = { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-1' } as const;
  await store.recordEvent({
    regarding: pod,
    type: 'Warning',
    reason: 'PinfoldDenied',
    action: 'Judge',
    note: 'exec /usr/bin/nc denied by profile web',
    at: 1000,
  });
  await store.close();
  const again = await openStore(at, { ...quiet, now: () => 2000 });
  const [stored, ...others] = await again.events(pod);
  assert.deepEqual(stored?.regarding, pod);
  assert.equal(stored.count, 1);
  assert.deepEqual(others, []);
  assert.deepEqual(await again.events(web), []);
});

test('a reader sees objects with status while the owner holds the lock', async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  const store = await openStore(at);
  await store.applyStatus(web, { mode: 'Audit' });
  const reader = readState(at.state);
  assert.deepEqual(await reader.list('SecurityProfile'), await store.list('SecurityProfile'));
  assert.deepEqual(await reader.get(web), await store.get(web));
  assert.deepEqual(await readState(join(at.root, 'nothing')).list('SecurityProfile'), []);
});

test('damaged state files are moved aside and reported; leftovers are removed', async (t) => {
  const at = places(t);
  writeFileSync(join(at.manifests, 'web.yaml'), profile('web'));
  const first = await openStore(at);
  await first.applyStatus(web, { mode: 'Audit' });
  await first.close();
  const status = join(at.state, 'status/SecurityProfile/default/web.json');
  truncateSync(status, 5);
  writeFileSync(
    join(at.state, 'applied/SecurityProfile/default/web.json'),
    '{"object": {"kind": "Pod"}}',
  );
  writeFileSync(`${status}.tmp`, 'half');
  const problems: PinfoldError[] = [];
  const store = await openStore(at, {
    ...quiet,
    onProblem: (problem) => problems.push(problem),
  });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['StateCorrupt', 'StateCorrupt'],
  );
  assert.equal(readdirSync(join(at.state, 'damaged')).length, 2);
  const object = await store.get(web);
  assert.ok(object?.kind === 'SecurityProfile');
  assert.equal(object.status, undefined);
  assert.ok(!snapshot(at.state).some((line) => line.includes('.tmp ')));
});

test('names that are paths stay below the state directory', async (t) => {
  const at = places(t);
  const store = await openStore(at);
  for (const name of ['../../escape', '..', '.', 'x'.repeat(253), `${'x'.repeat(252)}y`]) {
    const regarding = { kind: 'SecurityProfile', namespace: '..', name } as const;
    await store.recordEvent({
      regarding,
      type: 'Normal',
      reason: 'R',
      action: 'A',
      note: name,
      at: 1,
    });
  }
  assert.equal((await store.events()).length, 5);
  assert.deepEqual(readdirSync(at.root).sort(), ['manifests', 'state']);
  assert.equal(readdirSync(join(at.state, 'events/SecurityProfile')).length, 1);
});

test('a manifests directory that does not exist is refused before anything is made', async (t) => {
  const at = places(t);
  rmSync(at.manifests, { recursive: true });
  await assert.rejects(
    openStore(at),
    (error) => error instanceof PinfoldError && error.code === 'FileUnreadable',
  );
  assert.deepEqual(readdirSync(at.root), []);
  mkdirSync(at.manifests);
  await openStore(at);
});
