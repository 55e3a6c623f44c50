/** Looks into a state directory that another process owns: for `get`, `describe` and the like. */
import type { ObjectStore } from '../store.js';
import { loadState } from './state.js';
import { eventsOf, objectAt, objectsOfKind } from './view.js';

export type ObjectReader = Pick<ObjectStore, 'list' | 'get' | 'events'>;

/**
 * Reads the directory anew at each call and changes nothing. Files that cannot be used are left out:
 * the owner moves them aside and reports them.
 */
export const readState = (directory: string): ObjectReader => {
  const load = () => loadState(directory, () => Promise.resolve());
  return {
    list: async (kind) => objectsOfKind(await load(), kind),
    get: async (key) => objectAt(await load(), key),
    events: async (regarding) => eventsOf(await load(), regarding),
  };
};
