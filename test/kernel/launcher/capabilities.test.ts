/** What capabilities a program has that the launcher started. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  buildLauncher,
  compileActor,
  launch,
  launcher,
  makeTemporary,
  removeTemporary,
  skip,
  withCgroup,
} from './harness.js';

const NET_BIND_SERVICE = 1n << 10n;
const CHOWN = 1n;
const EPERM = 1;

const sets = (status: string): Record<string, bigint> =>
  Object.fromEntries(
    [...status.matchAll(/^Cap(\w+):\t(\w+)$/gm)].map(([, name = '', mask]): [string, bigint] => [
      name,
      BigInt(`0x${mask ?? ''}`),
    ]),
  );

describe('pinfold-launch limits capabilities', { skip }, () => {
  let directory = '';
  let actor = '';
  before(() => {
    buildLauncher();
    directory = makeTemporary();
    actor = compileActor(directory, 'actor');
  });
  after(() => {
    removeTemporary(directory);
  });

  const under = async (...plan: readonly string[]): Promise<Record<string, bigint>> =>
    sets((await launch([...plan, 'end'], ['cat', '/proc/self/status'])).stdout);

  it('of a program that runs as root to those that are kept', async () => {
    const kept = NET_BIND_SERVICE | CHOWN;
    assert.deepEqual(await under(`capabilities_keep\t${kept.toString(16)}`), {
      Inh: 0n,
      Prm: kept,
      Eff: kept,
      Bnd: kept,
      Amb: 0n,
    });
  });

  it('without adding any that it would not have had', async () => {
    const mine = sets(readFileSync('/proc/self/status', 'utf8'));
    assert.deepEqual(await under('capabilities_keep\tffffffffffffffff', 'no_new_privs'), mine);
  });

  it('that were inherited and ambient', async () => {
    const plan = join(directory, 'plan');
    const kept = NET_BIND_SERVICE.toString(16);
    writeFileSync(plan, `capabilities_keep\t${kept}\nend\n`);
    const given = '+chown,+net_bind_service';
    const result = await withCgroup((cgroup) => {
      const line = `exec setpriv --inh-caps ${given} --ambient-caps ${given} ${launcher} --cgroup ${cgroup} --plan-fd 3 -- cat /proc/self/status 3<${plan}`;
      return Promise.resolve(sets(execFileSync('sh', ['-c', line], { encoding: 'utf8' })));
    });
    assert.equal(result.Inh, NET_BIND_SERVICE);
    assert.equal(result.Amb, NET_BIND_SERVICE);
  });

  it('not at all where the plan is silent', async () => {
    assert.deepEqual(await under(), sets(readFileSync('/proc/self/status', 'utf8')));
  });

  it('down to none, so that page zero, where the last call was made, is out of reach', async () => {
    const command = [actor, 'page-zero'];
    assert.equal((await launch(['end'], command)).stdout, 'page-zero 0\n');
    const result = await launch(['capabilities_keep\t0', 'end'], command);
    assert.equal(result.stdout, `page-zero ${EPERM}\n`);
  });
});
