/**
 * The node enforcer in a cluster: the agent, told of containers by the runtime through NRI. The
 * plugin's thread answers the runtime; this one makes slots ready and takes what the kernel reports.
 * While the runtime does not tell of them, containers are found by their cgroups.
 */
import { relative } from 'node:path';
import type { Logger } from 'pino';
import { Agent } from '../agent/agent.js';
import type { AgentOptions } from '../agent/agent.js';
import type { PlacedContainer } from '../agent/containers.js';
import { releaseMemory } from '../../bpf/memory.js';
import { cgroupRoot } from '../cgroups.js';
import type { ContainerFacts } from '../containers/facts.js';
import type { Selection } from '../matching.js';
import type { NriEvent } from '../nri/events.js';
import { NriPlugin } from '../nri/nri-plugin.js';
import { PinfoldError } from '../../errors.js';
import type { ContainerFinder } from './container-finder.js';
import { createFinder } from './fallback.js';
import type { FallbackOptions } from './fallback.js';
import { RuntimeHook } from './runtime-hook.js';
import { isFound, isQuestion } from './messages.js';
import type { AdmissionOptions, AdmissionState, Prepared } from './messages.js';

export interface ClusterNodeOptions
  extends
    Omit<AgentOptions, 'scope' | 'onSelections' | 'onReport'>,
    Pick<FallbackOptions, 'readPod' | 'kubepods' | 'nodeRoot'> {
  readonly ownNamespace: string;
  /** Labels of every namespace, by its name, as known now. */
  readonly namespaceLabels: () => Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Namespaces whose containers do not start unjudged. */
  readonly hold: readonly string[];
  readonly nriSocket?: string;
  /** As NriPlugin's `workerModule`. */
  readonly nriWorker?: URL;
}

/** ms after which the plugin's thread has loaded and run everything once, too. */
const STARTED_MS = 20_000;

/** This file's extension, `.ts` in a checkout under tsx and `.js` once compiled, is the module's too. */
const ADMISSION = new URL(
  `./admission${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export class ClusterNode {
  readonly #options: ClusterNodeOptions;
  readonly #log: Logger;
  readonly #root = cgroupRoot();
  readonly #hook = new RuntimeHook();
  readonly #finder: ContainerFinder;
  readonly agent: Agent;
  #selections: readonly Selection[] | undefined;
  #plugin: NriPlugin | undefined;
  #started: NodeJS.Timeout | undefined;
  #synchronizing: Promise<void> = Promise.resolve();
  #isStopping = false;

  private constructor(options: ClusterNodeOptions) {
    const { ownNamespace, namespaceLabels } = options;
    this.#options = options;
    this.#log = options.log;
    this.agent = Agent.open({
      ...options,
      scope: { ownNamespace, namespaceLabels: (name) => namespaceLabels()[name] },
      findings: () => [
        this.#hook.finding,
        ...[this.#finder.finding].filter((finding) => finding !== undefined),
        ...(options.findings?.() ?? []),
      ],
      onSelections: (selections) => {
        this.#selections = selections;
        this.#plugin?.update(this.#state());
      },
      onReport: () => undefined, // the operator reads the node's object
    });
    const { log, state, hold, readPod, kubepods, nodeRoot } = options;
    this.#finder = createFinder({
      ...{ agent: this.agent, log, state, hold, readPod, cgroupRoot: this.#root },
      ...(kubepods === undefined ? {} : { kubepods }),
      ...(nodeRoot === undefined ? {} : { nodeRoot }),
      isReady: () => this.#selections !== undefined,
      all: (containers, others, whole) => {
        this.#synchronize(containers, others, whole);
      },
    });
  }

  /** Loads the programs; nothing is in force yet. @throws PinfoldError where the kernel lacks something */
  static open(options: ClusterNodeOptions): ClusterNode {
    return new ClusterNode(options);
  }

  /** Begins to follow the store and the runtime. */
  async start(): Promise<void> {
    await this.agent.start();
    if (this.#isStopping) return;
    const { pins, nriSocket, nriWorker } = this.#options;
    const admissionOptions: AdmissionOptions = pins === undefined ? {} : { pins };
    this.#plugin = NriPlugin.start({
      cgroupRoot: this.#root,
      admissionModule: ADMISSION,
      admissionOptions,
      state: this.#state(),
      onEvent: (event) => {
        this.#take(event);
      },
      onQuestion: (question) => Promise.resolve(this.#answer(question)),
      ...(nriSocket === undefined ? {} : { socketPath: nriSocket }),
      ...(nriWorker === undefined ? {} : { workerModule: nriWorker }),
    });
    this.#started = setTimeout(releaseMemory, STARTED_MS);
  }

  /** Namespaces or their labels are other ones. */
  namespacesChanged(): void {
    this.#plugin?.update(this.#state());
    this.agent.refresh();
  }

  /** Leaves the runtime first: from then on containers are found when the next process starts. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#finder.end();
    clearTimeout(this.#started);
    await this.#plugin?.stop();
    await this.#synchronizing;
    try {
      await this.agent.stop();
    } finally {
      await this.agent.close();
    }
  }

  #state(): AdmissionState {
    const { ownNamespace, hold, namespaceLabels } = this.#options;
    return {
      ready: this.#selections !== undefined,
      selections: this.#selections ?? [],
      namespaceLabels: namespaceLabels(),
      ownNamespace,
      hold,
    };
  }

  /** @throws PinfoldError: the runtime then hears that the container was not judged */
  #answer(question: unknown): Prepared | Readonly<Record<string, never>> {
    if (!isQuestion(question)) throw new PinfoldError('Internal', { problem: 'unknown question' });
    const placed = this.#placed(question.facts);
    if (placed === undefined)
      throw new PinfoldError('CgroupNotFound', {
        directory: question.facts.container,
        problem: 'the runtime does not say where it is',
      });
    if (question.kind === 'Attach') {
      this.agent.started(placed);
      return {};
    }
    const workload = this.agent.prepare(placed);
    if (workload === undefined) return { attach: false };
    return { slot: workload.slot, attach: workload.waitsForCgroup };
  }

  #take(event: NriEvent): void {
    this.#hook.take(event);
    switch (event.kind) {
      case 'ContainerStarted': {
        const placed = this.#placed(event.facts);
        if (placed !== undefined) this.agent.started(placed);
        return;
      }
      case 'ContainerRemoved':
        this.agent.removed(event.containerId);
        return;
      case 'Gap':
        this.agent.gap(event.failure.code, event.failure.message, event.facts);
        return;
      case 'Refused': {
        const { namespace, pod, container } = event.facts;
        const { at, reason } = event;
        this.#log.warn({ namespace, pod, container, at, problem: reason }, 'container held back');
        return;
      }
      case 'Admission':
        if (isFound(event.event)) this.#found(event.event.containers);
        return;
      case 'Connected':
        this.#finder.end();
        this.#log.info(
          { runtime: event.runtime.name, version: event.runtime.version },
          'runtime connected',
        );
        return;
      case 'Busy':
      case 'Disconnected':
        this.#log.warn(
          { code: event.failure.code, problem: event.failure.message },
          'runtime not connected',
        );
        if (!this.#isStopping) this.#finder.begin();
        return;
      case 'Synchronized':
      case 'PodStarted':
      case 'PodRemoved':
        return;
    }
  }

  /** The runtime tells of them from now on. What was found before and is still to be started stays as it is. */
  #found(containers: readonly ContainerFacts[]): void {
    this.#finder.end();
    const running = containers.filter(({ isRunning }) => isRunning);
    const others = containers.filter(({ isRunning }) => !isRunning);
    this.#synchronize(
      running.flatMap((facts) => this.#placed(facts) ?? []),
      others.map(({ containerId }) => containerId),
    );
  }

  #synchronize(
    running: readonly PlacedContainer[],
    others: readonly string[],
    whole?: boolean,
  ): void {
    this.#synchronizing = this.#synchronizing.then(() =>
      this.agent.synchronize(running, others, whole),
    );
  }

  #placed(facts: ContainerFacts): PlacedContainer | undefined {
    const { cgroupPath } = facts;
    if (cgroupPath === undefined) return undefined;
    return { facts, cgroup: `/${relative(this.#root, cgroupPath)}` };
  }
}
