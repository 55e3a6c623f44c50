/** The connection against a runtime of an older kind, which we play ourselves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AdmissionDesk } from '../../../../src/node-enforcer/nri/desk.js';
import type { NriEvent } from '../../../../src/node-enforcer/nri/events.js';
import { NriLink } from '../../../../src/node-enforcer/nri/link.js';
import {
  configureRequest,
  configureResponse,
  registerPluginRequest,
  synchronizeRequest,
  ttrpcRequest,
  ttrpcResponse,
} from '../../../../src/node-enforcer/nri/wire/messages.js';
import { MuxReader, muxFrames } from '../../../../src/node-enforcer/nri/wire/mux.js';
import { TtrpcReader, ttrpcMessage } from '../../../../src/node-enforcer/nri/wire/ttrpc.js';

/** Serves one connection as NRI 0.9 does: says no version, and closes over an event that it does not have. */
const serveAsOld = (socket: Socket, masks: number[], names: string[]): void => {
  const mux = new MuxReader();
  const readers = new Map([1, 2].map((connection) => [connection, new TtrpcReader()]));
  const send = (connection: number, stream: number, type: number, body: Buffer): void => {
    socket.write(muxFrames(connection, ttrpcMessage({ stream, type, body })));
  };
  const call = (stream: number, method: string, payload: Buffer): void => {
    const service = 'nri.pkg.api.v1alpha1.Plugin';
    send(1, stream, 1, ttrpcRequest.encode({ service, method, payload }));
  };
  const take = (connection: number, stream: number, body: Buffer): void => {
    if (connection === 2) {
      const { pluginName, pluginIdx } = registerPluginRequest.decode(
        ttrpcRequest.decode(body).payload,
      );
      names.push(`${pluginIdx}-${pluginName}`);
      // Before the registration is answered, as it can happen.
      call(
        1,
        'Configure',
        configureRequest.encode({ runtimeName: 'containerd', runtimeVersion: '2.0' }),
      );
      send(2, stream, 2, ttrpcResponse.encode({}));
    } else if (stream === 1) {
      const { events } = configureResponse.decode(ttrpcResponse.decode(body).payload);
      masks.push(events);
      if (events >= 2 ** 11) socket.destroy();
      else call(3, 'Synchronize', synchronizeRequest.encode({}));
    }
  };
  socket.on('data', (chunk) => {
    for (const { connection, bytes } of mux.push(chunk))
      for (const { stream, body } of readers.get(connection)?.push(bytes) ?? [])
        take(connection, stream, body);
  });
};

test('a runtime that does not know the guard is asked again without it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pinfold-link-'));
  const socketPath = join(directory, 'nri.sock');
  const masks: number[] = [];
  const names: string[] = [];
  const server = createServer((socket) => {
    serveAsOld(socket, masks, names);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  const nothing = (): void => undefined;
  const admission = {
    ...{ podStarted: nothing, podRemoved: nothing, removed: nothing, synchronize: nothing },
    ...{ update: nothing, close: nothing, unresolved: () => 'Allow' as const },
    ...{ create: () => ({ kind: 'Allow' }) as const, start: () => ({ kind: 'Allow' }) as const },
  };
  try {
    const events: NriEvent[] = [];
    await new Promise<void>((resolve) => {
      const emit = (event: NriEvent): void => {
        events.push(event);
        if (event.kind === 'Connected') resolve(link.stop());
      };
      const options = { socketPath, pluginName: 'pinfold', pluginIndex: '10' };
      const link = new NriLink(options, new AdmissionDesk(admission, '/', emit), emit);
      link.start();
    });
    assert.deepEqual(names, ['10-pinfold', '10-pinfold']);
    assert.deepEqual(
      masks.map((mask) => mask >= 8192),
      [true, false],
    );
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['Disconnected', 'Synchronized', 'Connected'],
    );
    const connected = events.at(-1);
    assert.ok(connected?.kind === 'Connected');
    assert.equal(connected.guardsCreation, false);
    assert.deepEqual(connected.runtime, { name: 'containerd', version: '2.0', nriVersion: '' });
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});
