/**
 * Operator and node enforcer as processes of this machine, against a real API server. The place of containerd is
 * taken by NRI's own package: it describes a container with a cgroup and a process of this machine.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IMAGE_SETTINGS } from '../../../scripts/image/build.js';
import { detachNetworkPrograms, TracingSession } from '../../../src/bpf/session.js';
import { Peer } from '../../../test/nri/support/peer.js';
import { finish, output } from '../../../test/support/command.js';
import { Daemon } from '../../../test/support/daemon.js';
import { freePorts } from '../../../test/support/ports.js';
import { root } from '../../../test/support/root.js';
import { until } from '../../../test/support/until.js';
import { cpuSecondsIn, memoryIn } from '../process-cost.js';
import type { Memory } from '../process-cost.js';
import { Container, POD } from './container.js';

const NODE = 'native';

/** Environment of a container of our image, which bounds what Node.js keeps; where programs are is this machine's matter. */
const AS_IN_IMAGE = IMAGE_SETTINGS.Env.filter((setting) => !setting.startsWith('PATH='));

const PREFIX = 'pinfold-first-pod-';

/** Removes what runs left that were killed: what is pinned in a mounted bpffs would stay attached. */
const sweep = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const folder = join(tmpdir(), name);
    // Where it is mounted no more there is nothing to end.
    await finish('umount', [join(folder, 'bpf')]);
    rmSync(folder, { recursive: true, force: true });
  }
};

export interface Cost extends Memory {
  readonly cpuSeconds: number;
}

/** What a process of this machine has cost so far. */
export const costOf = (pid: number): Cost => ({
  ...memoryIn(readFileSync(`/proc/${String(pid)}/status`, 'latin1')),
  cpuSeconds: cpuSecondsIn(readFileSync(`/proc/${String(pid)}/stat`, 'latin1')),
});

export class NativeNode {
  readonly #folder: string;
  readonly #kubeconfig: string;
  readonly #ends: (() => Promise<unknown> | undefined)[] = [];
  #peer: Peer | undefined;
  #enforcer: Daemon | undefined;
  #operator: Daemon | undefined;

  private constructor(folder: string, kubeconfig: string) {
    this.#folder = folder;
    this.#kubeconfig = kubeconfig;
  }

  /** `peer`: the program that is the runtime. Resolves when the enforcer is ready and the runtime asks it. */
  static async start(peer: string, kubeconfig: string): Promise<NativeNode> {
    await sweep();
    const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${String(process.pid)}-`));
    const node = new NativeNode(folder, kubeconfig);
    try {
      await node.#start(peer);
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  get pins(): string {
    return join(this.#folder, 'bpf', 'pinfold');
  }

  /** That which ran before the enforcer came. */
  readonly container = new Container('web-running');

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error('the runtime was not started');
    return this.#peer;
  }

  get enforcer(): Daemon {
    if (this.#enforcer === undefined) throw new Error('the enforcer was not started');
    return this.#enforcer;
  }

  get operator(): Daemon {
    if (this.#operator === undefined) throw new Error('the operator was not started');
    return this.#operator;
  }

  /** @throws with its log, where one of the programs has ended */
  mustRun(): void {
    this.enforcer.mustRun();
    this.operator.mustRun();
  }

  /** Ends all of it, the last begun first. @throws the first failure, when the rest has been ended too */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse())
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  async #start(peer: string): Promise<void> {
    const bpf = join(this.#folder, 'bpf');
    this.#ends.push(() => {
      rmSync(this.#folder, { recursive: true, force: true });
      return undefined;
    });
    mkdirSync(bpf);
    await output('mount', ['-t', 'bpf', 'bpf', bpf]);
    this.#ends.push(() => output('umount', [bpf]));
    this.#ends.push(() =>
      this.container.end(() => {
        detachNetworkPrograms(this.container.directory);
      }),
    );
    const pid = await this.container.run();
    const socket = join(this.#folder, 'nri.sock');
    const running = { pods: [POD], containers: [this.container.description(pid)] };
    this.#peer = await Peer.start(peer, { socket, ...running });
    this.#ends.push(() => this.#peer?.kill());
    const [operatorPort = 0, enforcerPort = 0] = await freePorts(2);
    this.#operator = this.#program(operatorPort, 'operator');
    this.#ends.push(() => {
      TracingSession.detachAll(this.pins);
      return undefined;
    });
    this.#enforcer = this.#program(enforcerPort, 'node-enforcer', [
      ...['--node', NODE, '--pins', this.pins, '--nri-socket', socket],
      ...['--state', join(this.#folder, 'state')],
      ...['--audit-log', join(this.#folder, 'audit.jsonl')],
    ]);
    for (const port of [operatorPort, enforcerPort]) await this.#isReady(port);
    await this.#peer.untilPlugins(1);
  }

  #program(port: number, command: string, more: readonly string[] = []): Daemon {
    // A variable of this benchmark is none of theirs, and they refuse those that they do not know.
    const bare = ['--unset=PINFOLD_BENCH_ONLY', ...AS_IN_IMAGE];
    const pinfold = [process.execPath, join(root, 'bin/pinfold'), command];
    const cluster = ['--kubeconfig', this.#kubeconfig, '--health-port', String(port)];
    const log = join(this.#folder, `${command}.log`);
    const daemon = new Daemon('env', [...bare, ...pinfold, ...cluster, ...more], log);
    this.#ends.push(() => daemon.stop());
    return daemon;
  }

  #isReady(port: number): Promise<boolean> {
    return until(
      'it is ready',
      60,
      async () => {
        const { ok } = await fetch(`http://127.0.0.1:${String(port)}/readyz`);
        return ok ? true : undefined;
      },
      () => {
        this.mustRun();
      },
    );
  }
}
