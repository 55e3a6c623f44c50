/**
 * The operator base class with another engine. Of @dot-i/k8s-operator 1.3.9 only the surface is kept:
 * its watch loop ends the process on any error, loses deletions and swallows what handlers throw; under
 * client-node 1.4 its status and finalizer URLs become `undefined/apis/…`, and each of its requests makes
 * a TLS connection. Every method that talks to the API is overridden here; a test lists what is not.
 */
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import k8sOperator from '@dot-i/k8s-operator';
import type { OperatorLogger, ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { CoreV1Api, loadYaml } from '@kubernetes/client-node';
import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import { yamlDocuments } from '../api/yaml-documents.js';
import { PinfoldError, reasonOf } from '../errors.js';
import { connect } from './connect.js';
import type { KubeClient } from './client.js';
import { HandledResource } from './handled-resource.js';
import { fieldsOf } from './kube-object.js';
import type { KubeObject } from './kube-object.js';
import { loadKubeconfig } from './kubeconfig.js';
import type { KubeconfigOptions } from './kubeconfig.js';
import type { PooledKubeConfig } from './pooled-kube-config.js';
import { pathOf } from './resource.js';
import type { Place, Resource } from './resource.js';
import { hasCode } from './status-error.js';

const { ResourceMetaImpl, ResourceEventType } = k8sOperator;

/** What an operator needs of the cluster. */
export interface OperatorConnection {
  readonly client: KubeClient;
  /** For the generated API classes of client-node. */
  readonly config: PooledKubeConfig;
}

/** Finds the cluster as `connect` does. Throws KubeconfigUnusable. */
export const connectOperator = async (
  options: KubeconfigOptions = {},
): Promise<OperatorConnection> => ({
  client: await connect(options),
  config: await loadKubeconfig(options),
});

/** Where a handler's resource is, learned from its group, version and plural alone. */
const resourceFrom = (group: string, version: string, plural: string): Resource => ({
  group,
  version,
  plural,
  // Read from the server's lists; a namespace appears in paths where one is given.
  kind: '',
  namespaced: true,
});

const CUSTOM_RESOURCE_DEFINITIONS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

const placeOf = ({ namespace, name }: ResourceMeta): Place => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

const silent: OperatorLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export abstract class ReliableOperator extends k8sOperator.default {
  protected readonly client: KubeClient;
  readonly #config: PooledKubeConfig;
  readonly #stop = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  readonly #resources = new Map<string, Resource>();

  constructor({ client, config }: OperatorConnection, logger: OperatorLogger = silent) {
    super(logger);
    this.client = client;
    this.#config = config;
    this.kubeConfig = config;
    this.k8sApi = config.makeApiClient(CoreV1Api);
  }

  /** Aborts when the operator is to end. */
  protected get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Runs `init`; where that fails, what it began is ended. */
  override async start(): Promise<void> {
    try {
      await this.init();
    } catch (error) {
      this.stop();
      await this.stopped();
      throw error;
    }
  }

  /** Tells everything to end; `stopped` says when it has. */
  override stop(): void {
    this.#stop.abort();
  }

  /** Resolves when every watch, handler and task has ended. Rejects with the first failure of a task. */
  async stopped(): Promise<void> {
    await Promise.all(this.#tasks);
    this.client.credentials.close();
    this.#config.close();
  }

  /** Owns something that works until its signal aborts. */
  protected run(task: (signal: AbortSignal) => Promise<void>): void {
    const running = task(this.signal).finally(() => this.#tasks.delete(running));
    // `stopped` reports the failure; until then the operator must not go on without the task.
    running.catch((error: unknown) => {
      this.logger.error(`a task of the operator failed: ${reasonOf(error)}`);
      this.#tasks.add(running);
      this.stop();
    });
    this.#tasks.add(running);
  }

  /** Creates or updates a definition from its file. Throws KindUnknown where it holds something else. */
  protected override async registerCustomResourceDefinition(crdFile: string): Promise<{
    group: string;
    versions: V1CustomResourceDefinition['spec']['versions'];
    plural: string;
  }> {
    const text = await readFile(crdFile, 'utf8');
    const manifest = fieldsOf(yamlDocuments(text, crdFile)[0]?.value);
    const { name } = fieldsOf(manifest.metadata);
    if (manifest.kind !== CUSTOM_RESOURCE_DEFINITIONS.kind || typeof name !== 'string')
      throw new PinfoldError('KindUnknown', {
        file: crdFile,
        found: String(manifest.kind),
        expected: CUSTOM_RESOURCE_DEFINITIONS.kind,
      });
    const fieldManager = 'pinfold-operator';
    await this.client.apply(CUSTOM_RESOURCE_DEFINITIONS, { name }, manifest, { fieldManager });
    // For the result only: the library's loader gives fields names of its own.
    const crd = loadYaml<V1CustomResourceDefinition>(text);
    this.logger.info(`registered custom resource definition '${name}'`);
    const { group, versions, names } = crd.spec;
    return { group, versions, plural: names.plural };
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const place = namespace === undefined ? {} : { namespace };
    const { href } = this.client.credentials.server;
    return href.replace(/\/$/, '') + pathOf(resourceFrom(group, version, plural), place);
  }

  /**
   * Has every object of a resource handled: those present as ADDED, then changes; per object one at a
   * time and in order, and again and again until `onEvent` succeeds. A newer version takes the place of
   * one that waits. Deletions are told also when they happened while nothing was heard of the server.
   */
  protected override watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const resource = resourceFrom(group, version, plural);
    const id = `${plural}.${group === '' ? version : `${group}/${version}`}`;
    this.#resources.set(id, resource);
    const handled = new HandledResource({
      client: this.client,
      resource,
      selection: namespace === undefined ? {} : { namespace },
      handle: ({ type, object }) =>
        onEvent({
          meta: ResourceMetaImpl.createWithPlural(plural, object),
          object,
          type: EVENT_TYPES[type],
        }),
      onFailure: (key, error, retryMs) => {
        const then = retryMs === undefined ? 'not tried again' : `again in ${retryMs} ms`;
        this.logger.error(`handling ${id} ${key} failed, ${then}: ${reasonOf(error)}`);
      },
      onProblem: (problem, retryMs) => {
        this.logger.warn(`watching ${id} failed, again in ${retryMs} ms: ${problem.message}`);
      },
    });
    this.run((signal) => handled.run(signal));
    this.logger.info(`watching resource ${id}`);
    return Promise.resolve();
  }

  /** Null: the object is gone. Throws KubeConflict where it is not the version in `meta`, and so on. */
  protected override setResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    return this.#written(meta, (resource) =>
      this.client.replace(
        resource,
        { ...placeOf(meta), subresource: 'status' },
        { ...this.#identityOf(meta), status },
      ),
    );
  }

  /** As `setResourceStatus`, with a JSON merge patch of the status. */
  protected override patchResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    return this.#written(meta, (resource) =>
      this.client.merge(
        resource,
        { ...placeOf(meta), subresource: 'status' },
        { ...this.#identityOf(meta), status },
      ),
    );
  }

  /** As the base class has it, but what fails is thrown, and so tried again. */
  protected override async handleResourceFinalizer(
    event: ResourceEvent,
    finalizer: string,
    deleteAction: (event: ResourceEvent) => Promise<void>,
  ): Promise<boolean> {
    const { metadata } = event.object;
    if (metadata === undefined || event.type === ResourceEventType.Deleted) return false;
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp !== undefined) {
      if (!finalizers.includes(finalizer)) return true;
      await deleteAction(event);
      const others = finalizers.filter((other) => other !== finalizer);
      await this.setResourceFinalizers(event.meta, others);
      return true;
    }
    if (finalizers.includes(finalizer)) return false;
    await this.setResourceFinalizers(event.meta, [...finalizers, finalizer]);
    return true;
  }

  /** Throws KubeConflict where the object is not the version in `meta`; one that is gone needs nothing. */
  protected override async setResourceFinalizers(
    meta: ResourceMeta,
    finalizers: string[],
  ): Promise<void> {
    const { resourceVersion } = meta;
    // Without the version, a finalizer that somebody else added meanwhile would be removed.
    const patch = { metadata: { resourceVersion, finalizers } };
    await this.#written(meta, (resource) => this.client.merge(resource, placeOf(meta), patch));
  }

  protected override async applyAxiosKubeConfigAuth(request: {
    headers?: Record<string, string | number | boolean>;
    httpsAgent?: Agent;
    auth?: { username: string; password: string };
  }): Promise<void> {
    const { headers, agent } = await this.#access();
    request.headers = { ...request.headers, ...headers };
    request.httpsAgent = agent;
  }

  protected override async applyGaxiosKubeConfigAuth(options: {
    headers?: Record<string, string>;
    agent?: Agent;
  }): Promise<void> {
    const { headers, agent } = await this.#access();
    options.headers = { ...options.headers, ...headers };
    options.agent = agent;
  }

  /** Credentials for HTTP libraries, with the pool. */
  async #access(): Promise<{ headers: Record<string, string>; agent: Agent }> {
    const { headers, agent } = await this.client.credentials.access();
    return { headers: { ...headers }, agent };
  }

  #identityOf({ apiVersion, kind, name, namespace, resourceVersion }: ResourceMeta): object {
    const metadata = { name, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
    return { apiVersion, kind, metadata };
  }

  async #written(
    meta: ResourceMeta,
    write: (resource: Resource) => Promise<KubeObject>,
  ): Promise<ResourceMeta | null> {
    const resource = this.#resources.get(meta.id);
    if (resource === undefined)
      throw new PinfoldError('Internal', { problem: `${meta.id} is not watched` });
    try {
      return ResourceMetaImpl.createWithId(meta.id, await write(resource));
    } catch (error) {
      if (hasCode(error, 'KubeNotFound')) return null;
      throw error;
    }
  }
}

const EVENT_TYPES = {
  ADDED: ResourceEventType.Added,
  MODIFIED: ResourceEventType.Modified,
  DELETED: ResourceEventType.Deleted,
} as const;
