/** The plugin as it is shipped: compiled, without any loader. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type * as Source from '../../src/node-enforcer/nri/nri-plugin.js';
import { buildPeer } from './support/build-peer.js';
import { TestNode, container, pod } from './support/node.js';

const peer = buildPeer();
const built = join(import.meta.dirname, '../../dist/src/node-enforcer/nri/nri-plugin.js');

const options = (): { skip?: string; timeout?: number } => {
  if ('skip' in peer) return peer;
  return existsSync(built) ? { timeout: 60_000 } : { skip: 'needs a build (npm run build)' };
};

const admission = `
const nothing = () => {};
export const createAdmission = () => ({
  podStarted: nothing, podRemoved: nothing, removed: nothing, synchronize: nothing,
  update: nothing, close: nothing, unresolved: () => 'Allow',
  create: () => ({ kind: 'Refuse', reason: 'the compiled plugin answers' }),
  start: () => ({ kind: 'Allow' }),
});`;

test('the compiled plugin finds its thread and answers', options(), async () => {
  const { NriPlugin } = (await import(pathToFileURL(built).href)) as typeof Source;
  await using node = new TestNode('path' in peer ? peer.path : '');
  const runtime = await node.startRuntime();
  const plugin = NriPlugin.start({
    cgroupRoot: node.cgroupRoot,
    socketPath: node.socket,
    admissionModule: new URL(`data:text/javascript,${encodeURIComponent(admission)}`),
    state: undefined,
    onEvent: () => undefined,
  });
  try {
    await runtime.untilPlugins(1);
    const { error } = await runtime.call({
      op: 'CreateContainer',
      pod: pod('web'),
      container: container('web', 'main'),
    });
    assert.match(error ?? '', /the compiled plugin answers/);
  } finally {
    await plugin.stop();
  }
});
