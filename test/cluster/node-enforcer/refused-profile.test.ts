/** A profile that cannot be used is refused in the same words by the API server, the operator and the node. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Condition } from '../../../src/api/objects.js';
import { CommandError } from '../../support/command.js';
import { Daemon } from '../../support/daemon.js';
import { root } from '../../support/root.js';
import { until } from '../../support/until.js';
import { useOwnCluster } from '../support/cluster.js';
import type { OwnCluster } from '../support/cluster.js';
import { skipOwnCluster } from '../support/needs.js';
import { Enforcer, skipEnforcer, statusText } from './enforcer.js';
import { installForNodes, uninstallForNodes } from './installed.js';

const profile = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'pinfold.dev/v1alpha1',
    kind: 'ClusterSecurityProfile',
    metadata: { name },
    // Names a cgroup, so that it concerns every node.
    spec: { mode: 'Audit', cgroups: ['/refused-profile'], ...spec },
  });

const allowing = (path: string) => ({ rules: { exec: { allow: [{ path }] } } });

const CRD = 'clustersecurityprofiles.pinfold.dev';

/** A schema without its rules, as an older version of the kind would have it. */
const withoutRules = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutRules);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'x-kubernetes-validations')
      .map(([key, child]) => [key, withoutRules(child)]),
  );
};

void describe('a profile that is refused', { skip: skipOwnCluster || skipEnforcer() }, () => {
  let cluster: OwnCluster;
  let enforcer: Enforcer;
  let operator: Daemon;

  before(async () => {
    cluster = await useOwnCluster();
    await installForNodes(cluster);
    enforcer = await Enforcer.start(cluster, 'refused-profile');
    const options = ['--kubeconfig', cluster.kubeconfig, '--health-port', '0'];
    operator = new Daemon(
      process.execPath,
      [join(root, 'bin/pinfold'), 'operator', ...options],
      join(enforcer.directory, 'operator.log'),
    );
  });

  after(async () => {
    const names = ['refused-rule', 'refused-extends'];
    await cluster.kubectl(['delete', CRD, '--ignore-not-found', ...names]);
    await operator.stop();
    await enforcer.stop();
    await uninstallForNodes(cluster);
  });

  const apply = (text: string): Promise<string> => cluster.kubectl(['apply', '-f', '-'], text);

  const usable = (): Promise<Condition> =>
    enforcer.condition('ProfilesUsable', ({ status }) => status === 'True');

  const refused = async (code: string): Promise<Condition> => {
    const found = await enforcer.condition('ProfilesUsable', ({ reason }) => reason === code);
    const line = `${enforcer.node}: ${code}: ${found.message.split('\n')[0] ?? ''}`;
    assert.ok((await statusText(cluster)).includes(line), line);
    return found;
  };

  it('by a rule of its kind: as the API server says it', async () => {
    await usable();
    const bad = profile('refused-rule', allowing('/bin/../ls'));
    const said = await apply(bad).then(
      () => assert.fail('it was taken'),
      (error: unknown) => (error instanceof CommandError ? error.finished.stderr : String(error)),
    );
    const [, words = ''] =
      /spec\.rules\.exec\.allow\[0\]\.path: Invalid value:[^:]*: (.*)/.exec(said) ?? [];
    assert.notEqual(words, '', said);
    const crd = (await cluster.kubectlJson(['get', 'crd', CRD])) as Readonly<
      Record<string, unknown>
    >;
    await cluster.kubectl(['replace', '-f', '-'], JSON.stringify(withoutRules(crd)));
    try {
      await until('it is taken', 30, async () => apply(bad));
    } finally {
      await installForNodes(cluster);
    }
    const { message } = await refused('ObjectInvalid');
    assert.match(message, /^ClusterSecurityProfile refused-rule: 1 problem/);
    // Ours has the value within the sentence, the API server's before it.
    assert.ok(message.replace(' ("/bin/../ls")', '').includes(words), `${message}\n---\n${words}`);
    await cluster.kubectl(['delete', CRD, 'refused-rule']);
    await usable();
  });

  it('by what it is made of: as the operator says it', async () => {
    const extending = { extends: [{ kind: 'ClusterSecurityProfile', name: 'nobody' }] };
    await apply(profile('refused-extends', extending));
    const accepted = await until('the operator refuses it', 30, async () => {
      operator.mustRun();
      const { status } = (await cluster.kubectlJson(['get', CRD, 'refused-extends'])) as {
        readonly status?: { readonly conditions?: readonly Condition[] };
      };
      return status?.conditions?.find((one) => one.type === 'Accepted' && one.status === 'False');
    });
    const { message } = await refused(accepted.reason);
    assert.equal(accepted.reason, 'ExtendsMissing');
    const words = message.replace(/^ClusterSecurityProfile refused-extends: /, '');
    assert.match(words, /^profile refused-extends extends .*nobody, which does not exist$/);
    assert.ok(accepted.message.startsWith(words), `${accepted.message}\n---\n${words}`);
    await apply(profile('refused-extends', allowing('/bin/ls')));
    await usable();
  });
});
