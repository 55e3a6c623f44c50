/** What a user or service account may do, as the API server's own authorizers say. */
import type { KubeClient } from './client.js';
import { resourceText } from './resource.js';
import type { Resource } from './resource.js';

/** One verb on one resource, in every namespace. */
export interface Right {
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource?: 'status';
}

const review = (kind: string, plural: string): Resource => ({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
});

const OF_ONESELF = review('SelfSubjectAccessReview', 'selfsubjectaccessreviews');
const OF_ANOTHER = review('SubjectAccessReview', 'subjectaccessreviews');

/** `patch nodeenforcements.pinfold.dev/status` */
export const rightText = ({ verb, resource, subresource }: Right): string =>
  `${verb} ${resourceText(resource)}${subresource === undefined ? '' : `/${subresource}`}`;

/**
 * Those that are not granted to `user`, or to us where none is named. Everybody may ask of themselves; of
 * another, an administrator.
 */
export const missingRights = async (
  client: KubeClient,
  rights: readonly Right[],
  { user, signal }: { readonly user?: string; readonly signal?: AbortSignal } = {},
): Promise<readonly Right[]> => {
  const missing: Right[] = [];
  for (const right of rights) {
    const { verb, resource, subresource } = right;
    const { group, plural } = resource;
    const resourceAttributes = { verb, group, resource: plural, subresource };
    const { allowed } = await client.review(
      user === undefined ? OF_ONESELF : OF_ANOTHER,
      { resourceAttributes, ...(user === undefined ? {} : { user }) },
      signal === undefined ? {} : { signal },
    );
    if (allowed !== true) missing.push(right);
  }
  return missing;
};
