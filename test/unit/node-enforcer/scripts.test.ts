import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scriptsBetween } from '../../../src/node-enforcer/scripts.js';
import { rootedLookup } from '../../../src/recorder/rooted-lookup.js';

const withFolder = (body: (folder: string) => void): void => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pinfold-scripts-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const between = (script: string, program: string): readonly string[] =>
  scriptsBetween(script, program, '/', rootedLookup('/'));

void test('an interpreter that is a script is found, through links, and its arguments are none', () => {
  withFolder((folder) => {
    const shell = realpathSync('/bin/sh');
    const [outer, middle, inner, link] = ['outer', 'middle', 'inner', 'link'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    writeFileSync(outer, `#! ${link} -x\nbody\n`);
    writeFileSync(middle, `#!${inner}\n`);
    symlinkSync(middle, link);
    writeFileSync(inner, '#!/bin/sh -e\n');
    assert.deepEqual(between(outer, shell), [middle, inner]);
    assert.deepEqual(between(inner, shell), []);
  });
});

void test('a chain that does not lead to the program that ran proves nothing', () => {
  withFolder((folder) => {
    const [outer, inner, loop] = ['outer', 'inner', 'loop'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(outer, `#!${inner}\n`);
    assert.deepEqual(between(outer, '/usr/bin/ran'), []);
    writeFileSync(inner, 'no interpreter\n');
    assert.deepEqual(between(outer, '/usr/bin/ran'), []);
    writeFileSync(loop, `#!${loop}\n`);
    assert.deepEqual(between(loop, '/usr/bin/ran'), []);
  });
});

void test('a pipe in the place of a script is not waited for', () => {
  withFolder((folder) => {
    const [outer, pipe] = [join(folder, 'outer'), join(folder, 'pipe')];
    writeFileSync(outer, `#!${pipe}\n`);
    execFileSync('mkfifo', [pipe]);
    assert.deepEqual(between(outer, '/usr/bin/ran'), []);
  });
});
