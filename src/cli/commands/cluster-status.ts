/** `pinfold status` of a cluster: whether the operator runs, and what each node can and does enforce. */
import type { Condition, NodeEnforcement } from '../../api/objects.js';
import { PinfoldError } from '../../errors.js';
import { fieldsOf } from '../../kube/kube-object.js';
import { NODES, SERVICE_ACCOUNTS } from '../../kube/resource.js';
import { missingRights, rightText } from '../../kube/rights.js';
import { hasCode } from '../../kube/status-error.js';
import { ENFORCER_ACCOUNT, ENFORCER_RIGHTS } from '../../node-enforcer/cluster/rights.js';
import { OWN_NAMESPACE } from '../../operator/own-namespace.js';
import { openCluster } from '../cluster.js';
import type { Cluster, ClusterOptions } from '../cluster.js';
import type { CommandContext } from '../context.js';
import type { ResultFormat } from '../print/format.js';
import { serialised } from '../print/serialised.js';
import { fieldLines, listTable } from '../print/table.js';
import { DEPLOYMENTS } from '../uninstall/parts.js';

interface NodeLine {
  readonly node: string;
  readonly ready: boolean;
  readonly lsm: boolean;
  readonly hooked: boolean;
  readonly containers: number;
  readonly enforced: number;
  readonly denied: number;
  readonly lost: number;
  /** What is not as it should be, with its code. */
  readonly problems: readonly string[];
}

interface ClusterStatus {
  readonly operator: string;
  /** Whether node enforcers have the rights that they need. */
  readonly nodeRights: string;
  readonly nodes: readonly NodeLine[];
}

const conditionOf = ({ status }: NodeEnforcement, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

const MATTER = [
  'Ready',
  'LsmAttached',
  'RuntimeHooked',
  'ContainersNamed',
  'Permitted',
  'ProfilesUsable',
  'Lossless',
];

const lineOf = (object: NodeEnforcement): NodeLine => {
  const holds = (type: string): boolean => conditionOf(object, type)?.status === 'True';
  const { profiles = [], totals } = object.status ?? {};
  return {
    node: object.metadata.name,
    ready: holds('Ready'),
    lsm: holds('LsmAttached'),
    hooked: holds('RuntimeHooked'),
    containers: totals?.containers ?? 0,
    enforced: profiles.filter(({ mode }) => mode === 'Enforce').length,
    denied: totals?.denied ?? 0,
    lost: totals?.lost ?? 0,
    problems: MATTER.flatMap((type) => {
      const condition = conditionOf(object, type);
      return condition === undefined || condition.status === 'True'
        ? []
        : [`${condition.reason}: ${condition.message}`];
    }),
  };
};

const said = ({ code, advice }: PinfoldError): string => `${code}: ${advice}`;

const unreported = (node: string): NodeLine => ({
  ...{ node, ready: false, lsm: false, hooked: false },
  ...{ containers: 0, enforced: 0, denied: 0, lost: 0 },
  problems: [said(new PinfoldError('NodeNotReported', { node }))],
});

/** What only the API server knows: an enforcer that may not write its object cannot say so there. */
const nodeRightsText = async ({ client }: Cluster): Promise<string> => {
  const { namespace, name } = ENFORCER_ACCOUNT;
  try {
    await client.get(SERVICE_ACCOUNTS, ENFORCER_ACCOUNT);
    const user = `system:serviceaccount:${namespace}:${name}`;
    const missing = await missingRights(client, ENFORCER_RIGHTS, { user });
    if (missing.length === 0) return 'Complete';
    return said(new PinfoldError('RightsMissing', { rights: missing.map(rightText).join(', ') }));
  } catch (error) {
    if (hasCode(error, 'KubeNotFound')) return 'Not installed';
    if (hasCode(error, 'KubeForbidden')) return `Unknown: ${error.message}`;
    throw error;
  }
};

const operatorText = async ({ client }: Cluster): Promise<string> => {
  const place = { namespace: OWN_NAMESPACE, name: 'pinfold-operator' };
  try {
    const { status, spec } = fieldsOf(await client.get(DEPLOYMENTS, place));
    const wanted = Number(fieldsOf(spec).replicas ?? 1);
    const ready = Number(fieldsOf(status).readyReplicas ?? 0);
    return `${ready >= wanted ? 'Ready' : 'Not ready'} (${String(ready)} of ${String(wanted)})`;
  } catch (error) {
    if (hasCode(error, 'KubeNotFound')) return 'Not installed';
    if (hasCode(error, 'KubeForbidden')) return `Unknown: ${error.message}`;
    throw error;
  }
};

const gather = async (cluster: Cluster): Promise<ClusterStatus> => {
  const objects = await cluster.store.list('NodeEnforcement');
  const reported = new Map(objects.map((object) => [object.metadata.name, object]));
  const nodes = (await cluster.client.list(NODES)).map(({ metadata }) => metadata.name);
  const names = [...new Set([...nodes, ...reported.keys()])].sort();
  return {
    operator: await operatorText(cluster),
    nodeRights: await nodeRightsText(cluster),
    nodes: names.map((name) => {
      const object = reported.get(name);
      return object?.status?.conditions === undefined ? unreported(name) : lineOf(object);
    }),
  };
};

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

const tableOf = ({ operator, nodeRights, nodes }: ClusterStatus): string => {
  const rows = nodes.map((line) => [
    line.node,
    yesNo(line.ready),
    yesNo(line.lsm),
    yesNo(line.hooked),
    String(line.containers),
    String(line.enforced),
    String(line.denied),
    String(line.lost),
  ]);
  const head = ['node', 'ready', 'lsm', 'nri', 'containers', 'enforced', 'denied', 'lost'];
  const problems = nodes.flatMap(({ node, problems: found }) =>
    found.map((problem) => `${node}: ${problem}`),
  );
  const facts = [
    ['Operator', operator],
    ['Node rights', nodeRights],
  ] as const;
  const lines = [...fieldLines(facts), '', ...listTable(head, rows)];
  return `${[...lines, ...(problems.length > 0 ? ['', ...problems] : [])].join('\n')}\n`;
};

export const clusterStatus = async (
  context: CommandContext,
  options: ClusterOptions,
  output: ResultFormat,
): Promise<number> => {
  const cluster = await openCluster(options);
  try {
    const status = await gather(cluster);
    const isData = output === 'json' || output === 'yaml';
    context.stdout.write(isData ? serialised(status, output) : tableOf(status));
    return 0;
  } finally {
    await cluster.close();
  }
};
