/** Asks the API server for one pod by its name. */
import type { KubeClient } from '../../kube/client.js';
import { textsOf } from '../../kube/kube-object.js';
import { PODS } from '../../kube/resource.js';
import { PinfoldError } from '../../errors.js';
import type { ReadPod } from './pod-book.js';

/** A static pod has another UID in the API; this annotation of its mirror has the kubelet's (kubelet: pkg/kubelet/types). */
const MIRROR = 'kubernetes.io/config.mirror';

/** ms that an answer may take: containers wait for it, and it is asked again. */
const TIMEOUT_MS = 5_000;

/** @throws PinfoldError of the Kubernetes API; KubeNotFound if it is another pod of that name */
export const podReader =
  (client: KubeClient): ReadPod =>
  async ({ namespace, pod, podUid }, signal) => {
    const place = { namespace, name: pod };
    const { metadata } = await client.get(PODS, place, { signal, tries: 1, timeoutMs: TIMEOUT_MS });
    const podAnnotations = textsOf(metadata.annotations);
    if (metadata.uid !== podUid && podAnnotations[MIRROR] !== podUid)
      throw new PinfoldError('KubeNotFound', {
        resource: `pod ${namespace}/${pod}`,
        problem: `the API server has another of that name (${metadata.uid}, not ${podUid})`,
      });
    return { podLabels: textsOf(metadata.labels), podAnnotations };
  };
