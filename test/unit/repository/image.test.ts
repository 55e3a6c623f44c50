/** That the Dockerfile and scripts/build-image make the same image. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { IMAGE_SETTINGS, UNUSED } from '../../../scripts/image/build.js';
import { imageDebian, imageFiles, imageNode } from '../../../scripts/image/lists.js';
import { root } from '../../support/root.js';

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const stages = dockerfile.split(/^(?=FROM )/m).slice(1);
const final = stages.at(-1) ?? '';

/** What the final stage takes of the checkout: source as the checkout names it, and place in /opt/pinfold. */
const copied = [...final.matchAll(/^COPY (?:--from=\w+ )?(\S+) (\S+)$/gm)]
  .map(([, from = '', to = '']) => ({ from: from.replace('/opt/pinfold/', ''), to }))
  .filter(({ to }) => !to.startsWith('/'));

test('the Dockerfile copies what image/files lists, to the same places', () => {
  assert.deepEqual(copied.map(({ to }) => to).sort(), [...imageFiles()].sort());
  assert.deepEqual(
    copied.filter(({ from, to }) => from !== to),
    [],
  );
});

test('the Dockerfile installs what image/debian-packages lists', () => {
  assert.match(final, /^COPY image\/debian-packages \/tmp\/$/m);
  assert.match(final, /^ && grep -v '\^#' \/tmp\/debian-packages \| xargs apt-get install /m);
});

test('the Dockerfile starts from the same Debian and the same Node', () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base);
  assert.deepEqual(bases, [
    `node:${imageNode()}-${imageDebian()}`,
    `node:${imageNode()}-${imageDebian()}-slim`,
    `debian:${imageDebian()}-slim`,
  ]);
});

test('the Dockerfile sets what scripts/build-image sets', () => {
  const env = [...final.matchAll(/^ENV (\S+)$/gm)].map(([, assignment]) => assignment);
  const [, entrypoint = ''] = /^ENTRYPOINT (.*)$/m.exec(final) ?? [];
  assert.deepEqual(
    { Env: env, Entrypoint: JSON.parse(entrypoint) as unknown },
    { Env: IMAGE_SETTINGS.Env, Entrypoint: IMAGE_SETTINGS.Entrypoint },
  );
});

test('no compiler is in the final stage', () => {
  assert.doesNotMatch(final, /scripts\/debian-packages|clang|g\+\+|gcc|libbpf-dev/);
});

test('the Dockerfile leaves out what scripts/build-image leaves out', () => {
  const [, line = ''] = /^ && find node_modules (.*)$/m.exec(dockerfile) ?? [];
  assert.deepEqual(line.replaceAll("'", '').split(' '), UNUSED);
});
