/** Capabilities: what the launcher keeps, and how they come back. */
import { CAPABILITIES } from '../capabilities.js';
import type { EffectiveRules } from '../rules.js';
import type { Finding } from './gaps.js';
import { isRestricted } from './restricted.js';

/** What of `held` the profile allows; undefined where it limits nothing. */
export const keptCapabilities = (
  rules: EffectiveRules,
  held: readonly string[],
): readonly string[] | undefined => {
  const { allow, deny } = rules.capabilities;
  if (!isRestricted(rules.capabilities)) return undefined;
  return CAPABILITIES.filter(
    (name) =>
      held.includes(name) &&
      (allow === undefined || allow.some((rule) => rule.name === name)) &&
      !deny.some((rule) => rule.name === name),
  );
};

/** `namespaces`: whether a member can make a user namespace. */
export const capabilityFindings = (
  rules: EffectiveRules,
  kept: readonly string[] | undefined,
  namespaces: boolean,
): readonly Finding[] => {
  const { allow, deny } = rules.capabilities;
  const lost = CAPABILITIES.find(
    (name) =>
      (allow !== undefined && !allow.some((rule) => rule.name === name)) ||
      deny.some((rule) => rule.name === name),
  );
  if (kept === undefined || lost === undefined || !namespaces) return [];
  return [
    {
      class: 'capabilities',
      code: 'UserNamespaceCapabilities',
      example: { operation: { kind: 'Capability', capability: lost }, by: 'user namespace' },
    },
  ];
};
