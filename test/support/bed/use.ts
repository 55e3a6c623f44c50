/** The test bed for a test file: that of the run, or one of its own that ends with it. */
import { after } from 'node:test';
import type { Bed } from './bed.js';
import { LocalBed } from './local.js';
import { RemoteBed } from './remote.js';
import { BED_VARIABLE } from './share.js';

let own: LocalBed | undefined;

export const useBed = (): Bed => {
  const socket = process.env[BED_VARIABLE];
  return socket === undefined ? (own ??= new LocalBed()) : new RemoteBed(socket);
};

// Belongs to the whole file, because nothing runs yet when it is imported.
after(async () => {
  await own?.close();
});
