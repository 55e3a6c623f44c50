/** What the node's object says of containers that are found by their cgroups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PinfoldError } from '../../../../src/errors.js';
import { RuntimeHook } from '../../../../src/node-enforcer/cluster/runtime-hook.js';
import { namingFinding } from '../../../../src/node-enforcer/cluster/naming.js';
import { failureOf } from '../../../../src/node-enforcer/nri/failure.js';

const unknown = new PinfoldError('RuntimeUnknown', { cgroup: '/docker-1.scope' });
const unread = new PinfoldError('PodUnreadable', { namespace: 'shop', pod: 'web', problem: 'no' });

test('each has a name', () => {
  const { type, holds, reason } = namingFinding({ named: 3, unnamed: [] });
  assert.deepEqual([type, holds, reason], ['ContainersNamed', true, 'FoundByCgroup']);
});

test('some have none: the first says why, all are counted', () => {
  assert.deepEqual(namingFinding({ named: 3, unnamed: [unread, unknown] }), {
    type: 'ContainersNamed',
    holds: false,
    reason: 'PodUnreadable',
    message: `no profile holds for 2 containers of 5: ${unread.message} (and 1 more)`,
  });
  assert.match(
    namingFinding({ named: 0, unnamed: [unknown] }).message,
    /1 container of 1: .*docker-1/,
  );
});

test('where nothing is seen, that is what is said', () => {
  const blind = new PinfoldError('KubepodsNotFound', { problem: 'gone' });
  const { holds, reason } = namingFinding({ blind, named: 1, unnamed: [unread] });
  assert.deepEqual([holds, reason], [false, 'KubepodsNotFound']);
});

test('the runtime’s own condition says how containers are found without it', () => {
  const hook = new RuntimeHook();
  const failure = failureOf('NriUnavailable', { socket: '/run/nri/nri.sock', problem: 'ENOENT' });
  hook.take({ kind: 'Disconnected', failure, retryInMs: 100 });
  const { holds, reason, message } = hook.finding;
  assert.deepEqual([holds, reason], [false, 'NriUnavailable']);
  assert.match(message, /found by their cgroups.*first exec.*neither judged nor recorded/);
});
