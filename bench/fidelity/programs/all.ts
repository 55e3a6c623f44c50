/** Every program of the benchmark. */
import type { Program } from '../program.js';
import { RUNTIMES } from './runtimes.js';
import { SERVERS } from './servers.js';
import { SMALL } from './small.js';
import { TOOLS } from './tools.js';

export const PROGRAMS: readonly Program[] = [...SMALL, ...RUNTIMES, ...TOOLS, ...SERVERS];
