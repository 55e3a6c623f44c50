/**
 * The Kubernetes API as far as Pinfold needs it, over one pool of connections. Small on purpose: the
 * usual client library costs a node 80 MB. Every error is a PinfoldError of the section "Kubernetes
 * API" or the reason of an aborted signal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PinfoldError, reasonOf } from '../errors.js';
import { delayAfter } from './backoff.js';
import type { Backoff } from './backoff.js';
import type { Credentials } from './credentials.js';
import { exchange, stream } from './http.js';
import type { HttpRequest, HttpResponse } from './http.js';
import { linesOf } from './json-lines.js';
import { fieldsOf, isFields, kubeObject } from './kube-object.js';
import type { Fields, KubeObject } from './kube-object.js';
import { apiVersionOf, pathOf, resourceText } from './resource.js';
import type { Place, Resource } from './resource.js';
import { hasCode, refusalOf, retryAfterMsOf, statusError } from './status-error.js';
import type { Asked } from './status-error.js';
import { watchEvent } from './watch-event.js';
import type { WatchEvent } from './watch-event.js';

export interface ClientOptions {
  /** ms from a request to the last byte of its answer (30,000). */
  readonly timeoutMs?: number;
  /** How often a request that may be repeated is sent at most (4). */
  readonly tries?: number;
  readonly backoff?: Backoff;
  /** Objects in one page of a list (500, as client-go has it). */
  readonly pageSize?: number;
  /** Numbers in [0, 1), for jitter. */
  readonly random?: () => number;
  /** Hears that the server said 403 to something, whoever asked for it. */
  readonly onForbidden?: () => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** As in ClientOptions, for this call. */
  readonly tries?: number;
  readonly timeoutMs?: number;
}

export interface Selection {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Where the next page begins; absent: this was the last. */
  readonly continue?: string;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Call {
  readonly verb: string;
  readonly method: HttpRequest['method'];
  readonly resource: Resource;
  readonly place: Place;
  readonly query?: Query;
  readonly body?: { readonly type: string; readonly value: object };
}

const JSON_TYPE = 'application/json';
const MERGE_PATCH = 'application/merge-patch+json';
/** JSON is YAML. */
const APPLY_PATCH = 'application/apply-patch+yaml';

const queryText = (query: Query): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
};

/** What a message calls the thing asked for. */
const subjectOf = (resource: Resource, { namespace, name, subresource }: Place): string =>
  [
    resourceText(resource) + (subresource === undefined ? '' : `/${subresource}`),
    name === undefined ? undefined : `"${name}"`,
    namespace === undefined ? undefined : `in namespace "${namespace}"`,
  ]
    .filter((part) => part !== undefined)
    .join(' ');

const httpRequest = ({ verb, method, resource, place, query, body }: Call): HttpRequest => ({
  verb,
  method,
  resource: subjectOf(resource, place),
  path: pathOf(resource, place) + queryText(query ?? {}),
  ...(body === undefined
    ? {}
    : { body: JSON.stringify(body.value), headers: { 'content-type': body.type } }),
});

/** Whether the same request can succeed later. */
const isPassing = (error: unknown): boolean =>
  hasCode(error, 'KubeUnreachable', 'KubeTimeout', 'KubeTooManyRequests', 'KubeServerFailed');

export class KubeClient {
  readonly credentials: Credentials;
  readonly #options: Required<ClientOptions>;

  constructor(credentials: Credentials, options: ClientOptions = {}) {
    this.credentials = credentials;
    this.#options = {
      timeoutMs: 30_000,
      tries: 4,
      pageSize: 500,
      backoff: { firstMs: 250, longestMs: 10_000 },
      random: Math.random,
      onForbidden: () => undefined,
      ...options,
    };
  }

  /** One page of a list. */
  async listPage(
    resource: Resource,
    { namespace, fieldSelector, labelSelector }: Selection,
    { from, ...options }: CallOptions & { readonly from?: string } = {},
  ): Promise<Page> {
    const call: Call = {
      verb: 'list',
      method: 'GET',
      resource,
      place: namespace === undefined ? {} : { namespace },
      query: { fieldSelector, labelSelector, limit: this.#options.pageSize, continue: from },
    };
    const answer = fieldsOf(await this.#send(call, options));
    const { resourceVersion, continue: next } = fieldsOf(answer.metadata);
    const items = Array.isArray(answer.items) ? answer.items : undefined;
    if (items === undefined || typeof resourceVersion !== 'string')
      throw this.#malformed(call, 'no list');
    // `PodList`: items of built-in kinds do not say what they are.
    const kind = typeof answer.kind === 'string' ? answer.kind.replace(/List$/, '') : resource.kind;
    return {
      items: items.map((item) => this.#object(call, { kind, ...fieldsOf(item) })),
      resourceVersion,
      ...(typeof next === 'string' && next !== '' ? { continue: next } : {}),
    };
  }

  /** A whole list, page by page. */
  async list(
    resource: Resource,
    selection: Selection = {},
    options: CallOptions = {},
  ): Promise<readonly KubeObject[]> {
    const items: KubeObject[] = [];
    let from: string | undefined;
    do {
      const page: Page = await this.listPage(resource, selection, {
        ...options,
        ...(from === undefined ? {} : { from }),
      });
      items.push(...page.items);
      from = page.continue;
    } while (from !== undefined);
    return items;
  }

  /** Throws KubeNotFound where it is not there. */
  get(resource: Resource, place: Place, options: CallOptions = {}): Promise<KubeObject> {
    return this.#one({ verb: 'get', method: 'GET', resource, place }, options);
  }

  /** Sent once: whether a lost answer meant success cannot be known. */
  create(
    resource: Resource,
    namespace: string | undefined,
    value: object,
    options: Omit<CallOptions, 'tries'> = {},
  ): Promise<KubeObject> {
    const place = namespace === undefined ? {} : { namespace };
    const body = { type: JSON_TYPE, value };
    const once = { ...options, tries: 1 };
    return this.#one({ verb: 'create', method: 'POST', resource, place, body }, once);
  }

  /** Asks a question that is answered and not stored, such as SelfSubjectAccessReview; the answer's status. */
  async review(
    resource: Resource,
    spec: object | undefined,
    options: CallOptions = {},
  ): Promise<Fields> {
    const value = { apiVersion: apiVersionOf(resource), kind: resource.kind, spec };
    const body = { type: JSON_TYPE, value };
    const call: Call = { verb: 'create', method: 'POST', resource, place: {}, body };
    return fieldsOf((await this.#send(call, options)).status);
  }

  /** Server-side apply as owner of every field in `value`, taking over what others own. */
  apply(
    resource: Resource,
    place: Place,
    value: object,
    { fieldManager, ...options }: CallOptions & { readonly fieldManager: string },
  ): Promise<KubeObject> {
    const query = { fieldManager, force: true };
    const body = { type: APPLY_PATCH, value };
    return this.#one({ verb: 'patch', method: 'PATCH', resource, place, query, body }, options);
  }

  /** JSON merge patch; a `metadata.resourceVersion` in it makes it fail with KubeConflict. */
  merge(
    resource: Resource,
    place: Place,
    value: object,
    { fieldManager, ...options }: CallOptions & { readonly fieldManager?: string } = {},
  ): Promise<KubeObject> {
    const query = fieldManager === undefined ? {} : { fieldManager };
    const body = { type: MERGE_PATCH, value };
    return this.#one({ verb: 'patch', method: 'PATCH', resource, place, query, body }, options);
  }

  /** Replaces an object; its resourceVersion must be the current one. */
  replace(
    resource: Resource,
    place: Place,
    value: object,
    options: CallOptions = {},
  ): Promise<KubeObject> {
    const body = { type: JSON_TYPE, value };
    return this.#one({ verb: 'update', method: 'PUT', resource, place, body }, options);
  }

  /** The uid of what is gone; or the object, where finalizers still hold it. */
  async delete(
    resource: Resource,
    place: Place,
    options: CallOptions = {},
  ): Promise<{ readonly uid?: string; readonly remains?: KubeObject }> {
    const answer = fieldsOf(
      await this.#send({ verb: 'delete', method: 'DELETE', resource, place }, options),
    );
    if (answer.kind !== 'Status') {
      const remains = kubeObject(answer, resource);
      return remains === undefined ? {} : { remains };
    }
    const { uid } = fieldsOf(answer.details);
    return typeof uid === 'string' ? { uid } : {};
  }

  /**
   * Changes after a version, until the server ends the stream, the signal aborts (which throws its
   * reason) or the consumer leaves. Throws KubeExpired where the version is too old, also midway.
   */
  async *watch(
    resource: Resource,
    { namespace, fieldSelector, labelSelector }: Selection,
    resourceVersion: string,
    { signal, timeoutSeconds }: { readonly signal: AbortSignal; readonly timeoutSeconds: number },
  ): AsyncGenerator<WatchEvent, void, undefined> {
    const call: Call = {
      verb: 'watch',
      method: 'GET',
      resource,
      place: namespace === undefined ? {} : { namespace },
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion,
        timeoutSeconds,
        fieldSelector,
        labelSelector,
      },
    };
    const request = httpRequest(call);
    const opened = await stream(this.credentials, request, this.#options.timeoutMs, signal);
    if (opened.kind === 'Refused') throw this.#refusal(call, opened.response);
    try {
      for await (const line of linesOf(opened.chunks)) yield this.#watchEvent(call, line);
    } finally {
      opened.close();
    }
  }

  #watchEvent(call: Call, line: string): WatchEvent {
    const message = this.#json(call, line);
    const { type, object } = fieldsOf(message);
    if (type === 'ERROR') throw statusError(this.#asked(call), object);
    const event = watchEvent(type, object, call.resource);
    if (event === undefined) throw this.#malformed(call, `a watch event of type ${String(type)}`);
    return event;
  }

  #asked({ verb, resource, place }: Call): Asked {
    return { server: this.credentials.server.host, verb, resource: subjectOf(resource, place) };
  }

  #refusal(call: Call, response: HttpResponse): PinfoldError {
    const error = refusalOf(this.#asked(call), response);
    if (error.code === 'KubeForbidden') this.#options.onForbidden();
    return error;
  }

  #malformed(call: Call, problem: string, cause?: unknown): PinfoldError {
    return new PinfoldError('KubeAnswerMalformed', { ...this.#asked(call), problem }, { cause });
  }

  #json(call: Call, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.#malformed(call, reasonOf(cause), cause);
    }
  }

  #object(call: Call, value: unknown): KubeObject {
    const object = kubeObject(value, call.resource);
    if (object === undefined) throw this.#malformed(call, 'no object with name, uid and version');
    return object;
  }

  async #one(call: Call, options: CallOptions): Promise<KubeObject> {
    return this.#object(call, await this.#send(call, options));
  }

  /** Sends until it succeeds, fails for good, or was tried often enough. */
  async #send(call: Call, options: CallOptions): Promise<Fields> {
    const { signal, tries: most = this.#options.tries } = options;
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#sendOnce(call, options);
      } catch (error) {
        if (tried >= most || !isPassing(error)) throw error;
        const { backoff, random } = this.#options;
        const delay = delayAfter(tried, backoff, random(), retryAfterMsOf(error));
        await sleep(delay, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async #sendOnce(
    call: Call,
    { signal, timeoutMs = this.#options.timeoutMs }: CallOptions,
  ): Promise<Fields> {
    const response = await exchange(this.credentials, httpRequest(call), timeoutMs, signal);
    if (response.status >= 300) throw this.#refusal(call, response);
    const answer = this.#json(call, response.body);
    if (!isFields(answer)) throw this.#malformed(call, 'no JSON object');
    return answer;
  }
}
