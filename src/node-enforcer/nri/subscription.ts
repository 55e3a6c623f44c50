/** Which of the runtime's events are asked for. */

/** NRI's enum Event, by number. */
export const EVENT = {
  runPodSandbox: 1,
  removePodSandbox: 3,
  createContainer: 4,
  startContainer: 6,
  removeContainer: 11,
  validateContainerAdjustment: 14,
} as const;

/** 0 would mean all of them. */
const maskOf = (events: readonly number[]): number =>
  events.reduce((mask, event) => mask | (1 << (event - 1)), 0);

/**
 * What naming and arming need. StopContainer is left out on purpose: the runtime calls it for many containers
 * at once under one lock, and drops plugins over it.
 */
const NEEDED = maskOf([
  EVENT.runPodSandbox,
  EVENT.removePodSandbox,
  EVENT.createContainer,
  EVENT.startContainer,
  EVENT.removeContainer,
]);

/** A plugin that dies within CreateContainer counts as content; one that has to validate it does not. */
const GUARDED = NEEDED | maskOf([EVENT.validateContainerAdjustment]);

export interface Subscription {
  readonly mask: number;
  readonly guardsCreation: boolean;
}

/**
 * What to subscribe to. Runtimes before NRI 0.10 end the connection over an event that they do not know, and
 * only those since 0.12 say their version: where it is not said, a connection that ended there is tried without.
 */
export const subscriptionFor = (nriVersion: string, endedThereBefore: boolean): Subscription => {
  const guardsCreation = nriVersion !== '' || !endedThereBefore;
  return { mask: guardsCreation ? GUARDED : NEEDED, guardsCreation };
};
