import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { StoreEvent } from '../../../src/store/store.js';
import { DirectoryStore } from '../../../src/store/directory/directory-store.js';
import type { DirectoryStoreOptions } from '../../../src/store/directory/directory-store.js';

export const profile = (name: string, path = '/bin/ls', mode = 'Audit'): string => `
apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: ${name}}
spec:
  mode: ${mode}
  selector: {podSelector: {}}
  rules: {exec: {allow: [{path: ${path}}]}}
`;

export interface Places {
  readonly root: string;
  readonly manifests: string;
  readonly state: string;
  /** Closed before the directories go. */
  readonly stores: DirectoryStore[];
}

/** Fresh directories that go away with the test. */
export const places = (t: TestContext): Places => {
  const root = mkdtempSync(join(tmpdir(), 'pinfold-store-'));
  const stores: DirectoryStore[] = [];
  t.after(async () => {
    for (const store of stores) await store.close();
    rmSync(root, { recursive: true, force: true });
  });
  mkdirSync(join(root, 'manifests'));
  return { root, manifests: join(root, 'manifests'), state: join(root, 'state'), stores };
};

/** Without notifications: a test calls `rescan` itself. */
export const quiet: Partial<DirectoryStoreOptions> = { settleMs: 3_600_000, rescanMs: 3_600_000 };

export const openStore = async (
  { manifests, state, stores }: Places,
  more: Partial<DirectoryStoreOptions> = quiet,
): Promise<DirectoryStore> => {
  const store = await DirectoryStore.open({ manifests, state, ...more });
  stores.push(store);
  return store;
};

/** What a store announces, one at a time, in order. */
export const announcements = (t: TestContext, store: DirectoryStore) => {
  const controller = new AbortController();
  t.after(() => {
    controller.abort();
  });
  const events = store.watch(controller.signal)[Symbol.asyncIterator]();
  return async (): Promise<StoreEvent> => {
    const next = await events.next();
    if (next.done) throw new Error('the store announces nothing any more');
    return next.value;
  };
};

/** Path, content and inode of every file: an inode changes at each atomic write. */
export const snapshot = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return `${file} ${statSync(file).ino} ${readFileSync(file, 'utf8')}`;
    })
    .sort();
