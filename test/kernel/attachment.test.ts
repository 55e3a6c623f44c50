/** What is attached before, during and after: nothing that taxes others without a reason. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadAddon } from '../../src/bpf/addon.js';
import { missingTracepoints } from '../../src/bpf/kernel.js';
import { TracingSession } from '../../src/bpf/session.js';
import { cgroupOfProcess } from '../../src/node-enforcer/cgroups.js';
import { loadProfile } from '../../src/node-enforcer/profile-input.js';
import { planHere, run } from '../../src/node-enforcer/run.js';
import { attachedBy } from './support/attached.js';
import { Workshop } from './support/cases.js';
import { skip } from './support/needs.js';
import { recordCommand } from './support/recorded.js';

const IDENTITY = [
  'pf_cgroup_attac',
  'pf_cgroup_mkdir',
  'pf_cgroup_rmdir',
  'pf_process_exec',
  'pf_task_newtask',
];
const CGROUP = ['pf_bind4', 'pf_bind6', 'pf_connect4', 'pf_connect6', 'pf_sendmsg4', 'pf_sendmsg6'];
const existing = (...names: readonly (readonly string[])[]): readonly string[] =>
  names
    .flat()
    .filter((name) => !missingTracepoints().includes(name))
    .sort();
const DENIALS = ['pf_capable', 'pf_sys_exit'];
const EVENTS = ['pf_capable', 'pf_io_uring', 'pf_listen'];
const OBSERVATION = [...EVENTS, 'pf_sys_exit'];

const NO_GAPS = '{capabilities: {allow: [KILL]}, forbid: [UserNamespaces]}';
const SYSCALLS = '{syscalls: {architectures: [x86_64], deny: [mount]}}';
const WITH_GAPS =
  '{files: {allow: [{path: /**, access: [Read, Write, Create, Delete, MapExecutable, Attributes]}], deny: [{path: /etc/shadow}]}}';
const NETWORK = '{network: {egress: [{to: [{ipBlock: {cidr: 127.0.0.1/32}}]}]}}';

void describe('attachment', { skip }, () => {
  let workshop: Workshop;
  before(() => {
    workshop = new Workshop();
  });
  after(() => {
    workshop.remove();
  });

  interface During {
    readonly attached: readonly string[];
    /** At the cgroup of the command. */
    readonly atCgroup: readonly string[];
    readonly gaps: number;
  }

  const runWith = async (
    name: string,
    rules: string,
    mode: 'Audit' | 'Enforce',
  ): Promise<During> => {
    const file = join(workshop.directory, `${name}.yaml`);
    writeFileSync(
      file,
      `apiVersion: pinfold.dev/v1alpha1\nkind: SecurityProfile\nmetadata: {name: ${name}}\nspec: {mode: Enforce, selector: {podSelector: {}}, rules: ${rules}}\n`,
    );
    const loaded = loadProfile([file]);
    let attached: readonly string[] = [];
    let atCgroup: readonly string[] = [];
    await run({
      loaded,
      mode,
      onDegraded: 'Audit',
      command: '/bin/sleep',
      arguments: ['1000'],
      onRecords: () => undefined,
      onLaunch: (launched) => {
        attached = attachedBy('self');
        atCgroup = loadAddon()
          .cgroupPrograms(cgroupOfProcess(launched.pid))
          .map((program) => program.name);
        launched.signal('SIGKILL');
      },
    });
    assert.deepEqual(attachedBy('self'), [], 'after');
    return { attached, atCgroup: [...atCgroup].sort(), gaps: planHere(loaded.rules).gaps.length };
  };

  void test('idle: identity only', () => {
    assert.deepEqual(attachedBy('self'), []);
    const session = TracingSession.open();
    assert.deepEqual(attachedBy('self'), IDENTITY);
    session.close();
    assert.deepEqual(attachedBy('self'), []);
  });

  void test('record: everything that observes', async () => {
    let during: readonly string[] = [];
    await recordCommand('/bin/true', [], {
      onLaunch: () => {
        during = attachedBy('self');
      },
    });
    assert.deepEqual(during, existing(IDENTITY, CGROUP, OBSERVATION, ['pf_sys_enter']));
    assert.deepEqual(attachedBy('self'), []);
  });

  void test('audit observes; what every call passes only where the profile speaks of it', async () => {
    const plain = await runWith('audit', NETWORK, 'Audit');
    assert.deepEqual(plain.attached, existing(IDENTITY, CGROUP, EVENTS));
    const judged = await runWith('audit-syscalls', SYSCALLS, 'Audit');
    assert.deepEqual(judged.attached, existing(IDENTITY, CGROUP, OBSERVATION, ['pf_sys_enter']));
  });

  void test('enforce without gaps: what sees denials, and nothing at the cgroup', async () => {
    const during = await runWith('enforce', NO_GAPS, 'Enforce');
    assert.equal(during.gaps, 0);
    assert.deepEqual(during.attached, existing(IDENTITY, DENIALS));
    assert.deepEqual(during.atCgroup, []);
  });

  void test('a profile that no result of a call can break: nothing that every call passes', async () => {
    const { attached } = await runWith(
      'capabilities',
      '{capabilities: {allow: [KILL]}}',
      'Enforce',
    );
    assert.deepEqual(attached, existing(IDENTITY, EVENTS));
  });

  void test('enforce with gaps: what it cannot refuse is observed', async () => {
    const during = await runWith('gaps', WITH_GAPS, 'Enforce');
    assert.notEqual(during.gaps, 0);
    assert.deepEqual(during.attached, existing(IDENTITY, OBSERVATION));
    assert.deepEqual(during.atCgroup, CGROUP);
  });

  void test('enforce on the network: at the cgroup of the command and with no link that would end', async () => {
    const during = await runWith('network', NETWORK, 'Enforce');
    assert.deepEqual(during.atCgroup, CGROUP);
    assert.deepEqual(
      during.attached.filter((name) => CGROUP.includes(name)),
      [],
    );
  });
});
