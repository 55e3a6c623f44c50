/** A planned network table in the form that the tracing session takes. */
import type { NetworkTable } from '../bpf/network-rules.js';
import type { NetworkPlan } from '../policy/ladder/types.js';
import { protocolNumber } from './names.js';

/** Undefined where neither direction is an allow-list: then nothing needs to be judged. */
export const networkTable = (plan: NetworkPlan | undefined): NetworkTable | undefined => {
  if (plan === undefined) return undefined;
  const { egress, ingress } = plan.defaultAllow;
  if (egress && ingress) return undefined;
  return {
    egress: !egress,
    ingress: !ingress,
    entries: plan.entries.map((entry) => ({
      direction: entry.direction,
      ...(entry.family === 0
        ? {}
        : {
            family: entry.family,
            address: Uint8Array.from(entry.address),
            prefixLength: entry.prefixLength,
          }),
      protocol: protocolNumber(entry.protocol),
      portLow: entry.portLow,
      portHigh: entry.portHigh,
      rule: entry.rule,
    })),
  };
};
