/** Lets the processes that this one starts use one test bed together. */
import { once } from 'node:events';
import { join } from 'node:path';
import { LocalBed } from './local.js';
import { serveBed } from './serve.js';

/** Names the socket of a test bed that another process owns. */
export const BED_VARIABLE = 'PINFOLD_TEST_BED';

/** Does something while there is a bed for children of this process; nothing of it is left afterwards. */
export const withSharedBed = async (work: () => Promise<void>): Promise<void> => {
  if (process.env[BED_VARIABLE] !== undefined) return work();
  const bed = new LocalBed();
  const socket = join(bed.folder, 'bed.sock');
  const server = await serveBed(bed, socket);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      bed.forget();
      // Without a listener it does again what it does by default.
      process.kill(process.pid, signal);
    });
  process.env[BED_VARIABLE] = socket;
  try {
    await work();
  } finally {
    await once(server.close(), 'close');
    await bed.close();
  }
};
