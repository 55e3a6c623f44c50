/** From a changed spec to what the kernel holds, again and again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { KubeClient } from '../../src/kube/client.js';
import { resourceOfKind } from '../../src/kube/resource.js';
import { MOMENTS } from './followed.js';
import type { Followed } from './followed.js';
import { NAMESPACE, PROFILE, profileObject } from './profile.js';

/** ms from the moment at which the change was sent. */
export interface ChangeTimes {
  /** The API server has answered. */
  readonly stored: number;
  /** A watch of our own has brought it. */
  readonly seen: number;
  /** The kernel judges by it. Absent: nobody looked. */
  readonly inForce?: number;
  /** The node's object says so. */
  readonly realised: number;
  /** The profile's status says so. */
  readonly told: number;
}

const MANAGER = 'kubectl';

/** Applies another spec as `kubectl apply --server-side` does; the generation that it became. */
export const applyChange = async (client: KubeClient, change: number): Promise<number> => {
  const place = { namespace: NAMESPACE, name: PROFILE };
  const { metadata } = await client.apply(
    resourceOfKind('SecurityProfile'),
    place,
    profileObject(change),
    { fieldManager: MANAGER },
  );
  if (typeof metadata.generation !== 'number') throw new Error('the profile has no generation');
  return metadata.generation;
};

export interface Changing {
  readonly client: KubeClient;
  readonly followed: Followed;
  /** When that generation is in force. */
  readonly inForce?: (generation: number, signal: AbortSignal) => Promise<number>;
  readonly signal: AbortSignal;
}

/** ms between two changes: more than a second, as people make them, and not in step with what the agent does each second. */
const APART_MS = { least: 1_000, spread: 500 };

/** ms after which a change is taken never to come into force. */
const DEADLINE_MS = 120_000;

/** One change. `previous`: the generation before; `change` tells the specs apart. */
const changeOnce = async (
  { client, followed, inForce, signal }: Changing,
  previous: number,
  change: number,
): Promise<ChangeTimes> => {
  const generation = previous + 1;
  const start = performance.now();
  const late = AbortSignal.timeout(DEADLINE_MS);
  const looking = inForce?.(generation, AbortSignal.any([signal, late]));
  // A failure of the request is the one that is told.
  looking?.catch(() => undefined);
  const became = await applyChange(client, change);
  const stored = performance.now() - start;
  if (became !== generation)
    throw new Error(`generation ${String(became)} where ${String(generation)} was expected`);
  const { moments } = followed;
  const kernel = await looking;
  const since = async (moment: Promise<number>): Promise<number> => (await moment) - start;
  return {
    stored,
    seen: await since(moments.of(MOMENTS.seen(generation), signal)),
    ...(kernel === undefined ? {} : { inForce: kernel - start }),
    realised: await since(moments.of(MOMENTS.realised(generation), signal)),
    told: await since(moments.of(MOMENTS.told(generation), signal)),
  };
};

/** `count` changes after `warmUp` others, at irregular intervals. `generation`: the one that is in force. */
export const changeMany = async (
  changing: Changing,
  generation: number,
  { count, warmUp }: { readonly count: number; readonly warmUp: number },
): Promise<readonly ChangeTimes[]> => {
  const times: ChangeTimes[] = [];
  for (let change = 1; change <= warmUp + count; change += 1) {
    const wait = APART_MS.least + Math.random() * APART_MS.spread;
    await pause(wait, undefined, { signal: changing.signal });
    const one = await changeOnce(changing, generation + change - 1, generation + change);
    if (change > warmUp) times.push(one);
  }
  return times;
};
