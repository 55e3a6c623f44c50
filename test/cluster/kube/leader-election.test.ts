/** Leader election over a real Lease. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LeaderElection } from '../../../src/kube/leader-election.js';
import { until } from '../../support/until.js';
import { skip } from '../support/needs.js';
import { World } from './world.js';

const QUICK = { durationMs: 3000, deadlineMs: 2000, retryMs: 200 };

/** A candidate that leads until its signal aborts, and whom the lease names. */
const candidate = (world: World, identity: string) => {
  const stop = new AbortController();
  let leads = false;
  const { client, namespace } = world;
  const election = new LeaderElection({
    client,
    namespace,
    name: 'pinfold',
    identity,
    timing: QUICK,
  });
  const ended = election.run(stop.signal, async (signal) => {
    leads = true;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
      if (signal.aborted) resolve();
    });
    leads = false;
  });
  return {
    leads: () => leads,
    ended,
    stop: () => {
      stop.abort();
    },
  };
};

const holder = async (world: World): Promise<unknown> => {
  const { spec } = await world.json(['get', 'lease', 'pinfold']);
  return (spec as { holderIdentity?: unknown }).holderIdentity;
};

void describe('leader election', { skip, timeout: 120_000 }, () => {
  it('has one leader, and the next when that one goes', async (t) => {
    const world = await World.of(t);
    const first = candidate(world, 'first');
    await until('the first leads', 15, () => Promise.resolve(first.leads() || undefined));
    const second = candidate(world, 'second');
    assert.equal(await holder(world), 'first');
    first.stop();
    assert.equal(await first.ended, 'Ended');
    await until('the second leads', 15, () => Promise.resolve(second.leads() || undefined));
    assert.equal(first.leads(), false);
    assert.equal(await holder(world), 'second');
    second.stop();
    await second.ended;
    assert.equal(await holder(world), '');
  });

  it('stops leading when somebody else has the lease', async (t) => {
    const world = await World.of(t);
    const one = candidate(world, 'one');
    await until('it leads', 15, () => Promise.resolve(one.leads() || undefined));
    const thief = JSON.stringify({ spec: { holderIdentity: 'thief' } });
    await world.kubectl(['patch', 'lease', 'pinfold', '--type=merge', '-p', thief]);
    assert.equal(await one.ended, 'Lost');
    assert.equal(one.leads(), false);
    assert.equal(await holder(world), 'thief', 'it does not take it back');
  });

  it('waits for a holder that says nothing no longer than the lease lasts', async (t) => {
    const world = await World.of(t);
    await world.kubectl(
      ['create', '-f', '-'],
      JSON.stringify({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'pinfold' },
        spec: { holderIdentity: 'dead', leaseDurationSeconds: 3 },
      }),
    );
    const heir = candidate(world, 'heir');
    await until('the heir leads', 20, () => Promise.resolve(heir.leads() || undefined));
    const { spec } = await world.json(['get', 'lease', 'pinfold']);
    assert.equal((spec as { leaseTransitions?: unknown }).leaseTransitions, 1);
    heir.stop();
    await heir.ended;
  });
});
