/** Pinfold on the tests' node: installed as a user would, asked by its command line, and its log read. */
import { fileURLToPath } from 'node:url';
import { finish, output } from '../../support/command.js';
import type { Finished } from '../../support/command.js';
import { until } from '../../support/until.js';
import type { Node } from './node.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A line of the audit log, as far as tests look at it. */
export interface Line {
  readonly kind: string;
  readonly outcome?: string;
  readonly class?: string;
  readonly path?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly containerId?: string;
  readonly profile?: string;
  readonly generation?: number;
  readonly code?: string;
  readonly detail?: string;
  readonly errno?: string;
}

export class Pinfold {
  readonly #node: Node;
  /** Of the enforcer, as noted last. */
  #restarts = 0;

  constructor(node: Node) {
    this.#node = node;
  }

  /** Applies config/, as the tutorial says, and waits for both parts. */
  async install(): Promise<void> {
    await this.#node.importOwnImage();
    await this.kubectl('apply', '--kustomize', `${root}config`);
    await this.kubectl(
      '-n',
      'pinfold',
      'rollout',
      'status',
      'deploy/pinfold-operator',
      '--timeout=300s',
    );
    await this.kubectl('-n', 'pinfold', 'rollout', 'status', 'ds/pinfold-node', '--timeout=300s');
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.#node.cluster.kubectl(args);
  }

  /** `pinfold ARGS`, whatever its status. */
  run(...args: readonly string[]): Promise<Finished> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, KUBECONFIG: this.#node.cluster.kubeconfig };
    return finish(process.execPath, [`${root}bin/pinfold`, ...args], { env });
  }

  /** `pinfold ARGS`. @throws CommandError where its status is not 0 */
  say(...args: readonly string[]): Promise<string> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, KUBECONFIG: this.#node.cluster.kubeconfig };
    return output(process.execPath, [`${root}bin/pinfold`, ...args], { env });
  }

  /** Lines of the node's audit log. */
  async log(): Promise<readonly Line[]> {
    const text = await this.#node.run('cat /var/log/pinfold/audit.jsonl');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  /** The first line of the log that is like this, waited for. */
  logged(what: string, isMeant: (line: Line) => boolean): Promise<Line> {
    return until(`in the audit log: ${what}`, 60, async () => (await this.log()).find(isMeant));
  }

  /** Waits for a profile to be as asked; `read` gives undefined while it is not. */
  profile<T>(
    name: string,
    what: string,
    read: (profile: ProfileView) => T | undefined,
    seconds = 120,
  ): Promise<T> {
    return until(`profile ${name}: ${what}`, seconds, async () =>
      read(
        (await this.#node.cluster.kubectlJson([
          ...['-n', 'shop', 'get', 'securityprofile', name],
        ])) as ProfileView,
      ),
    );
  }

  /** Kills the enforcer's process (and not the shell that names it); the kubelet starts it again. */
  async killEnforcer(): Promise<void> {
    await this.#node.run('pkill --signal KILL --full "pinfold [n]ode-enforcer"');
  }

  /** Before it is killed, and the API server can still be asked. */
  async noteRestarts(): Promise<void> {
    this.#restarts = (await this.#enforcer()).restartCount;
  }

  /** Resolves when the enforcer that was killed is Ready again. */
  enforcerReady(): Promise<true> {
    return until('the enforcer is Ready again', 300, async () => {
      const { ready, restartCount } = await this.#enforcer();
      return ready && restartCount > this.#restarts ? true : undefined;
    });
  }

  async #enforcer(): Promise<ContainerStatus> {
    const { items } = (await this.#node.cluster.kubectlJson([
      ...['-n', 'pinfold', 'get', 'pods'],
      ...['-l', 'app.kubernetes.io/component=node-enforcer'],
    ])) as PodList;
    const [status] = items.flatMap((pod) => pod.status.containerStatuses ?? []);
    return status ?? { ready: false, restartCount: 0 };
  }
}

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
}

interface PodList {
  readonly items: readonly {
    readonly status: { readonly containerStatuses?: readonly ContainerStatus[] };
  }[];
}

/** A SecurityProfile as far as tests look at it. */
export interface ProfileView {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly mode: string; readonly baseRevision?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly mode?: string;
    readonly latestRevision?: string;
    readonly counts?: {
      readonly matchedContainers: number;
      readonly denied: number;
      readonly audited: number;
      readonly learned?: number;
    };
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
    }[];
    readonly recentViolations?: readonly {
      readonly action: string;
      readonly object: string;
      readonly pod?: string;
      readonly container?: string;
    }[];
  };
}
