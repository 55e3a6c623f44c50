import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Access } from '../../../src/policy/operation.js';
import type { Behaviour } from '../../../src/recorder/behaviour.js';
import { generalise } from '../../../src/recorder/generalise.js';
import { isPublic } from '../../../src/recorder/public-address.js';
import { reviewsOf } from '../../../src/recorder/risky.js';
import { createBehaviour, sawExec, sawFile, sawSocket } from '../../../src/recorder/saw.js';

const reasons = (fill: (behaviour: Behaviour) => void): readonly string[] => {
  const behaviour = createBehaviour();
  fill(behaviour);
  return reviewsOf(generalise(behaviour)).map(({ reason, item }) => `${reason} ${item}`);
};
const file = (path: string, ...access: Access[]) =>
  reasons((behaviour) => {
    sawFile(behaviour, { path, access, at: 0 });
  });
const exec = (path: string) =>
  reasons((behaviour) => {
    sawExec(behaviour, { path, at: 0 });
  });

test('programs', () => {
  assert.deepEqual(exec('/usr/bin/dash'), ['Shell /usr/bin/dash']);
  assert.deepEqual(exec('/usr/bin/bash'), ['Shell /usr/bin/bash']);
  assert.deepEqual(exec('/usr/bin/sudo'), ['SetuidProgram /usr/bin/sudo']);
  assert.deepEqual(exec('/usr/bin/nc.openbsd'), ['RelayTool /usr/bin/nc.openbsd']);
  assert.deepEqual(exec('/tmp/job'), ['WritableProgram /tmp/job']);
  assert.deepEqual(exec('/usr/sbin/nginx'), []);
  assert.deepEqual(exec('/usr/bin/flash'), []);
});

test('files', () => {
  for (const path of [
    '/etc/shadow',
    '/root/.ssh/known_hosts',
    '/home/u/.aws/credentials',
    '/run/docker.sock',
    '/proc/kcore',
    '/run/secrets/kubernetes.io/serviceaccount/token',
  ])
    assert.deepEqual(file(path, 'Read'), [`SensitiveFile ${path}`]);
  assert.deepEqual(file('/etc/passwd', 'Read'), []);
  assert.deepEqual(file('/etc/cron.d/x', 'Create'), ['SystemWrite /etc/cron.d/x']);
  assert.deepEqual(file('/usr/bin/x', 'Attributes'), ['SystemWrite /usr/bin/x']);
  assert.deepEqual(file('/srv/x.so', 'Write', 'MapExecutable'), ['WritableProgram /srv/x.so']);
  assert.deepEqual(file('/srv/data', 'Write'), []);
});

test('a pattern that takes in a secret is sensitive too', () => {
  assert.deepEqual(
    reasons((behaviour) => {
      sawFile(behaviour, { path: '/etc/sha*', access: ['Read'], at: 0 });
    }),
    ['SensitiveFile /etc/sha*', 'Widened /etc/sha*'],
  );
});

test('a guessed path is to be looked at', () => {
  assert.deepEqual(
    reasons((behaviour) => {
      sawFile(behaviour, { path: '/srv/x', access: ['Read'], at: 0, doubt: 'Raced' });
    }),
    ['BestGuess /srv/x'],
  );
});

test('more than 50 names in /etc', () => {
  const etc = (count: number) =>
    reasons((behaviour) => {
      for (let n = 0; n < count; n++)
        sawFile(behaviour, { path: `/etc/conf${n}`, access: ['Read'], at: 0 });
    });
  assert.deepEqual(etc(50), []);
  assert.deepEqual(etc(51), ['ManyConfigurationFiles /etc']);
});

test('peers', () => {
  const connect = (...addresses: string[]) =>
    reasons((behaviour) => {
      for (const address of addresses)
        sawSocket(behaviour, { direction: 'Egress', protocol: 'TCP', address, port: 443, at: 0 });
    });
  assert.deepEqual(connect('10.0.0.1', '192.168.1.1', '::1', 'fd00::1'), []);
  assert.deepEqual(connect('8.8.8.8'), ['PublicAddress 8.8.8.8/32']);
  assert.deepEqual(connect('2606:4700::1111'), ['PublicAddress 2606:4700::1111/128']);
  const sixteen = Array.from({ length: 16 }, (_, n) => `10.0.0.${n + 1}`);
  assert.deepEqual(connect(...sixteen), ['ManyAddresses 10.0.0.1/32']);
});

test('public addresses', () => {
  for (const address of ['172.15.0.1', '172.32.0.1', '1.1.1.1', '2001:4860:4860::8888'])
    assert.ok(isPublic(address), address);
  for (const address of ['172.16.0.1', '100.64.0.1', '169.254.1.1', '224.0.0.1', 'fe80::1', '::'])
    assert.ok(!isPublic(address), address);
});
