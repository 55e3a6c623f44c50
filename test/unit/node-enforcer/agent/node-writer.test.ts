import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PinfoldObject } from '../../../../src/api/objects.js';
import { NodeWriter } from '../../../../src/node-enforcer/agent/node-writer.js';
import type { NodeSnapshot } from '../../../../src/node-enforcer/agent/node-writer.js';

const snapshot = (generation: number): NodeSnapshot => ({
  profiles: [
    {
      ...{ kind: 'SecurityProfile', namespace: 'shop', name: 'web', generation },
      ...{ mode: 'Audit', containers: 1, gaps: 0, gapList: [], denied: 0, audited: 0 },
      recentViolations: [],
    },
  ],
  totals: { containers: 1, denied: 0, audited: 0, lost: 0 },
  running: true,
  unwritten: 0,
  findings: [],
});

/** A store whose writes end when they are told to. */
const slowStore = () => {
  const written: (number | undefined)[] = [];
  const pending: ((error?: Error) => void)[] = [];
  return {
    written,
    /** Ends the oldest write under way, once there is one. */
    end: async (error?: Error) => {
      while (pending.length === 0) await new Promise((resolve) => setImmediate(resolve));
      pending.shift()?.(error);
    },
    get: () => Promise.resolve(undefined),
    apply: (object: PinfoldObject) =>
      new Promise<void>((resolve, reject) => {
        assert.ok(object.kind === 'NodeEnforcement');
        written.push(object.status?.profiles?.[0]?.generation);
        pending.push((error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
  };
};

void describe('writing the object of the node', () => {
  void it('lets no state overtake another, and leaves out those that are old by then', async () => {
    const store = slowStore();
    const writer = new NodeWriter(store, 'node');
    const writes = [1, 2, 3].map((generation) => writer.write(snapshot(generation)));
    await store.end();
    await store.end();
    await Promise.all(writes);
    assert.deepEqual(store.written, [1, 3]);
  });

  void it('writes nothing where nothing changed', async () => {
    const store = slowStore();
    const writer = new NodeWriter(store, 'node');
    const first = writer.write(snapshot(1));
    await store.end();
    await first;
    await writer.write(snapshot(1));
    assert.deepEqual(store.written, [1]);
  });

  void it('goes on after a failure', async () => {
    const store = slowStore();
    const writer = new NodeWriter(store, 'node');
    const failing = writer.write(snapshot(1));
    await store.end(new Error('away'));
    await assert.rejects(failing, /away/);
    const next = writer.write(snapshot(2));
    await store.end();
    await next;
    assert.deepEqual(store.written, [1, 2]);
  });

  void it('rests for a second after a write, and while one is under way', async () => {
    const store = slowStore();
    const writer = new NodeWriter(store, 'node');
    assert.ok(writer.rested(Date.now()));
    const before = Date.now();
    const writing = writer.write(snapshot(1));
    assert.ok(!writer.rested(before + 10_000));
    await store.end();
    await writing;
    assert.ok(!writer.rested(before + 999));
    assert.ok(writer.rested(Date.now() + 1_000));
  });
});
