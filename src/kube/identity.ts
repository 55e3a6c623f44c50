/** Which node this process speaks for, as the API server knows it. */
import type { KubeClient } from './client.js';
import { fieldsOf } from './kube-object.js';
import type { Resource } from './resource.js';

export interface NodeIdentity {
  readonly name: string;
  readonly uid: string;
}

const SELF: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
};

const firstOf = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === 'string' ? first : undefined;
};

/**
 * The node that our token is bound to: the API server writes it into the tokens of pods (Kubernetes 1.30 and
 * later). Undefined for every other kind of credentials. Needs no right.
 */
export const nodeOfToken = async (
  client: KubeClient,
  signal?: AbortSignal,
): Promise<NodeIdentity | undefined> => {
  const { userInfo } = await client.review(SELF, undefined, signal === undefined ? {} : { signal });
  const extra = fieldsOf(fieldsOf(userInfo).extra);
  const name = firstOf(extra['authentication.kubernetes.io/node-name']);
  const uid = firstOf(extra['authentication.kubernetes.io/node-uid']);
  return name === undefined || uid === undefined ? undefined : { name, uid };
};
