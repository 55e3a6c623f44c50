import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { COMMANDS } from '../../../src/cli/tree/commands.js';
import { directoryWith, pinfold } from './support.js';

const bashScript = async (t: TestContext): Promise<string> => {
  const { status, stdout } = await pinfold(['completion', 'bash']);
  assert.equal(status, 0);
  const file = join(directoryWith(t), 'pinfold.bash');
  writeFileSync(file, stdout);
  return file;
};

/** What bash offers for the last of these words. */
const offered = (script: string, words: readonly string[], cwd = '/'): readonly string[] => {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const program = `source '${script}'
    compopt() { :; } # only inside of readline
    COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}
    _pinfold
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8', cwd });
  return out.split('\n').filter((line) => line !== '');
};

test('the bash script parses', async (t) => {
  const { status, stderr } = spawnSync('bash', ['-n', await bashScript(t)], { encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

test('bash completes commands, options, kinds, choices, files and directories', async (t) => {
  const script = await bashScript(t);
  const names = COMMANDS.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => !offered(script, ['pinfold', '']).includes(name)),
    [],
  );
  assert.deepEqual(offered(script, ['pinfold', 'exp']).toSorted(), ['explain', 'export']);
  assert.deepEqual(offered(script, ['pinfold', 'lint', '--s']), ['--strict']);
  assert.deepEqual(offered(script, ['pinfold', 'get', 'securityp']), [
    'securityprofiles',
    'securityprofile',
  ]);
  assert.deepEqual(offered(script, ['pinfold', 'get', 'sp', '-o', 'y']), ['yaml']);
  assert.deepEqual(offered(script, ['pinfold', 'completion', 'f']), ['fish']);
  const cwd = directoryWith(t, { 'web.yaml': '', 'with space.yaml': '' });
  assert.deepEqual(offered(script, ['pinfold', 'lint', 'we'], cwd), ['web.yaml']);
  assert.deepEqual(offered(script, ['pinfold', 'run', '--profile', 'we'], cwd), ['web.yaml']);
  assert.deepEqual(offered(script, ['pinfold', 'up', '--manifests', '/us'], cwd), ['/usr']);
  assert.deepEqual(offered(script, ['pinfold', 'get', 'sp', '-n', ''], cwd), []);
});

test('bash completes the command that is run, and not our options after it', async (t) => {
  const script = await bashScript(t);
  assert.ok(offered(script, ['pinfold', 'run', '--profile', 'p', '--', 'bas']).includes('bash'));
  assert.ok(offered(script, ['pinfold', 'record', 'bas']).includes('bash'));
  assert.deepEqual(offered(script, ['pinfold', 'record', '--', 'ls', '--f']), []);
  assert.deepEqual(offered(script, ['pinfold', 'record', '--f']).toSorted(), ['--for', '--format']);
});

for (const shell of ['zsh', 'fish'])
  test(`the ${shell} script has every command and option`, async () => {
    const { status, stdout } = await pinfold(['completion', shell]);
    assert.equal(status, 0);
    for (const { name, options } of COMMANDS) {
      assert.ok(stdout.includes(name), name);
      for (const { flags } of options) {
        const long = /--([\w-]+)/.exec(flags)?.[1] ?? '';
        assert.ok(stdout.includes(shell === 'fish' ? `-l ${long}` : `--${long}`), long);
      }
    }
  });

for (const shell of ['zsh', 'fish']) {
  const found = spawnSync(shell, ['-c', 'exit 0']).status === 0;
  test(
    `${shell} parses its script`,
    { skip: found ? false : `${shell} is not installed` },
    async (t) => {
      const { stdout } = await pinfold(['completion', shell]);
      const file = join(directoryWith(t), 'script');
      writeFileSync(file, stdout);
      const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
      assert.equal(stderr, '');
      assert.equal(status, 0);
    },
  );
}
