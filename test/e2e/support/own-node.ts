/** A node of our cluster: the machine with a kubelet that has registered and is Ready. */
import { readFileSync } from 'node:fs';
import {
  SERVICE_OF_API,
  HOST_FROM_NODE,
  type ControlPlane,
} from '../../cluster/support/control-plane.js';
import { kubeconfigText } from '../../cluster/support/kubeconfig.js';
import { kubernetes } from '../../cluster/support/binaries.js';
import type { NodeKind } from '../../support/bed/bed.js';
import { output } from '../../support/command.js';
import { freePorts } from '../../support/ports.js';
import { until } from '../../support/until.js';
import { join } from 'node:path';
import { Machine } from './machine.js';
import { sleepingMachine } from './sleeping.js';

/** The machine's address in QEMU's user network, and the kubelet's port there. */
const ADDRESS = '10.0.2.15';
const KUBELET_PORT = 10250;

const nodeName = ({ bpfLsm }: NodeKind): string => (bpfLsm ? 'node' : 'node-without-bpf');

/** The API server's service, which pods call: there is no kube-proxy that would know where it leads. */
const serviceRules = (port: number): string => `
table ip pinfold-test {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr ${SERVICE_OF_API} tcp dport 443 dnat to ${HOST_FROM_NODE}:${port}
  }
  chain output {
    type nat hook output priority dstnat
    ip daddr ${SERVICE_OF_API} tcp dport 443 dnat to ${HOST_FROM_NODE}:${port}
  }
}
`;

/** A shell script that writes these files, by path. */
const writing = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([path, text]) => {
      const encoded = Buffer.from(text).toString('base64');
      return `base64 -d >${path} <<'END'\n${encoded}\nEND\n`;
    })
    .join('');

export class OwnNode {
  readonly name: string;
  readonly machine: Machine;
  readonly #plane: ControlPlane;

  private constructor(plane: ControlPlane, kind: NodeKind, machine: Machine) {
    this.#plane = plane;
    this.name = nodeName(kind);
    this.machine = machine;
  }

  /** Wakes the machine in an empty folder and waits until the node is Ready. About 30 s. */
  static async start(plane: ControlPlane, kind: NodeKind, folder: string): Promise<OwnNode> {
    const [port = 0] = await freePorts(1);
    const machine = await Machine.start({
      ...(await sleepingMachine(kind)),
      folder,
      forward: [KUBELET_PORT, port],
    });
    const node = new OwnNode(plane, kind, machine);
    try {
      plane.tunnel.route(`${ADDRESS}:${KUBELET_PORT}`, port);
      await node.#join();
    } catch (error) {
      await machine.stop();
      throw error;
    }
    // Tests ask the agent from processes of their own.
    machine.guest.close();
    return node;
  }

  /** Stops the machine and takes the node out of the cluster. */
  async stop(): Promise<void> {
    await this.machine.stop();
    this.#plane.tunnel.route(`${ADDRESS}:${KUBELET_PORT}`, undefined);
    await this.#kubectl('delete', 'node', this.name);
  }

  async #join(): Promise<void> {
    const { guest } = this.machine;
    await this.#makeCertificates();
    // It slept, and has the time of when it fell asleep.
    await guest.run(`date --set=@${Math.floor(Date.now() / 1000)}; sh`, this.#configuration());
    await guest.run('systemctl start kubelet');
    await until(`node ${this.name} is Ready`, 180, async () => {
      const condition = '{.status.conditions[?(@.type=="Ready")].status}';
      const ready = await this.#kubectl('get', 'node', this.name, `--output=jsonpath=${condition}`);
      return ready === 'True' ? true : undefined;
    });
  }

  async #makeCertificates(): Promise<void> {
    const { authority } = this.#plane;
    await authority.sign({
      name: this.name,
      subject: `/O=system:nodes/CN=system:node:${this.name}`,
      usage: 'clientAuth',
    });
    await authority.sign({
      name: 'kubelet-server',
      subject: `/CN=${this.name}`,
      usage: 'serverAuth',
      alternatives: [`IP:${ADDRESS}`],
    });
  }

  /** A script for the machine. */
  #configuration(): string {
    const { authority, port } = this.#plane;
    const pki = (name: string): string => readFileSync(authority.file(name), 'utf8');
    const server = `https://${HOST_FROM_NODE}:${port}`;
    return [
      'set -e; umask 077; cd /etc/kubernetes',
      writing({
        'pki/ca.crt': pki('ca.crt'),
        'pki/kubelet-server.crt': pki('kubelet-server.crt'),
        'pki/kubelet-server.key': pki('kubelet-server.key'),
        'kubelet.kubeconfig': kubeconfigText(authority, server, this.name),
        'node.env': `NODE_NAME=${this.name}\nNODE_ADDRESS=${ADDRESS}\n`,
        'service.nft': serviceRules(port),
      }),
      'nft --file service.nft',
    ].join('\n');
  }

  async #kubectl(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: this.#plane.kubeconfig };
    return output(join(await kubernetes(), 'kubectl'), args, { env });
  }
}
