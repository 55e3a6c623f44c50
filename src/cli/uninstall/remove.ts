/** Removes the parts of Pinfold, one after another, and says which the cluster keeps. */
import { setTimeout as sleep } from 'node:timers/promises';
import { resourceText } from '../../kube/resource.js';
import { hasCode } from '../../kube/status-error.js';
import type { Uninstalling } from './detach-nodes.js';
import { PARTS } from './parts.js';
import type { Part } from './parts.js';

const LOOK_MS = 500;

const placeOf = ({ name, namespace }: Part) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

const isThere = async ({ client }: Uninstalling, part: Part): Promise<boolean> => {
  try {
    await client.get(part.resource, placeOf(part));
    return true;
  } catch (error) {
    if (hasCode(error, 'KubeNotFound')) return false;
    throw error;
  }
};

/** Returns what is still there at the deadline: something holds it by a finalizer. */
export const removeParts = async (uninstalling: Uninstalling): Promise<readonly string[]> => {
  const { client, say, deadline, signal } = uninstalling;
  const waiting: Part[] = [];
  for (const part of PARTS) {
    try {
      await client.delete(part.resource, placeOf(part));
      waiting.push(part);
    } catch (error) {
      if (!hasCode(error, 'KubeNotFound')) throw error;
    }
  }
  const left: string[] = [];
  for (const part of waiting) {
    const text = `${resourceText(part.resource)}/${part.name}`;
    while (await isThere(uninstalling, part)) {
      if (Date.now() >= deadline) {
        left.push(text);
        break;
      }
      await sleep(LOOK_MS, undefined, { signal });
    }
    if (!left.includes(text)) say(`${text} removed`);
  }
  return left;
};
