/** A node whose containerd has NRI switched off: containers are found by their cgroups, until it is switched on. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { until } from '../support/until.js';
import { useNode } from './support/node.js';
import type { Node } from './support/node.js';
import { skip as lacking } from './support/needs.js';
import { Pinfold } from './support/pinfold.js';

const CONFIG = '/etc/containerd/config.toml';
const OFF = "\\n[plugins.'io.containerd.nri.v1.nri']\\n  disable = true\\n";

const web = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'found', labels: { app: 'web' } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: 'busybox:test',
        imagePullPolicy: 'Never',
        command: ['sh', '-c', 'echo started > /tmp/started; exec sleep 100000'],
      },
    ],
  },
});

const PROFILE = {
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'SecurityProfile',
  metadata: { name: 'web', namespace: 'found' },
  spec: { mode: 'Record', selector: { podSelector: { matchLabels: { app: 'web' } } } },
};

/** Making the image known to the node, and loading the programs twice, take minutes on an emulated machine. */
const skip =
  lacking ||
  (process.env.PINFOLD_TEST_FULL === undefined &&
    'takes about ten minutes: npm run test:full, or PINFOLD_TEST_FULL=1 npm run test:e2e');

interface NodeView {
  readonly status?: {
    readonly totals?: { readonly containers: number };
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  };
}

interface RecordingView {
  readonly items: readonly {
    readonly spec: {
      readonly execs?: readonly { readonly path: string }[];
      readonly containers: number;
    };
  }[];
}

suite('a node whose runtime has no NRI', { skip }, () => {
  let node: Node;
  let pinfold: Pinfold;

  const apply = (object: object): Promise<string> =>
    node.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object));

  /** Until the node's object says so. */
  const saying = async (reasons: Readonly<Record<string, string>>, containers: number) =>
    until(`${JSON.stringify(reasons)}, ${String(containers)} container(s)`, 180, async () => {
      const { status } = (await node.cluster.kubectlJson([
        ...['get', 'nodeenforcement', node.name],
      ])) as NodeView;
      const isSaid = Object.entries(reasons).every(([type, reason]) =>
        status?.conditions?.some((each) => each.type === type && each.reason === reason),
      );
      return isSaid && status?.totals?.containers === containers ? true : undefined;
    });

  const restartRuntime = (): Promise<string> => node.run('systemctl restart containerd');

  before(async () => {
    node = await useNode();
    await node.run(`cp ${CONFIG} /tmp/config.toml; printf "${OFF}" >>${CONFIG}`);
    await restartRuntime();
    pinfold = new Pinfold(node);
    await pinfold.install();
    await node.cluster.kubectl(['create', 'namespace', 'found']);
    await apply(PROFILE);
  });

  // What it leaves in the kernel would be in the way of whatever comes next: the node is thrown away.
  after(() => node.discard());

  test('finds a pod that starts, names it, and records what it does', async () => {
    await apply(web('one'));
    await saying({ RuntimeHooked: 'NriUnavailable', ContainersNamed: 'FoundByCgroup' }, 1);
    assert.match(await pinfold.say('status'), /NriUnavailable: .*found by their cgroups/);
    const ready = ['wait', 'pod/one', '--for=condition=Ready', '--timeout=180s'];
    await node.cluster.kubectl(['-n', 'found', ...ready]);
    await node.cluster.kubectl([...['-n', 'found', 'exec', 'one', '--', 'ls', '/etc']]);
    await until('what was executed in it is recorded', 120, async () => {
      const { items } = (await node.cluster.kubectlJson([
        ...['-n', 'found', 'get', 'recordedbehavior'],
      ])) as RecordingView;
      const paths = items.flatMap(({ spec }) => spec.execs ?? []).map(({ path }) => path);
      return paths.some((path) => path.endsWith('/busybox') || path.endsWith('/ls'))
        ? true
        : undefined;
    });
  });

  test('is told of both pods by the runtime once that has NRI', async () => {
    await node.run(`cp /tmp/config.toml ${CONFIG}`);
    await restartRuntime();
    await saying({ RuntimeHooked: 'NriConnected' }, 1);
    await apply(web('two'));
    await saying({ RuntimeHooked: 'NriConnected' }, 2);
  });
});
