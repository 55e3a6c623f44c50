import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../../src/kube/kube-object.js';
import { ObjectIndex } from '../../../src/kube/object-index.js';
import type { Change } from '../../../src/kube/object-index.js';

const object = (name: string, uid: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, uid, resourceVersion: String(version) },
});

const told = (changes: readonly Change[]): readonly string[] =>
  changes.map((change) =>
    change.kind === 'Deleted'
      ? `-${change.key}`
      : `+${change.key}@${change.object.metadata.resourceVersion}`,
  );

void describe('the index of objects', () => {
  void it('tells what a list adds, changes and lacks', () => {
    const index = new ObjectIndex();
    index.beginList();
    assert.deepEqual(told(index.replace([object('a', '1', 1), object('b', '2', 2)], '5')), [
      '+a@1',
      '+b@2',
    ]);
    index.beginList();
    assert.deepEqual(told(index.replace([object('b', '2', 2), object('c', '3', 6)], '7')), [
      '-a',
      '+c@6',
    ]);
  });

  void it('tells the deletion between two objects of one name', () => {
    const index = new ObjectIndex();
    index.replace([object('a', '1', 1)], '1');
    assert.deepEqual(told(index.changed(object('a', '2', 4))), ['-a', '+a@4']);
    index.beginList();
    assert.deepEqual(told(index.replace([object('a', '3', 9)], '9')), ['-a', '+a@9']);
  });

  void it('starts over from a list whose versions went back, as after a restore of etcd', () => {
    const index = new ObjectIndex();
    index.replace([object('a', '1', 900), object('b', '2', 901)], '1000');
    index.beginList();
    assert.deepEqual(told(index.replace([object('a', '1', 10)], '11')), ['-b', '+a@10']);
    assert.deepEqual(told(index.changed(object('a', '1', 12))), ['+a@12']);
  });

  void it('takes our own writes at once and is not undone by older news', () => {
    const index = new ObjectIndex();
    index.replace([object('a', '1', 1)], '1');
    assert.deepEqual(told(index.wrote(object('a', '1', 5))), ['+a@5']);
    assert.deepEqual(told(index.changed(object('a', '1', 3))), []);
    assert.deepEqual(told(index.changed(object('a', '1', 5))), []);
    assert.deepEqual(told(index.changed(object('a', '1', 6))), ['+a@6']);
    assert.deepEqual(told(index.wrote(object('a', '1', 5))), [], 'an answer that comes late');
  });

  void it('does not bring back what we deleted', () => {
    const index = new ObjectIndex();
    index.replace([], '1');
    index.wrote(object('a', '1', 2));
    assert.deepEqual(told(index.deleted('a', '1')), ['-a']);
    assert.deepEqual(told(index.changed(object('a', '1', 2))), []);
    assert.deepEqual(told(index.gone(object('a', '1', 3))), []);
    assert.deepEqual(told(index.changed(object('a', '2', 4))), ['+a@4']);
  });

  void it('keeps what we made while a list was under way', () => {
    const index = new ObjectIndex();
    index.beginList();
    index.wrote(object('a', '1', 6));
    assert.deepEqual(told(index.replace([], '5')), []);
    assert.deepEqual(told(index.changed(object('a', '1', 6))), []);
    assert.deepEqual(told(index.gone(object('a', '1', 7))), ['-a']);
  });
});

/** What the server did, in order. `ours`: this program did it, and has its answer at once. */
type Act =
  | { readonly kind: 'Write'; readonly name: string; readonly ours: boolean }
  | { readonly kind: 'Delete'; readonly name: string; readonly ours: boolean }
  /** The watch tells the next so many things. */
  | { readonly kind: 'Hear'; readonly count: number }
  /** The watch breaks; a list is read, and told after so many further acts. */
  | { readonly kind: 'List' };

const names = fc.constantFrom('a', 'b');
const acts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('Write' as const), name: names, ours: fc.boolean() }),
    fc.record({ kind: fc.constant('Delete' as const), name: names, ours: fc.boolean() }),
    fc.record({ kind: fc.constant('Hear' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('List' as const) }),
  ),
  { maxLength: 40 },
);

/** A server, the watch on it, and what a consumer of the index believes. */
class Model {
  readonly index = new ObjectIndex();
  readonly stored = new Map<string, KubeObject>();
  readonly believed = new Map<string, KubeObject>();
  readonly #log: { readonly kind: 'changed' | 'gone'; readonly object: KubeObject }[] = [];
  #version = 0;
  #uid = 0;
  #heard = 0;

  perform(act: Act): void {
    switch (act.kind) {
      case 'Write':
        this.#write(act);
        return;
      case 'Delete':
        this.#delete(act);
        return;
      case 'Hear':
        this.hear(act.count);
        return;
      case 'List':
        this.index.beginList();
        this.#take(this.index.replace([...this.stored.values()], String(this.#version)));
        this.#heard = this.#log.length;
    }
  }

  hear(count: number): void {
    for (const { kind, object: item } of this.#log.slice(this.#heard, this.#heard + count)) {
      this.#take(this.index[kind](item));
      this.#heard += 1;
    }
  }

  #write({ name, ours }: Extract<Act, { kind: 'Write' }>): void {
    this.#version += 1;
    const uid = this.stored.get(name)?.metadata.uid ?? String((this.#uid += 1));
    const written = object(name, uid, this.#version);
    this.stored.set(name, written);
    this.#log.push({ kind: 'changed', object: written });
    if (!ours) return;
    this.#take(this.index.wrote(written));
    assert.equal(this.believed.get(name), written, 'we read what we wrote');
  }

  #delete({ name, ours }: Extract<Act, { kind: 'Delete' }>): void {
    const before = this.stored.get(name);
    if (before === undefined) return;
    this.#version += 1;
    this.stored.delete(name);
    const { uid } = before.metadata;
    this.#log.push({ kind: 'gone', object: object(name, uid, this.#version) });
    if (ours) this.#take(this.index.deleted(name, uid));
  }

  #take(changes: readonly Change[]): void {
    for (const change of changes) {
      const before = this.believed.get(change.key);
      if (change.kind === 'Deleted') {
        assert.ok(before, 'only what was told can be deleted');
        this.believed.delete(change.key);
      } else {
        const { uid, resourceVersion } = change.object.metadata;
        if (before !== undefined) {
          assert.equal(before.metadata.uid, uid, 'another object only after a deletion');
          assert.ok(Number(before.metadata.resourceVersion) < Number(resourceVersion));
        }
        this.believed.set(change.key, change.object);
      }
    }
  }
}

void describe('the index of objects, against any history', () => {
  void it('agrees with the server once everything was heard, and never goes back', () => {
    fc.assert(
      fc.property(acts, (history) => {
        const model = new Model();
        model.perform({ kind: 'List' });
        for (const act of history) model.perform(act);
        model.hear(Number.MAX_SAFE_INTEGER);
        assert.deepEqual(
          [...model.believed].sort(([a], [b]) => (a < b ? -1 : 1)),
          [...model.stored].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
