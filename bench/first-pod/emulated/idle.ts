/** What the two parts cost in the node while nothing happens. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Node } from '../../../test/e2e/support/node-handle.js';
import { cpuSecondsIn, memoryIn } from '../process-cost.js';
import type { Idle, Memory } from '../process-cost.js';

/** Patterns that the shell which names them does not match itself. */
const PARTS = { enforcer: 'pinfold [n]ode-enforcer', operator: 'pinfold [o]perator' } as const;

interface Looked extends Memory {
  readonly cpuSeconds: number;
  /** s on the node's own clock. */
  readonly at: number;
}

const look = async (node: Node, pattern: string): Promise<Looked> => {
  const place = `/proc/$(pgrep --full --oldest "${pattern}")`;
  const text = await node.run(`set -e; cat /proc/uptime ${place}/stat ${place}/status`);
  const [uptime = '', stat = '', ...status] = text.split('\n');
  return {
    at: Number(uptime.split(' ')[0]),
    cpuSeconds: cpuSecondsIn(stat),
    ...memoryIn(status.join('\n')),
  };
};

const idleOf = (before: Looked, after: Looked): Idle => ({
  rss: after.rss,
  anonymous: after.anonymous,
  cpu: (100 * (after.cpuSeconds - before.cpuSeconds)) / (after.at - before.at),
});

export const idleInNode = async (
  node: Node,
  seconds: number,
  signal: AbortSignal,
): Promise<{ readonly enforcer: Idle; readonly operator: Idle }> => {
  const all = async (): Promise<readonly [Looked, Looked]> => [
    await look(node, PARTS.enforcer),
    await look(node, PARTS.operator),
  ];
  const before = await all();
  await pause(seconds * 1000, undefined, { signal });
  const after = await all();
  return { enforcer: idleOf(before[0], after[0]), operator: idleOf(before[1], after[1]) };
};

/** Memory of a Node.js of the same image that does nothing but say it. */
export const bareInNode = async (node: Node): Promise<Memory> => {
  const script = `process.stdout.write(require('fs').readFileSync('/proc/self/status', 'latin1'))`;
  const inOperator = ['--namespace', 'pinfold', 'exec', 'deploy/pinfold-operator', '--'];
  return memoryIn(await node.cluster.kubectl([...inOperator, 'node', '-e', script]));
};
