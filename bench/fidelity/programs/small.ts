/** Small C programs, one for each way into the kernel that recorders miss. */
import { compileC } from '../compile.js';
import type { Program } from '../program.js';

const files = (name: string, flags: readonly string[]): Program => ({
  name,
  needs: ['gcc'],
  prepare: (space) => ({ command: [compileC(space, 'files', name, flags)] }),
});

const child = (way: string): Program => ({
  name: way,
  needs: ['gcc'],
  prepare: (space) => ({ command: [compileC(space, 'children', 'children'), way, '/bin/true'] }),
});

export const SMALL: readonly Program[] = [
  files('c-static', ['-static']),
  files('c-dynamic', []),
  files('c-32-bit', ['-m32']),
  {
    name: 'c-both-gates',
    needs: ['gcc'],
    prepare: (space) => ({ command: [compileC(space, 'mixed', 'mixed')] }),
  },
  ...['vfork', 'clone3', 'spawn', 'fexecve', 'thread'].map(child),
];
