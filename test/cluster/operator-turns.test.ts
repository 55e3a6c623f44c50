/** Two operators, as two replicas of the Deployment: one works, the other waits for its turn. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Condition } from '../../src/api/objects.js';
import { Daemon } from '../support/daemon.js';
import { freePorts } from '../support/ports.js';
import { root } from '../support/root.js';
import { until } from '../support/until.js';
import { installForNodes, uninstallForNodes } from './node-enforcer/installed.js';
import { useOwnCluster } from './support/cluster.js';
import type { OwnCluster } from './support/cluster.js';
import { tokenKubeconfig } from './support/kubeconfig.js';
import { skipOwnCluster } from './support/needs.js';

const RIGHTS = join(root, 'config/operator-rights.yaml');

class Replica {
  readonly daemon: Daemon;
  readonly #health: number;
  #signalled = false;

  constructor(name: string, directory: string, health: number) {
    this.#health = health;
    const options = [
      '--kubeconfig',
      join(directory, 'kubeconfig'),
      '--health-port',
      String(health),
    ];
    this.daemon = new Daemon(
      process.execPath,
      [join(root, 'bin/pinfold'), 'operator', '--leader-elect', ...options],
      join(directory, `${name}.log`),
    );
  }

  get log(): string {
    return readFileSync(this.daemon.log, 'utf8');
  }

  /** The name under which it holds the lease, as soon as it has led. */
  get identity(): string | undefined {
    return /"identity":"([^"]+)","msg":"leading"/.exec(this.log)?.[1];
  }

  async ready(): Promise<void> {
    await until(`${this.daemon.log}: ready`, 30, async () => {
      this.daemon.mustRun();
      const { status } = await fetch(`http://127.0.0.1:${String(this.#health)}/readyz`);
      return status === 200 ? true : undefined;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#signalled = name === 'SIGTERM';
    process.kill(this.daemon.pid, name);
  }

  async ended(): Promise<void> {
    assert.ok(this.#signalled);
    await until('it ended', 20, () => Promise.resolve(this.daemon.running ? undefined : true));
  }
}

void describe('operators that take turns', { skip: skipOwnCluster, timeout: 180_000 }, () => {
  let cluster: OwnCluster;
  let directory: string;
  const replicas: Replica[] = [];

  before(async () => {
    cluster = await useOwnCluster();
    directory = mkdtempSync(join(tmpdir(), 'pinfold-operators-'));
    await installForNodes(cluster);
    await cluster.kubectl(['apply', '-f', RIGHTS]);
    await cluster.kubectl(['create', 'namespace', 'turns']);
    const text = await tokenKubeconfig(cluster, 'pinfold-operator');
    writeFileSync(join(directory, 'kubeconfig'), text);
  });

  after(async () => {
    for (const { daemon } of replicas) await daemon.stop();
    await cluster.kubectl(['delete', 'namespace', 'turns', '--wait=false']);
    await cluster.kubectl(['delete', '--ignore-not-found', '-f', RIGHTS]);
    await uninstallForNodes(cluster);
    rmSync(directory, { recursive: true });
  });

  const start = async (name: string): Promise<Replica> => {
    const [port = 0] = await freePorts(1);
    const replica = new Replica(name, directory, port);
    replicas.push(replica);
    await replica.ready();
    return replica;
  };

  const holder = async (): Promise<string | undefined> => {
    const { spec } = (await cluster.kubectlJson([
      ...['-n', 'pinfold', 'get', 'lease', 'pinfold-operator'],
    ])) as { readonly spec: { readonly holderIdentity?: string } };
    return spec.holderIdentity;
  };

  const leads = (replica: Replica): Promise<string> =>
    until('it leads', 30, async () => {
      const { identity } = replica;
      return identity !== undefined && identity === (await holder()) ? identity : undefined;
    });

  const applyProfile = (name: string): Promise<string> =>
    cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'pinfold.dev/v1alpha1',
        kind: 'SecurityProfile',
        metadata: { name, namespace: 'turns' },
        spec: { mode: 'Audit', selector: { podSelector: {} } },
      }),
    );

  /** Who held the lease when the profile was seen to be accepted. */
  const acceptedUnder = (name: string): Promise<string | undefined> =>
    until(`${name} is accepted`, 60, async () => {
      const { status } = (await cluster.kubectlJson([
        ...['-n', 'turns', 'get', 'securityprofile', name],
      ])) as { readonly status?: { readonly conditions?: readonly Condition[] } };
      const isAccepted = status?.conditions?.some(
        (one) => one.type === 'Accepted' && one.status === 'True',
      );
      return isAccepted === true ? holder() : undefined;
    });

  it('waits while the other works, takes over from one that hangs, and from one that ends', async () => {
    const first = await start('first');
    const firstIdentity = await leads(first);
    const second = await start('second');
    await applyProfile('one');
    assert.equal(await acceptedUnder('one'), firstIdentity);
    assert.equal(second.identity, undefined, 'ready, and not leading');

    first.signal('SIGSTOP');
    await applyProfile('two');
    const took = await acceptedUnder('two');
    assert.notEqual(took, firstIdentity, 'nobody works for a leader that hangs');
    assert.equal(took, second.identity);
    first.signal('SIGCONT');
    await until('it knows that it leads no more', 20, () =>
      Promise.resolve(first.log.includes('"msg":"lease lost"') || undefined),
    );
    await first.ready();

    second.signal('SIGTERM');
    await second.ended();
    await until('the first leads again', 20, async () =>
      (await holder()) === firstIdentity ? true : undefined,
    );
    await applyProfile('three');
    assert.equal(await acceptedUnder('three'), firstIdentity);
    first.daemon.mustRun();
  });
});
