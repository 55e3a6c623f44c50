/** `pinfold up` on this kernel: what it refuses, observes, learns, says, and survives. */
import assert from 'node:assert/strict';
import { readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadAddon } from '../../../src/bpf/addon.js';
import { condition, eventually, loadedPrograms, skip, World } from './world.js';
import { revisionName } from '../../../src/operator/revision.js';

const DENIED = /Operation not permitted/;

describe('pinfold up', { skip, timeout: 240_000 }, () => {
  let world: World;
  let before: readonly number[] = [];

  beforeEach(() => {
    before = loadedPrograms();
    world = new World();
  });

  afterEach(async () => {
    await world.remove();
    await eventually('every program of ours is gone', () =>
      loadedPrograms().some((id) => !before.includes(id)) ? undefined : true,
    );
  });

  const limited = (port: number, onDegraded: string): string => `  mode: Enforce
  onDegraded: ${onDegraded}
  rules:
    network:
      egress: [{ports: [{protocol: TCP, port: ${port}}]}]
`;

  it('refuses connections in the kernel and tells of it in status, Events and audit log', async () => {
    const [allowed, forbidden] = [await world.server(), await world.server()];
    const cgroup = world.makeCgroup();
    world.profile('web', cgroup, limited(allowed, 'Audit'));
    await world.up();
    const shell = world.shellIn(cgroup);
    assert.equal(await shell.connect(allowed), 'ok');
    assert.match(await shell.connect(forbidden), DENIED);
    const record = await world.record(
      'the denial is in the audit log',
      'violation',
      ({ port }) => port === forbidden,
    );
    assert.equal(record.outcome, 'Denied');
    assert.equal(record.errno, 'EPERM');
    assert.equal(record.profile, 'web');
    assert.equal(
      world.records('violation').some(({ port }) => port === allowed),
      false,
    );
    const status = await world.statusOf(
      'web',
      'the status counts it',
      ({ counts }) => counts?.denied === 1,
    );
    assert.equal(status.mode, 'Enforce');
    assert.equal(status.phase, 'Degraded', 'SCTP cannot be refused here');
    assert.equal(condition(status, 'Enforcing')?.status, 'True');
    assert.equal(status.recentViolations?.[0]?.object, `TCP 127.0.0.1:${forbidden}`);
    for (let i = 0; i < 4; i += 1) assert.match(await shell.connect(forbidden), DENIED);
    const event = await eventually('the Event counts every denial', async () =>
      (await world.stored.events({ kind: 'ClusterSecurityProfile', name: 'web' })).find(
        ({ reason, count }) => reason === 'PinfoldDenied' && count === 5,
      ),
    );
    assert.equal(event.note, `connect TCP 127.0.0.1:${forbidden} denied by profile web`);
    assert.equal(await world.down(), 0);
  });

  it('keeps the last good version of a broken manifest in force and says so', async () => {
    const [allowed, forbidden] = [await world.server(), await world.server()];
    const cgroup = world.makeCgroup();
    world.profile('web', cgroup, limited(allowed, 'Audit'));
    await world.up();
    const shell = world.shellIn(cgroup);
    world.manifest('web.yaml', 'kind: [');
    const broken = await world.statusOf(
      'web',
      'the status tells of the broken file',
      (status) => condition(status, 'Accepted')?.status === 'False',
    );
    assert.equal(condition(broken, 'Accepted')?.reason, 'YamlMalformed');
    assert.equal(broken.phase, 'Rejected');
    assert.equal(broken.mode, 'Enforce');
    assert.match(await shell.connect(forbidden), DENIED);
    assert.equal(await shell.connect(allowed), 'ok');
    world.profile(
      'web',
      cgroup,
      `${limited(allowed, 'Audit')}  extends: [{kind: ClusterSecurityProfile, name: nobody}]\n`,
    );
    const dangling = await world.statusOf(
      'web',
      'the status tells of the missing base',
      (status) => condition(status, 'Accepted')?.reason === 'ExtendsMissing',
    );
    assert.match(condition(dangling, 'Accepted')?.message ?? '', /generation 1, .* stays in force/);
    assert.match(await shell.connect(forbidden), DENIED);
    world.profile('web', cgroup, limited(forbidden, 'Audit'));
    await world.statusOf(
      'web',
      'the mended file is in force',
      (status) => status.phase === 'Degraded' && condition(status, 'Realized')?.status === 'True',
    );
    assert.equal(await shell.connect(forbidden), 'ok');
    assert.match(await shell.connect(allowed), DENIED);
  });

  it('goes on refusing while it is dead, and afterwards says for how long it was', async () => {
    const [allowed, forbidden] = [await world.server(), await world.server()];
    const cgroup = world.makeCgroup();
    world.profile('web', cgroup, limited(allowed, 'Audit'));
    await world.up();
    const shell = world.shellIn(cgroup);
    assert.match(await shell.connect(forbidden), DENIED);
    await world.statusOf('web', 'one denial is counted', ({ counts }) => counts?.denied === 1);
    await world.down('SIGKILL');
    assert.match(await shell.connect(forbidden), DENIED, 'an old member, while the agent is dead');
    assert.equal(await shell.connect(allowed), 'ok');
    const late = world.shellIn(cgroup);
    assert.match(await late.connect(forbidden), DENIED, 'a process that came after its death');
    const dead = loadAddon().cgroupPrograms(world.cgroupPath(cgroup));
    await world.up();
    const [gap] = world.records('gap');
    assert.equal(gap?.code, 'NotRunning');
    assert.match(String(gap.detail), /was killed/);
    assert.ok(String(gap.firstTime) < String(gap.time));
    const alive = loadAddon().cgroupPrograms(world.cgroupPath(cgroup));
    assert.equal(alive.length, dead.length, 'what the dead one left was replaced');
    assert.equal(
      alive.some(({ id }) => dead.some((old) => old.id === id)),
      false,
    );
    assert.match(await shell.connect(forbidden), DENIED);
    await world.statusOf('web', 'counting goes on', ({ counts }) => counts?.denied === 2);
  });

  it('leaves enforcement in force when it is stopped, until it is detached', async () => {
    const [allowed, forbidden] = [await world.server(), await world.server()];
    const cgroup = world.makeCgroup();
    world.profile('web', cgroup, limited(allowed, 'Audit'));
    await world.up();
    assert.equal(await world.down(), 0);
    const shell = world.shellIn(cgroup);
    assert.match(await shell.connect(forbidden), DENIED);
    assert.match(world.detach(), /6 program\(s\) detached/);
    assert.equal(await shell.connect(forbidden), 'ok');
    assert.deepEqual(loadAddon().cgroupPrograms(world.cgroupPath(cgroup)), []);
  });

  it('learns a revision from a recording, and audits by it', async () => {
    const cgroup = world.cgroupName();
    world.profile('learn', cgroup, '  mode: Record\n');
    await world.up();
    const absent = await world.statusOf('learn', 'there is a status', () => true);
    assert.equal(condition(absent, 'Realized')?.reason, 'NoMatch');
    world.makeCgroup(cgroup);
    await world.statusOf('learn', 'the cgroup was found', ({ phase }) => phase === 'Recording');
    assert.equal(await world.runIn(cgroup, '/bin/cat /etc/hostname'), 0);
    world.profile('learn', cgroup, '  mode: Audit\n  baseRevision: Latest\n');
    const status = await world.statusOf(
      'learn',
      'the revision is in force',
      ({ mode, phase }) => mode === 'Audit' && phase === 'Active',
    );
    const revision = await world.stored.get({
      kind: 'ProfileRevision',
      namespace: 'pinfold',
      name: status.latestRevision ?? '',
    });
    assert.ok(revision?.kind === 'ProfileRevision');
    const { rules, provenance, hash } = revision.spec;
    assert.match(revision.metadata.name, /^learn-[0-9a-f]{8}$/);
    assert.equal(revision.metadata.name, revisionName('learn', hash, provenance));
    assert.deepEqual(rules.exec?.allow, [{ path: '/usr/bin/cat' }]);
    assert.ok(rules.files?.allow?.some(({ path }) => path === '/etc/hostname'));
    assert.ok(rules.syscalls?.allow?.includes('read'));
    assert.equal(provenance.startNotSeen, false);
    assert.equal(provenance.incomplete, false);
    assert.deepEqual(await world.stored.list('RecordedBehavior'), [], 'the revision replaces it');
    assert.equal(await world.runIn(cgroup, '/bin/cat /etc/hostname'), 0);
    assert.equal(await world.runIn(cgroup, '/bin/cat /etc/passwd'), 0, 'nothing is denied');
    const record = await world.record(
      'what was not learned is audited',
      'violation',
      ({ path }) => path === '/etc/passwd',
    );
    assert.equal(record.outcome, 'WouldDeny');
    assert.deepEqual(
      world.records('violation').filter(({ path }) => path === '/etc/hostname'),
      [],
    );
    await world.statusOf('learn', 'it is counted', ({ counts }) => counts?.audited === 1);
  });

  it('keeps what a recording learned when it is stopped, and when the cgroup ends', async () => {
    const cgroup = world.makeCgroup();
    world.profile('learn', cgroup, '  mode: Record\n');
    await world.up();
    const shell = world.shellIn(cgroup);
    assert.match(await shell.connect(1), /refused/);
    assert.equal(await world.down(), 0);
    const [first] = await world.stored.list('ProfileRevision');
    assert.ok(first?.spec.rules.exec?.allow?.some(({ path }) => path === '/usr/bin/bash'));
    await world.up();
    shell.end();
    await shell.exited;
    assert.equal(await world.runIn(cgroup, '/bin/true'), 0);
    rmdirSync(world.cgroupPath(cgroup));
    const both = await eventually(
      'the end of the cgroup makes a revision of both parts',
      async () =>
        (await world.stored.list('ProfileRevision')).find(({ spec }) => spec.provenance.cleanStop),
    );
    const paths = both.spec.rules.exec?.allow?.map(({ path }) => path);
    assert.ok(paths?.includes('/usr/bin/bash') === true && paths.includes('/usr/bin/true'));
  });

  it('denies nothing of a profile that it cannot enforce as a whole', async () => {
    const [allowed, forbidden] = [await world.server(), await world.server()];
    const cgroup = world.makeCgroup();
    world.profile(
      'web',
      cgroup,
      `${limited(allowed, 'Refuse')}    exec: {allow: [{path: /usr/bin/bash}]}\n`,
    );
    await world.up();
    const status = await world.statusOf(
      'web',
      'the status says why',
      ({ phase }) => phase === 'Degraded',
    );
    assert.equal(status.mode, 'Disabled');
    assert.equal(condition(status, 'Enforcing')?.reason, 'ProfileNotExpressible');
    assert.ok(status.gaps?.some((gap) => gap.class === 'exec'));
    const shell = world.shellIn(cgroup);
    assert.equal(await shell.connect(forbidden), 'ok');
  });

  it('kills who does what cannot be denied, where the profile asks for it', async () => {
    const cgroup = world.makeCgroup();
    world.profile(
      'web',
      cgroup,
      // bash asks for its terminal, and would sometimes be killed for it before it ends.
      '  mode: Enforce\n  onDegraded: Kill\n  rules:\n    exec: {allow: [{path: /usr/bin/bash}]}\n    files: {allow: [{path: /**, access: [Read, MapExecutable]}, {path: /dev/tty, access: [Read, Write]}]}\n',
    );
    await world.up();
    assert.equal(await world.runIn(cgroup, '/bin/sleep 60'), 'SIGKILL');
    const record = await world.record(
      'it is written down',
      'violation',
      ({ path }) => path === '/usr/bin/sleep',
    );
    assert.equal(record.outcome, 'Observed');
    assert.equal(await world.runIn(cgroup, '/bin/bash -c :'), 0);
  });

  it('judges by every profile of a cgroup, and allows what all of them allow', async () => {
    const ports = [await world.server(), await world.server(), await world.server()] as const;
    const [both, onlyA, onlyB] = ports;
    const cgroup = world.makeCgroup();
    const egress = (...list: readonly number[]): string => `  mode: Enforce
  onDegraded: Audit
  rules:
    network:
      egress: [{ports: [${list.map((port) => `{protocol: TCP, port: ${port}}`).join(', ')}]}]
`;
    world.profile('a', cgroup, egress(both, onlyA));
    world.profile('b', cgroup, egress(both, onlyB));
    await world.up();
    const shell = world.shellIn(cgroup);
    assert.equal(await shell.connect(both), 'ok');
    assert.match(await shell.connect(onlyA), DENIED);
    assert.match(await shell.connect(onlyB), DENIED);
    const record = await world.record('b decided', 'violation', ({ port }) => port === onlyA);
    assert.equal(record.profile, 'b');
  });

  it('attaches nothing to cgroups and syscalls while nothing needs it', async () => {
    const cgroup = world.makeCgroup();
    world.profile('web', cgroup, '  mode: Disabled\n  rules: {exec: {allow: []}}\n');
    await world.up();
    assert.deepEqual(loadAddon().cgroupPrograms(world.cgroupPath(cgroup)), []);
    const status = await world.statusOf(
      'web',
      'it is switched off',
      ({ phase }) => phase === 'Disabled',
    );
    assert.equal(status.mode, 'Disabled');
    const node = (await world.stored.list('NodeEnforcement'))[0];
    assert.equal(node?.status?.abilities?.length, 7);
    assert.match(
      readFileSync(join(world.state, 'node', 'heartbeat.json'), 'utf8'),
      /"stopped":false/,
    );
  });
});
