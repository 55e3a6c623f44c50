/** That the node of the tests is one: what the other tests here rely on. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { IMAGE } from '../../scripts/image/build.js';
import { type Node, useNode } from './support/node.js';
import { skip } from './support/needs.js';

const namespace = 'node-test';

const ourImage = { name: 'pinfold', image: IMAGE, imagePullPolicy: 'Never' };

/** The part of `pinfold status` that is looked at here. */
interface Status {
  readonly root: boolean;
  readonly btf: boolean;
  readonly bpfLsm: boolean;
}

const object = (kind: string, name: string, spec?: unknown): string =>
  JSON.stringify({ apiVersion: 'v1', kind, metadata: { name, namespace }, spec });

suite('a node', { skip }, () => {
  let node: Node;
  const kubectl = (args: readonly string[], input?: string): Promise<string> =>
    node.cluster.kubectl(['--namespace', namespace, ...args], input);
  const create = (text: string): Promise<string> => kubectl(['create', '--filename', '-'], text);
  const waitFor = (pod: string, what: string): Promise<string> =>
    kubectl(['wait', 'pod', pod, `--for=${what}`, '--timeout=180s']);
  /** What it printed, in the end. */
  const endOf = async (pod: string): Promise<string> => {
    try {
      await waitFor(pod, 'jsonpath={.status.phase}=Succeeded');
    } catch (cause) {
      throw new Error(await kubectl(['logs', pod, '--ignore-errors']), { cause });
    }
    return kubectl(['logs', pod]);
  };

  before(async () => {
    node = await useNode();
    await node.cluster.kubectl(['create', 'namespace', namespace]);
  });
  after(async () => {
    await node.cluster.kubectl(['delete', 'namespace', namespace, '--wait']);
  });

  test('has bpf among its security modules, type information and cgroup v2', async () => {
    const modules = await node.run('cat /sys/kernel/security/lsm');
    assert.ok(modules.split(',').includes('bpf'), modules);
    await node.run('test -r /sys/kernel/btf/vmlinux');
    assert.equal(
      (await node.run('stat --file-system --format=%T /sys/fs/cgroup')).trim(),
      'cgroup2fs',
    );
  });

  test('serves NRI', async () => {
    await node.run('test -S /run/nri/nri.sock');
  });

  test('says in the status of a command how it ended, and takes input', async () => {
    assert.deepEqual(await node.finish('cat; echo no >&2; exit 3', 'yes'), {
      status: 3,
      stdout: 'yes',
      stderr: 'no\n',
    });
  });

  test('runs a pod with an init container, whose log and inside can be reached', async () => {
    const containers = { image: 'busybox:test', imagePullPolicy: 'Never' };
    const spec = {
      terminationGracePeriodSeconds: 0,
      volumes: [{ name: 'shared', emptyDir: {} }],
      initContainers: [
        {
          ...containers,
          name: 'first',
          command: ['sh', '-c', 'echo prepared >/shared/word'],
          volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        },
      ],
      containers: [
        {
          ...containers,
          name: 'main',
          command: ['sh', '-c', 'cat /shared/word; exec sleep infinity'],
          volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        },
      ],
    };
    await create(object('Pod', 'two', spec));
    await waitFor('two', 'condition=Ready');
    assert.equal(await kubectl(['logs', 'two', '--container=main']), 'prepared\n');
    assert.equal(
      await kubectl(['exec', 'two', '--container=main', '--', 'cat', '/shared/word']),
      'prepared\n',
    );
  });

  test('runs our image: the program starts and finds the kernel ready for it', async () => {
    await node.importOwnImage();
    await create(
      object('Pod', 'ours', {
        restartPolicy: 'Never',
        volumes: [{ name: 'security', hostPath: { path: '/sys/kernel/security' } }],
        containers: [
          {
            ...ourImage,
            args: ['status', '--machine', '--output=json'],
            securityContext: { privileged: true },
            volumeMounts: [{ name: 'security', mountPath: '/sys/kernel/security' }],
          },
        ],
      }),
    );
    const { root, btf, bpfLsm } = JSON.parse(await endOf('ours')) as Status;
    assert.deepEqual({ root, btf, bpfLsm }, { root: true, btf: true, bpfLsm: true });
  });

  test('lets pods call the API server by its service, as who they are', async () => {
    const secrets = '/var/run/secrets/kubernetes.io/serviceaccount';
    const script = `
      const token = require('node:fs').readFileSync('${secrets}/token', 'utf8');
      const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const url = 'https://' + process.env.KUBERNETES_SERVICE_HOST
        + '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      fetch(url, { method: 'POST', headers, body: JSON.stringify(review) })
        .then((answer) => answer.json())
        .then(({ status }) => console.log(status.userInfo.username));`;
    await create(
      object('Pod', 'caller', {
        restartPolicy: 'Never',
        containers: [
          {
            ...ourImage,
            command: ['node', '--eval', script],
            env: [{ name: 'NODE_EXTRA_CA_CERTS', value: `${secrets}/ca.crt` }],
          },
        ],
      }),
    );
    assert.equal(await endOf('caller'), `system:serviceaccount:${namespace}:default\n`);
  });
});
