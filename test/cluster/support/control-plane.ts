/** etcd, API server, controller manager and scheduler on the loopback: RBAC, node authorisation, TLS. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { once } from 'node:events';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { Daemon } from '../../support/daemon.js';
import { freePorts } from '../../support/ports.js';
import { until } from '../../support/until.js';
import { kubernetes } from './binaries.js';
import { Authority } from './certificates.js';
import { writeKubeconfig } from './kubeconfig.js';
import { Tunnel } from './tunnel.js';

/** The host as machines in QEMU's user network see it, and the first address of the range for services. */
export const HOST_FROM_NODE = '10.0.2.2';
export const SERVICE_OF_API = '10.96.0.1';

const clients = [
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'controller-manager', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'apiserver-kubelet', subject: '/O=system:masters/CN=apiserver-kubelet' },
] as const;

const serverNames = [
  ...['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map(
    (name) => `DNS:${name}`,
  ),
  ...['127.0.0.1', HOST_FROM_NODE, SERVICE_OF_API].map((address) => `IP:${address}`),
];

/** `--name value` for each setting. */
const flags = (settings: Readonly<Record<string, string | number | boolean>>): readonly string[] =>
  Object.entries(settings).map(([name, value]) => `--${name}=${String(value)}`);

const egressByProxy = (socket: string): string =>
  JSON.stringify({
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: [
      {
        name: 'cluster',
        connection: {
          proxyProtocol: 'HTTPConnect',
          transport: { uds: { udsName: socket } },
        },
      },
    ],
  });

export class ControlPlane {
  readonly authority: Authority;
  readonly tunnel: Tunnel;
  readonly port: number;
  readonly #folder: string;
  readonly #programs: string;
  readonly #etcdPorts: readonly [number, number];
  readonly #daemons: Daemon[] = [];
  #apiServer: Daemon | undefined;

  private constructor(
    folder: string,
    programs: string,
    authority: Authority,
    tunnel: Tunnel,
    [port = 0, etcd = 0, peer = 0]: readonly number[],
  ) {
    this.#folder = folder;
    this.#programs = programs;
    this.authority = authority;
    this.tunnel = tunnel;
    this.port = port;
    this.#etcdPorts = [etcd, peer];
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get kubeconfig(): string {
    return this.authority.file('admin.kubeconfig');
  }

  /** Starts it in an empty folder and waits until pods could be made. About 10 s. */
  static async start(folder: string): Promise<ControlPlane> {
    const programs = await kubernetes();
    for (const part of ['pki', 'log']) mkdirSync(join(folder, part));
    const authority = await Authority.in(join(folder, 'pki'));
    const tunnel = await Tunnel.on(join(folder, 'tunnel.sock'));
    const plane = new ControlPlane(folder, programs, authority, tunnel, await freePorts(3));
    try {
      await plane.#start();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.stop()));
    await this.stopApiServer();
    await this.tunnel.close();
  }

  /** Takes the API server away. What it stored stays. */
  async stopApiServer(): Promise<void> {
    await this.#apiServer?.stop();
  }

  /** Starts it at the same address and waits until it is ready. */
  async startApiServer(): Promise<void> {
    if (this.#apiServer?.running === true) return;
    const [etcd] = this.#etcdPorts;
    const { authority } = this;
    this.#apiServer = this.#run('kube-apiserver', {
      'etcd-servers': `http://127.0.0.1:${etcd}`,
      'secure-port': this.port,
      'bind-address': '127.0.0.1',
      'endpoint-reconciler-type': 'none',
      'tls-cert-file': authority.file('apiserver.crt'),
      'tls-private-key-file': authority.file('apiserver.key'),
      'client-ca-file': authority.file('ca.crt'),
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': authority.file('sa.pub'),
      'service-account-signing-key-file': authority.file('sa.key'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'authorization-mode': 'Node,RBAC',
      'enable-admission-plugins': 'NodeRestriction',
      'allow-privileged': true,
      'egress-selector-config-file': join(this.#folder, 'egress.json'),
      'kubelet-preferred-address-types': 'InternalIP',
      'kubelet-certificate-authority': authority.file('ca.crt'),
      'kubelet-client-certificate': authority.file('apiserver-kubelet.crt'),
      'kubelet-client-key': authority.file('apiserver-kubelet.key'),
    });
    await this.#answers('/readyz');
  }

  async #start(): Promise<void> {
    await this.#makeCredentials();
    writeFileSync(
      join(this.#folder, 'egress.json'),
      egressByProxy(join(this.#folder, 'tunnel.sock')),
    );
    const [etcd, peer] = this.#etcdPorts;
    this.#daemons.push(
      this.#run('etcd', {
        'data-dir': join(this.#folder, 'etcd'),
        'listen-client-urls': `http://127.0.0.1:${etcd}`,
        'advertise-client-urls': `http://127.0.0.1:${etcd}`,
        'listen-peer-urls': `http://127.0.0.1:${peer}`,
        'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
        'initial-cluster': `default=http://127.0.0.1:${peer}`,
        // The data are thrown away at the end.
        'unsafe-no-fsync': true,
      }),
    );
    await this.startApiServer();
    this.#daemons.push(
      this.#run('kube-controller-manager', {
        ...this.#as('controller-manager'),
        'service-account-private-key-file': this.authority.file('sa.key'),
        'root-ca-file': this.authority.file('ca.crt'),
        'use-service-account-credentials': true,
        controllers: '*,-node-ipam-controller',
      }),
      this.#run('kube-scheduler', this.#as('scheduler')),
    );
    await this.#answers('/api/v1/namespaces/default/serviceaccounts/default');
  }

  async #makeCredentials(): Promise<void> {
    const { authority } = this;
    authority.makeTokenKeys();
    await Promise.all([
      authority.sign({
        name: 'apiserver',
        subject: '/CN=kube-apiserver',
        usage: 'serverAuth',
        alternatives: serverNames,
      }),
      ...clients.map((client) => authority.sign({ ...client, usage: 'clientAuth' })),
    ]);
    for (const { name } of clients) writeKubeconfig(authority, this.url, name);
  }

  /** Settings of a controller that speaks to the API server as this user. */
  #as(name: (typeof clients)[number]['name']): Record<string, string | number | boolean> {
    const file = this.authority.file(`${name}.kubeconfig`);
    return {
      kubeconfig: file,
      'authentication-kubeconfig': file,
      'authorization-kubeconfig': file,
      // There is one of each, and nobody asks them anything.
      'leader-elect': false,
      'secure-port': 0,
    };
  }

  #run(name: string, settings: Readonly<Record<string, string | number | boolean>>): Daemon {
    const log = join(this.#folder, 'log', `${name}.log`);
    return new Daemon(join(this.#programs, name), flags(settings), log);
  }

  /** Waits until the administrator gets a 200 for this path. */
  async #answers(path: string): Promise<void> {
    const { authority } = this;
    const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) =>
      Buffer.from(authority.base64(name), 'base64'),
    );
    const ask = async (): Promise<true | undefined> => {
      const asked = request(this.url + path, { ca, cert, key, agent: false }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode === 200 ? true : undefined;
    };
    await until(`${path} of the API server`, 120, ask, () => {
      for (const daemon of [...this.#daemons, this.#apiServer]) daemon?.mustRun();
    });
  }
}
