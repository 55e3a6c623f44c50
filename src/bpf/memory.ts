/** Memory of this process that was needed only to start. */
import { loadAddon } from './addon.js';

/**
 * Gives it back: what the C library keeps of what was freed, and pages of Node's program, of which
 * loading and compiling ours used twice as many as following a node does. Takes some ms.
 */
export const releaseMemory = (): void => {
  loadAddon().releaseMemory();
};
