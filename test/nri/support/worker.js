/** Starts the plugin's thread from its source: a thread does not inherit the loader of TypeScript. */
import { register } from 'tsx/esm/api';

register();
await import('../../../src/node-enforcer/nri/worker.ts');
