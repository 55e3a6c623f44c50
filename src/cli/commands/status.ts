/** `pinfold status`: what this machine can record and enforce, class by class. */
import { machineAbilities } from '../../node-enforcer/abilities.js';
import type { MachineAbilities } from '../../node-enforcer/abilities.js';
import type { ClusterOptions } from '../cluster.js';
import type { RunCommand } from '../context.js';
import type { ResultFormat } from '../print/format.js';
import { serialised } from '../print/serialised.js';
import { fieldLines, listTable } from '../print/table.js';
import { isAboutCluster } from '../state.js';

export interface StatusOptions extends ClusterOptions {
  readonly output: ResultFormat;
  /** This machine, whatever cluster is at hand. */
  readonly machine: boolean;
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

const UNKNOWN_MODULES =
  'unknown: securityfs is not mounted (mount -t securityfs none /sys/kernel/security)';

const lsmText = ({ securityModules, bpfLsm }: MachineAbilities): string => {
  if (securityModules === undefined) return 'unknown';
  return bpfLsm ? 'in the list of modules; this version does not use it yet' : 'no';
};

const SYSCALL_TAX =
  'recording, auditing and the observation of denials slow every system call of the machine';

const tableOf = (abilities: MachineAbilities): string => {
  const { ladder, cgroup2 } = abilities;
  const facts = [
    ['Kernel', `${abilities.kernel} (${abilities.architecture})`],
    ['Root', yesNo(abilities.root)],
    ['BTF', yesNo(abilities.btf)],
    ['Cgroup v2', 'mountPoint' in cgroup2 ? cgroup2.mountPoint : `no: ${cgroup2.problem}`],
    ['Security modules', abilities.securityModules?.join(', ') ?? UNKNOWN_MODULES],
    ['BPF LSM', lsmText(abilities)],
    ['Landlock ABI', String(ladder.landlockAbi)],
    ['Seccomp', yesNo(ladder.seccomp)],
    ['System call ABIs', ladder.architectures.join(', ')],
    ['Recording', recordingText(abilities)],
    ['Cost', SYSCALL_TAX],
  ] as const;
  const rows = abilities.classes.map(({ class: name, step, mechanism, detail }) => [
    name,
    step,
    mechanism === '' ? '-' : mechanism,
    detail,
  ]);
  const table = listTable(['class', 'step', 'mechanism', 'what it cannot'], rows);
  return `${[...fieldLines(facts), '', ...table].join('\n')}\n`;
};

const recordingText = ({ root, btf, cgroup2, missingPrograms }: MachineAbilities): string => {
  const lacks = [
    ...(root ? [] : ['root']),
    ...(btf ? [] : ['BTF']),
    ...('mountPoint' in cgroup2 ? [] : ['cgroup v2']),
  ];
  if (lacks.length > 0) return `no: needs ${lacks.join(', ')}`;
  if (missingPrograms.length === 0) return 'every class';
  return `without ${missingPrograms.join(', ')}: this kernel lacks their tracepoints`;
};

export const run: RunCommand<StatusOptions> = async (context, options) => {
  const { output, machine } = options;
  if (!machine && (await isAboutCluster(context, options))) {
    const { clusterStatus } = await import('./cluster-status.js');
    return clusterStatus(context, options, output);
  }
  const abilities = machineAbilities();
  const text =
    output === 'json' || output === 'yaml' ? serialised(abilities, output) : tableOf(abilities);
  context.stdout.write(text);
  return 0;
};
