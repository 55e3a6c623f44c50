/** `pinfold promote`: one mode further, with what was recorded as its base. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isProfile, kindNamed } from '../../api/objects.js';
import type { AnyProfile } from '../../api/objects.js';
import { PinfoldError } from '../../errors.js';
import { resourceOfKind } from '../../kube/resource.js';
import { keyText } from '../../store/object-key.js';
import type { ObjectKey } from '../../store/store.js';
import { FIELD_MANAGER, openCluster } from '../cluster.js';
import type { Cluster, ClusterOptions } from '../cluster.js';
import type { CommandContext, RunCommand } from '../context.js';
import { serialised } from '../print/serialised.js';
import { nextMode, whyNotYet } from '../promote/checks.js';
import type { Target } from '../promote/checks.js';

export interface PromoteOptions extends ClusterOptions {
  readonly target?: Target;
  readonly allowPartial: boolean;
  readonly allowViolations: boolean;
  readonly print: boolean;
  readonly timeoutMs: number;
}

/** ms between looks at the profile while the nodes finish what they recorded. */
const LOOK_MS = 500;

/** `NAME`, or `KIND/NAME` with a kind of profile. Throws UsageError. */
const keyNamed = (argument: string, { settings }: CommandContext): ObjectKey => {
  const [first = '', second] = argument.split('/');
  const kind = second === undefined ? 'SecurityProfile' : kindNamed(first);
  if (kind !== 'SecurityProfile' && kind !== 'ClusterSecurityProfile')
    throw new PinfoldError('UsageError', {
      problem: `${JSON.stringify(argument)} is no profile; expected NAME, sp/NAME or csp/NAME`,
    });
  const name = second ?? first;
  return kind === 'SecurityProfile'
    ? { kind, namespace: settings.namespace, name }
    : { kind, name };
};

const profileAt = async ({ store }: Cluster, key: ObjectKey): Promise<AnyProfile> => {
  const object = await store.get(key);
  if (object === undefined || !isProfile(object))
    throw new PinfoldError('ObjectNotFound', { object: keyText(key), directory: 'the cluster' });
  return object;
};

const patchOf = (mode: Target, baseRevision: string | undefined): object => ({
  spec: { mode, ...(baseRevision === undefined ? {} : { baseRevision }) },
});

const patch = async (
  { client }: Cluster,
  profile: AnyProfile,
  change: object,
  resourceVersion?: string,
): Promise<void> => {
  const { kind, metadata } = profile;
  const place = {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
  const guard = resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
  await client.merge(
    resourceOfKind(kind),
    place,
    { ...change, ...guard },
    {
      fieldManager: FIELD_MANAGER,
    },
  );
};

/** Whether what was recorded is all in a revision, and every node has the new mode. */
const isFinished = ({ metadata, status }: AnyProfile): boolean =>
  status?.observedGeneration === metadata.generation &&
  status?.latestRevision !== undefined &&
  status.counts?.learned === undefined &&
  status.mode !== 'Record';

/** The revision that the ended recording led to; undefined: not within the time. */
const finishedRevision = async (
  cluster: Cluster,
  key: ObjectKey,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const profile = await profileAt(cluster, key);
    if (isFinished(profile)) return profile.status?.latestRevision;
    if (Date.now() >= deadline) return undefined;
    await sleep(LOOK_MS, undefined, { signal });
  }
};

export const run: RunCommand<PromoteOptions> = async (context, options, args) => {
  const key = keyNamed(args[0] ?? '', context);
  const cluster = await openCluster(options);
  try {
    const profile = await profileAt(cluster, key);
    const target = options.target ?? nextMode(profile);
    const { allowPartial, allowViolations } = options;
    const hold = whyNotYet({ profile, target, allowPartial, allowViolations });
    if (hold?.reason === 'AlreadyThere') {
      context.stdout.write(`${keyText(key)}: ${hold.message}\n`);
      return 0;
    }
    if (hold !== undefined)
      throw new PinfoldError('NotPromotable', {
        profile: keyText(key),
        target,
        reason: hold.reason,
        problem: hold.message,
        hint: hold.remedy,
      });
    const recorded = profile.spec.mode === 'Record';
    const base = recorded ? 'Latest' : undefined;
    if (options.print) {
      const { name, namespace } = profile.metadata;
      const shown = { name, ...(namespace === undefined ? {} : { namespace }) };
      const { apiVersion, kind } = profile;
      const manifest = { apiVersion, kind, metadata: shown, ...patchOf(target, base) };
      context.stdout.write(serialised(manifest, 'yaml'));
      return 0;
    }
    await patch(cluster, profile, patchOf(target, base), profile.metadata.resourceVersion);
    if (!recorded) {
      context.stdout.write(`${keyText(key)}: mode is ${target}\n`);
      return 0;
    }
    const { timeoutMs } = options;
    const revision = await finishedRevision(cluster, key, timeoutMs, context.signal);
    if (revision === undefined) {
      context.stderr.write(
        `The nodes have not finished the recording within ${timeoutMs / 1000} s: baseRevision is Latest until they have.\n`,
      );
      context.stdout.write(`${keyText(key)}: mode is ${target}, based on Latest\n`);
      return 0;
    }
    await patch(cluster, profile, patchOf(target, revision));
    context.stdout.write(`${keyText(key)}: mode is ${target}, based on ${revision}\n`);
    return 0;
  } finally {
    await cluster.close();
  }
};
