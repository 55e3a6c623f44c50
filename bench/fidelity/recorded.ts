/** What a recording holds, as items. */
import type { Behaviour } from '../../src/recorder/behaviour.js';
import { emptyItems, endpoint } from './items.js';
import type { Items } from './items.js';

export const recordedItems = (behaviour: Behaviour): Items => {
  const items = emptyItems();
  for (const [architecture, names] of behaviour.syscalls)
    for (const name of names.keys()) items.syscalls.add(`${architecture} ${name}`);
  for (const path of behaviour.execs.keys()) items.execs.add(path);
  for (const { path, access } of behaviour.files.values())
    for (const kind of access) items.files.add(`${path} ${kind}`);
  for (const { direction, protocol, address, port } of behaviour.sockets.values())
    (direction === 'Egress' ? items.connects : items.binds).add(endpoint(protocol, address, port));
  return items;
};
