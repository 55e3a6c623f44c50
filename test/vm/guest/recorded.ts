/** What was recorded runs under its own profile: nothing is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { TracingSession } from '../../../src/bpf/session.js';
import { parseObjects } from '../../../src/api/parse.js';
import type { Case } from './cases.js';
import { note } from './cases.js';
import { contained, file } from './world.js';

const SCRIPT = `
const fs = require('node:fs');
fs.readdirSync('/');
fs.writeFileSync('/tmp/recorded-made', 'x');
fs.appendFileSync('/tmp/recorded-made', 'y');
fs.truncateSync('/tmp/recorded-made');
fs.readFileSync('/proc/self/status');
fs.closeSync(fs.openSync('/dev/null', 'r+'));
require('node:child_process').execFileSync('/bin/cat', ['/proc/self/maps']);
fs.rmSync('/tmp/recorded-made');
`;

const PROGRAMS: readonly (readonly string[])[] = [
  [
    '/bin/busybox',
    'sh',
    '-c',
    'ls /bin >/dev/null; cat /proc/self/cmdline | wc -c >/tmp/count; rm /tmp/count',
  ],
  [
    '/bin/bash',
    '-c',
    'for f in /etc /usr; do find $f -maxdepth 1 >/dev/null; done; tar cf - /programs | cat >/dev/null; read -r x </proc/self/stat',
  ],
  [process.execPath, '/tmp/recorded.js'],
];

export const recordedCases = (session: TracingSession): readonly Case[] =>
  PROGRAMS.map((command) => ({
    name: `recorded, then enforced without a refusal: ${command.slice(0, 2).join(' ')}`,
    run: () => {
      file('/tmp/recorded.js', SCRIPT);
      const profile = '/tmp/recorded.yaml';
      rmSync(profile, { force: true });
      const recorded = spawnSync(
        process.execPath,
        ['/pinfold/bin/pinfold', 'record', '-o', profile, '--', ...command],
        { encoding: 'utf8' },
      );
      assert.equal(recorded.status, 0, recorded.stderr);
      const [object] = parseObjects(readFileSync(profile), profile);
      assert.equal(object?.object.kind, 'SecurityProfile');
      const { exec, files } = object.object.spec.rules ?? {};
      assert.ok(exec && files);
      const here = contained(session, { exec, files });
      const { status } = here.run(...command);
      assert.deepEqual(
        here
          .refusals()
          .map(({ class: kind, path, refused }) => [kind, path.walked, path.doubt, refused]),
        [],
      );
      assert.equal(status, 0);
      note(`${String(exec.allow?.length)} exec and ${String(files.allow?.length)} files rules`);
    },
  }));
