/** Without cgroup programs: TCP by port through Landlock, as far as that goes. */
import type { EffectiveRules, NetworkRule } from '../rules.js';
import type { Finding } from './gaps.js';
import { FIRST_ABI, NET } from './landlock-bits.js';
import { portRanges } from './network-plan.js';

/** A rule for each port: beyond this many Landlock would be slower than it is worth. */
const PORTS_MAX = 4096;

export interface PortPlan {
  readonly handledNet: number;
  readonly ports: readonly { readonly port: number; readonly rights: number }[];
  readonly findings: readonly Finding[];
}

/** TCP ports that the rules name, or undefined where they are too many to list. */
const tcpPorts = (rules: readonly NetworkRule[]): readonly number[] | undefined => {
  const ranges = rules.flatMap(portRanges).filter(({ protocol }) => protocol === 'TCP');
  const count = ranges.reduce((sum, { portLow, portHigh }) => sum + portHigh - portLow + 1, 0);
  if (count > PORTS_MAX) return undefined;
  const ports = ranges.flatMap(({ portLow, portHigh }) =>
    Array.from({ length: portHigh - portLow + 1 }, (_, index) => portLow + index),
  );
  return [...new Set(ports)];
};

export const planPorts = (rules: EffectiveRules, abi: number): PortPlan => {
  const directions = [
    { class: 'egress', rules: rules.egress, right: NET.connectTcp },
    { class: 'ingress', rules: rules.ingress, right: NET.bindTcp },
  ] as const;
  const limited = directions.flatMap((direction) =>
    direction.rules === undefined ? [] : [{ ...direction, rules: direction.rules }],
  );
  const listed = limited.flatMap(({ rules: list, right }) => {
    const ports = abi >= FIRST_ABI.tcp ? tcpPorts(list) : undefined;
    return ports === undefined ? [] : [{ right, ports }];
  });
  return {
    handledNet: listed.reduce((rights, { right }) => rights | right, 0),
    ports: listed.flatMap(({ right, ports }) => ports.map((port) => ({ port, rights: right }))),
    findings: limited.map(({ class: ruleClass }) => ({
      class: ruleClass,
      code: 'NetworkNotEnforced',
    })),
  };
};
