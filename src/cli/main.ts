/** Entry: bin/pinfold imports the built form of this file. */
import process from 'node:process';
import { runMain } from './cli.js';
import { processIo } from './process-io.js';

process.exitCode = await runMain(process.argv.slice(2), processIo());

// All is written. What an end that took too long (serving.ts) has left undone must not keep the process.
setTimeout(() => {
  process.exit();
}, 1_000).unref();
