/** What the runtime's calls are answered with; test/nri has the same against a runtime. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Admission } from '../../../../src/node-enforcer/nri/admission.js';
import { AdmissionDesk } from '../../../../src/node-enforcer/nri/desk.js';
import type { NriEvent } from '../../../../src/node-enforcer/nri/events.js';
import { PluginService } from '../../../../src/node-enforcer/nri/plugin-service.js';
import { EVENT, subscriptionFor } from '../../../../src/node-enforcer/nri/subscription.js';
import {
  configureRequest,
  configureResponse,
  lifecycleRequest,
  stateChangeEvent,
  synchronizeRequest,
  synchronizeResponse,
} from '../../../../src/node-enforcer/nri/wire/messages.js';
import type { WireContainer, WirePod } from '../../../../src/node-enforcer/nri/wire/messages.js';

const wirePod: WirePod = {
  ...{ id: 'sandbox', name: 'web', uid: 'uid', namespace: 'shop' },
  ...{ labels: new Map(), annotations: new Map(), linux: undefined },
};

const wireContainer: WireContainer = {
  ...{ id: 'container', podSandboxId: 'sandbox', name: 'main', state: 3, pid: 42 },
  // Where the tests' "hierarchy" is mounted, there is such a directory.
  ...{ annotations: new Map(), linux: { cgroupsPath: '/' }, image: undefined },
};

const setUp = (overrides: Partial<Admission> = {}) => {
  const calls: string[] = [];
  const events: NriEvent[] = [];
  const note = (name: string) => (): void => {
    calls.push(name);
  };
  const admission: Admission = {
    podStarted: note('podStarted'),
    podRemoved: note('podRemoved'),
    create: () => {
      calls.push('create');
      return { kind: 'Allow' };
    },
    start: () => {
      calls.push('start');
      return { kind: 'Allow', slot: 3 };
    },
    unresolved: () => 'Allow',
    removed: note('removed'),
    synchronize: note('synchronize'),
    update: note('update'),
    close: note('close'),
    ...overrides,
  };
  const desk = new AdmissionDesk(admission, import.meta.dirname, (event) => events.push(event));
  const service = new PluginService(desk, {
    configured: () => 0x2a,
    synchronized: note('synchronized'),
    shutdown: note('shutdown'),
  });
  return { service, calls, events };
};

const request = lifecycleRequest.encode({ pod: wirePod, container: wireContainer });

const byEvent: readonly (readonly [keyof typeof EVENT, string, string])[] = [
  ['runPodSandbox', 'RunPodSandbox', 'podStarted'],
  ['removePodSandbox', 'RemovePodSandbox', 'podRemoved'],
  ['createContainer', 'CreateContainer', 'create'],
  ['startContainer', 'StartContainer', 'start'],
  ['removeContainer', 'RemoveContainer', 'removed'],
];

for (const [event, method, call] of byEvent)
  test(`${method} reaches the admission, by its own call and by StateChange`, async () => {
    const { service, calls } = setUp();
    const old = stateChangeEvent.encode({
      ...{ event: EVENT[event], pod: wirePod, container: wireContainer },
    });
    assert.equal((await service.serve(method, request)).kind, 'Answer');
    assert.equal((await service.serve('StateChange', old)).kind, 'Answer');
    assert.deepEqual(calls, [call, call]);
  });

test('an event that was not asked for is answered all the same', async () => {
  const { service, calls } = setUp();
  const event = stateChangeEvent.encode({ event: 7, pod: wirePod, container: wireContainer });
  assert.equal((await service.serve('StateChange', event)).kind, 'Answer');
  assert.deepEqual(calls, []);
});

test('methods that there are not are answered as gRPC says', async () => {
  const reply = await setUp().service.serve('StopContainer', request);
  assert.equal(reply.kind === 'Failure' && reply.code, 12);
});

test('what is not the message that it should be fails closed', async () => {
  const { service, calls } = setUp();
  const methods = [
    'Configure',
    'Synchronize',
    'StateChange',
    ...byEvent.map(([, method]) => method),
  ];
  for (const method of methods) {
    const reply = await service.serve(method, Buffer.from([0xff]));
    assert.equal(reply.kind, 'Failure', method);
  }
  for (const method of ['StartContainer', 'CreateContainer']) {
    const reply = await service.serve(method, lifecycleRequest.encode({ pod: wirePod }));
    assert.match(reply.kind === 'Failure' ? reply.message : '', /a call without a container/);
  }
  assert.deepEqual(calls, []);
});

test('no method throws, whatever it is given', async () => {
  const methods = [
    'Configure',
    'Synchronize',
    'Shutdown',
    'StateChange',
    'ValidateContainerAdjustment',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods, ...byEvent.map(([, method]) => method)),
      fc.uint8Array({ maxLength: 200 }),
      async (method, payload) => {
        const reply = await setUp().service.serve(method, Buffer.from(payload));
        assert.ok(reply.kind === 'Answer' || reply.message.startsWith('pinfold: '));
      },
    ),
  );
});

test('Synchronize in parts: pods may come after their containers, and only the end is acted upon', async () => {
  const seen: number[] = [];
  const { service, calls, events } = setUp({
    synchronize: (containers, pods) => {
      seen.push(containers.length, pods.length);
    },
  });
  const part = (pods: WirePod[], containers: WireContainer[], more: boolean) =>
    service.serve('Synchronize', synchronizeRequest.encode({ pods, containers, more }));
  const first = await part([], [wireContainer], true);
  assert.equal(first.kind === 'Answer' && synchronizeResponse.decode(first.payload).more, true);
  assert.deepEqual(seen, []);
  const orphan = { ...wireContainer, id: 'orphan', podSandboxId: 'gone' };
  const last = await part([wirePod], [orphan], false);
  assert.equal(last.kind === 'Answer' && synchronizeResponse.decode(last.payload).more, false);
  assert.deepEqual(seen, [1, 1]);
  assert.deepEqual(calls, ['synchronized']);
  assert.deepEqual(
    events.map((event) => (event.kind === 'Gap' ? event.containerId : event.kind)),
    ['orphan', 'Synchronized'],
  );
});

test('a runtime that never ends its Synchronize is stopped', async () => {
  const { service, calls } = setUp();
  const containers = Array.from({ length: 20_000 }, () => wireContainer);
  const part = synchronizeRequest.encode({ containers, more: true });
  const replies = [];
  for (let index = 0; index < 7; index += 1) replies.push(await service.serve('Synchronize', part));
  assert.deepEqual(
    replies.map((reply) => (reply.kind === 'Failure' ? reply.code : 0)),
    [0, 0, 0, 0, 0, 8, 8],
  );
  assert.deepEqual(calls, []);
});

test('Configure is answered with the mask', async () => {
  const reply = await setUp().service.serve('Configure', configureRequest.encode({}));
  assert.equal(reply.kind === 'Answer' && configureResponse.decode(reply.payload).events, 0x2a);
});

test('the mask: all that is needed, and the guard of creations where it can be had', () => {
  const needed = 1 | 4 | 8 | 32 | 1024;
  assert.deepEqual(subscriptionFor('v0.12.3', false), {
    mask: needed | 8192,
    guardsCreation: true,
  });
  assert.deepEqual(subscriptionFor('v0.12.3', true), { mask: needed | 8192, guardsCreation: true });
  assert.deepEqual(subscriptionFor('', false), { mask: needed | 8192, guardsCreation: true });
  assert.deepEqual(subscriptionFor('', true), { mask: needed, guardsCreation: false });
});
