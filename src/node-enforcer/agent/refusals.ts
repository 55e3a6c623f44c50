/** What an LSM program refused, as an attempt and the decision that the kernel reached: nothing is judged again. */
import type { KernelEvent } from '../../bpf/events.js';
import type { Decision } from '../../policy/verdicts.js';
import type { Attempt } from '../operations.js';
import type { Resolver } from '../resolver.js';
import type { PolicyVersion } from './policies.js';

type Refusal = Extract<KernelEvent, { readonly kind: 'Refusal' }>;

export const refusedAttempt = (event: Refusal, resolve: Resolver): Attempt => {
  const object = resolve(event.path, event.header.pid);
  return {
    operation:
      event.class === 'exec'
        ? { kind: 'Exec', object }
        : { kind: 'File', object, access: event.access },
    source: 'object',
  };
};

/**
 * The decision that its rule number stands for. `version`: what the event's generation was compiled from;
 * undefined, it was that of an earlier process: then that something refused is all that is said.
 */
export const decisionOf = (event: Refusal, version: PolicyVersion | undefined): Decision => {
  const { class: ruleClass, group, rule, path, cannotTell } = event;
  const decided = rule === 0 ? undefined : version?.compiled[group]?.decisions[rule - 1];
  const doubt = path.doubt ?? 'Unreadable';
  if (decided !== undefined)
    return decided.verdict.kind === 'CannotTell'
      ? { ...decided, verdict: { ...decided.verdict, doubt } }
      : decided;
  const verdict = cannotTell
    ? ({ kind: 'CannotTell', class: ruleClass, doubt } as const)
    : ({ kind: 'Deny', class: ruleClass } as const);
  const profile = version?.compiled[group]?.profiles[0];
  return { ...(profile === undefined ? {} : { profile }), verdict };
};
