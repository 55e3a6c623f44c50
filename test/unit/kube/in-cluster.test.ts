import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { inClusterCredentials } from '../../../src/kube/in-cluster.js';

const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };

const serviceAccount = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'pinfold-sa-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  writeFileSync(join(directory, 'token'), 'first\n');
  writeFileSync(join(directory, 'ca.crt'), 'authority 1');
  writeFileSync(join(directory, 'namespace'), 'pinfold');
  return directory;
};

const isUnusable = (error: unknown): boolean =>
  error instanceof PinfoldError && error.code === 'KubeconfigUnusable';

void describe('credentials of a pod', () => {
  void it('are read again when they rotate; connections are kept until the CA changes', async (t) => {
    const directory = serviceAccount(t);
    const credentials = await inClusterCredentials(environment, directory);
    t.after(credentials.close);
    assert.equal(credentials.server.href, 'https://[fd00::1]:6443/');
    assert.equal(credentials.namespace, 'pinfold');
    const first = await credentials.access();
    assert.equal(first.headers.authorization, 'Bearer first');
    assert.equal((await credentials.access()).agent, first.agent);
    writeFileSync(join(directory, 'token'), 'second token');
    const second = await credentials.access();
    assert.equal(second.headers.authorization, 'Bearer second token');
    assert.equal(second.agent, first.agent);
    writeFileSync(join(directory, 'ca.crt'), 'authority number 2');
    assert.notEqual((await credentials.access()).agent, first.agent);
  });

  void it('are missing where there is no service account', async (t) => {
    const directory = serviceAccount(t);
    await assert.rejects(inClusterCredentials({}, directory), isUnusable);
    await assert.rejects(inClusterCredentials(environment, '/nonexistent'), isUnusable);
    const credentials = await inClusterCredentials(environment, directory);
    rmSync(join(directory, 'token'));
    await assert.rejects(credentials.access(), isUnusable);
  });
});
