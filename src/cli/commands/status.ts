/** `pinfold status`: what this machine can record and enforce, class by class. */
import { stringify } from 'yaml';
import { machineAbilities } from '../../node-enforcer/abilities.js';
import type { MachineAbilities } from '../../node-enforcer/abilities.js';
import type { RunCommand } from '../context.js';
import type { OutputFormat } from '../print/format.js';

export interface StatusOptions {
  readonly output: OutputFormat;
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

const SYSCALL_TAX =
  'recording, auditing and the observation of denials slow every system call of the machine';

const tableOf = (abilities: MachineAbilities): string => {
  const { ladder, cgroup2 } = abilities;
  const facts = [
    ['Kernel', `${abilities.kernel} (${abilities.architecture})`],
    ['Root', yesNo(abilities.root)],
    ['BTF', yesNo(abilities.btf)],
    ['Cgroup v2', 'mountPoint' in cgroup2 ? cgroup2.mountPoint : `no: ${cgroup2.problem}`],
    ['BPF LSM', abilities.bpfLsm ? 'in the LSM list; this version does not use it yet' : 'no'],
    ['Landlock ABI', String(ladder.landlockAbi)],
    ['Seccomp', yesNo(ladder.seccomp)],
    ['System call ABIs', ladder.architectures.join(', ')],
    ['Recording', recordingText(abilities)],
    ['Cost', SYSCALL_TAX],
  ] as const;
  const width = Math.max(...facts.map(([name]) => name.length)) + 4;
  const head = facts.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}`);
  const rows = [
    ['CLASS', 'STEP', 'MECHANISM', 'WHAT IT CANNOT'],
    ...abilities.classes.map(({ class: name, step, mechanism, detail }) => [
      name,
      step,
      mechanism === '' ? '-' : mechanism,
      detail,
    ]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? -3) + 3))
      .join('')
      .trimEnd(),
  );
  return `${[...head, '', ...table].join('\n')}\n`;
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

export const run: RunCommand<StatusOptions> = (context, { output }) => {
  const abilities = machineAbilities();
  const text =
    output === 'json'
      ? `${JSON.stringify(abilities, null, 2)}\n`
      : output === 'yaml'
        ? stringify(abilities)
        : output === 'name'
          ? `node/${abilities.kernel}\n`
          : tableOf(abilities);
  context.stdout.write(text);
  return Promise.resolve(0);
};
