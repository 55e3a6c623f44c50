/** Language runtimes. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileGo, sourceFile } from '../compile.js';
import type { Program } from '../program.js';

/** The interpreter of the machine itself; wrappers that choose versions run much else before it. */
const PYTHON = '/usr/bin/python3';

export const RUNTIMES: readonly Program[] = [
  { name: 'go', needs: ['go'], prepare: (space) => ({ command: [compileGo(space)] }) },
  {
    name: 'java',
    needs: ['keytool'],
    prepare: () => ({
      command: [
        ...(['keytool', '-genkeypair', '-keystore', 'store', '-storepass', 'password'] as const),
        ...['-alias', 'pinfold', '-keyalg', 'EC', '-dname', 'CN=pinfold'],
      ],
    }),
  },
  {
    name: 'node',
    needs: ['node'],
    prepare: ({ fixed }) => {
      const script = join(fixed, 'server.mjs');
      copyFileSync(sourceFile('server.mjs'), script);
      return { command: [process.execPath, script] };
    },
  },
  {
    name: 'python',
    needs: [PYTHON],
    prepare: ({ fixed }) => {
      const script = join(fixed, 'app.py');
      copyFileSync(sourceFile('app.py'), script);
      return { command: [PYTHON, '-B', script] };
    },
  },
];
