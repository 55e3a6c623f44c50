/** What capabilities a program has that the launcher started. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import {
  buildLauncher,
  compileActor,
  launch,
  makeTemporary,
  removeTemporary,
  skip,
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
