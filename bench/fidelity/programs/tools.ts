/** Tools that start many short-lived children. */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFile } from '../compile.js';
import type { Program } from '../program.js';

const PIPELINE = `
for n in 1 2 3 4 5 6 7 8; do echo "line $n" | sed s/line/row/ | tr a-z A-Z; done | sort -r | uniq -c > sorted
while read -r count rest; do case $rest in *3*) grep -c ROW sorted ;; esac; done < sorted
cat sorted | head -n 2 | wc -l
`;

const MAKEFILE = `all: program
\t./program > output
\tcat output
program: main.o part.o
\t$(CC) -o $@ $^
%.o: %.c
\t$(CC) -O1 -c -o $@ $<
clean:
\trm -f *.o program output
`;

const BUSYBOX = `
mkdir box && cd box && echo one > a && cp a b && ln -s b c && mv a d && cat c d && chmod 600 b
ls -l | wc -l && rm -r ../box
`;

/** Writes an executable script. */
const script = (file: string, text: string): string => {
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
};

export const TOOLS: readonly Program[] = [
  {
    name: 'shell',
    needs: ['sh'],
    prepare: ({ fixed }) => ({
      command: [script(join(fixed, 'pipeline'), `#!/bin/sh\n${PIPELINE}`)],
    }),
  },
  {
    // A script whose interpreter is a script: each of the three files is executed.
    name: 'script-chain',
    needs: ['sh'],
    prepare: ({ fixed }) => {
      const inner = script(join(fixed, 'inner'), '#!/bin/sh\ncat "$1"\n');
      return { command: [script(join(fixed, 'outer'), `#!${inner}\nhello\n`)] };
    },
  },
  {
    name: 'busybox',
    needs: ['busybox'],
    prepare: () => ({ command: ['busybox', 'sh', '-c', BUSYBOX] }),
  },
  {
    name: 'tar',
    needs: ['tar', 'gzip'],
    prepare: ({ fixed }) => ({
      command: [
        script(
          join(fixed, 'pack'),
          '#!/bin/sh -e\ntar czf all.tgz tree\nmkdir out\ntar xzf all.tgz -C out\n',
        ),
      ],
      fill: (work) => {
        mkdirSync(join(work, 'tree', 'deep'), { recursive: true });
        for (let n = 0; n < 40; n += 1)
          writeFileSync(join(work, 'tree', n % 2 === 0 ? 'deep' : '.', `file-${n}`), 'x'.repeat(n));
      },
    }),
  },
  {
    name: 'make',
    needs: ['make', 'gcc'],
    prepare: () => ({
      command: ['make', 'CC=gcc', 'all'],
      fill: (work) => {
        writeFileSync(join(work, 'Makefile'), MAKEFILE);
        writeFileSync(
          join(work, 'main.c'),
          '#include <stdio.h>\nint part(void);\nint main(void) { return printf("%d\\n", part()) < 0; }\n',
        );
        writeFileSync(join(work, 'part.c'), 'int part(void) { return 42; }\n');
        copyFileSync(sourceFile('files.c'), join(work, 'unused.c'));
      },
    }),
  },
];
