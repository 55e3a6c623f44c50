/** What an object says of itself, kind by kind. */
import type {
  AnyProfile,
  NodeEnforcement,
  PinfoldObject,
  ProfileRevision,
  RecordedBehavior,
} from '../../api/objects.js';
import { fieldLines } from '../print/table.js';
import { NONE, optional, pairs, section, tableSection } from './block.js';
import type { Field } from './block.js';
import { ruleLines } from './rules.js';

export interface Described {
  /** Go on in the column of the metadata. */
  readonly fields: readonly Field[];
  readonly lines: readonly string[];
}

type LabelSelector = NonNullable<NonNullable<AnyProfile['spec']['selector']>['podSelector']>;

const selectorText = (selector: LabelSelector): string => {
  const labels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) =>
    values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(', ')})`,
  );
  return [...labels, ...expressions].join(', ') || 'everything';
};

const selectorFields = ({ spec }: AnyProfile): readonly Field[] => {
  const { podSelector, containers } = spec.selector ?? {};
  const pods = podSelector === undefined ? [] : [['Pods', selectorText(podSelector)] as const];
  const named = containers === undefined ? [] : [['Containers', ...containers] as const];
  if (!('includeSystemNamespaces' in spec)) return [...pods, ...named];
  const { namespaceSelector, cgroups } = spec;
  return [
    ...optional(
      'Namespaces',
      namespaceSelector === undefined ? undefined : selectorText(namespaceSelector),
    ),
    ...pods,
    ...named,
    ...(cgroups === undefined ? [] : [['Cgroups', ...cgroups] as const]),
  ];
};

const ofProfile = (profile: AnyProfile): Described => {
  const { spec, status = {} } = profile;
  const parents = (spec.extends ?? []).map(({ kind, name }) => `${kind}/${name}`);
  return {
    fields: [
      ['Mode', spec.mode],
      ['Realized Mode', status.mode ?? NONE],
      ['Phase', status.phase ?? NONE],
      ['On Degraded', spec.onDegraded],
      ['Severity', spec.severity],
      ['Extends', ...(parents.length === 0 ? [NONE] : parents)],
      ...optional('Base Revision', spec.baseRevision),
      ...optional('Latest Revision', status.latestRevision),
    ],
    lines: [
      ...section('Selector', fieldLines(selectorFields(profile))),
      ...section('Rules', ruleLines(spec.rules)),
    ],
  };
};

const yesNo = (value: boolean): string => (value ? 'True' : 'False');

const lostFields = (lost: Readonly<Record<string, number>> | undefined): Field => [
  'Lost Events',
  ...pairs(
    Object.fromEntries(Object.entries(lost ?? {}).map(([key, value]) => [key, String(value)])),
  ),
];

const ofRevision = ({ spec }: ProfileRevision): Described => {
  const { profile, hash, rules, provenance } = spec;
  return {
    fields: [
      ['Profile', `${profile.kind}/${profile.name}`],
      ['Hash', hash],
      ['Recorded From', provenance.recordedFrom],
      ['Recorded Until', provenance.recordedUntil],
      ['Containers', String(provenance.containers)],
      ['Nodes', ...(provenance.nodes ?? [NONE])],
      ['Events', String(provenance.events)],
      ['Incomplete', yesNo(provenance.incomplete)],
      ['Start Not Seen', yesNo(provenance.startNotSeen)],
      ['Clean Stop', yesNo(provenance.cleanStop)],
      lostFields(provenance.lost),
    ],
    lines: [
      ...section('Rules', ruleLines(rules)),
      ...tableSection(
        'Notes',
        ['Code', 'Count', 'Detail'],
        (provenance.notes ?? []).map(({ code, count, detail }) => [code, String(count), detail]),
      ),
    ],
  };
};

const ofBehaviour = ({ spec }: RecordedBehavior): Described => {
  const count = (items: readonly unknown[] | undefined): string => String(items?.length ?? 0);
  return {
    fields: [
      ['Profile', `${spec.profile.kind}/${spec.profile.name}`],
      ['Node', spec.node],
      ['Updated', spec.updatedAt],
      ['Start Seen', yesNo(spec.startSeen)],
      ['Clean Stop', yesNo(spec.cleanStop)],
      ['Generalised', yesNo(spec.generalised)],
      ['Programs', count(spec.execs)],
      ['Files', count(spec.files)],
      ['Sockets', count(spec.sockets)],
      ['Capabilities', count(spec.capabilities)],
      ['Syscalls', count(spec.syscalls)],
      lostFields(spec.lost),
    ],
    lines: [
      ...tableSection(
        'Notes',
        ['Code', 'Count', 'Detail'],
        (spec.notes ?? []).map(({ code, count: times, detail }) => [code, String(times), detail]),
      ),
    ],
  };
};

const ofNode = ({ status = {} }: NodeEnforcement): Described => {
  const { kernel, abilities = [], profiles = [], totals } = status;
  const kernelFields: readonly Field[] =
    kernel === undefined
      ? []
      : [
          ['Release', kernel.release],
          ['Architecture', kernel.architecture],
          ['BTF', yesNo(kernel.btf)],
          ['Cgroups', kernel.cgroup],
          ['Security Modules', kernel.lsms.join(', ') || NONE],
          ['Landlock ABI', String(kernel.landlockAbi)],
        ];
  return {
    fields: [],
    lines: [
      ...section('Kernel', fieldLines(kernelFields)),
      ...tableSection(
        'Abilities',
        ['Class', 'Step', 'Mechanism', 'Detail'],
        abilities.map(({ class: name, step, mechanism, detail }) => [
          name,
          step,
          mechanism,
          detail,
        ]),
      ),
      ...tableSection(
        'Profiles',
        ['Kind', 'Namespace', 'Name', 'Generation', 'Mode', 'Containers', 'Gaps'],
        profiles.map(({ kind, namespace, name, generation, mode, containers, gaps }) => [
          kind,
          namespace,
          name,
          String(generation),
          mode,
          String(containers),
          String(gaps),
        ]),
      ),
      ...section(
        'Totals',
        totals === undefined
          ? []
          : fieldLines([
              ['Containers', String(totals.containers)],
              ['Denied', String(totals.denied)],
              ['Audited', String(totals.audited)],
              ['Lost', String(totals.lost)],
            ]),
      ),
    ],
  };
};

/** Everything between the metadata and the conditions. */
export const describedSpec = (object: PinfoldObject): Described => {
  switch (object.kind) {
    case 'SecurityProfile':
    case 'ClusterSecurityProfile':
      return ofProfile(object);
    case 'ProfileRevision':
      return ofRevision(object);
    case 'RecordedBehavior':
      return ofBehaviour(object);
    case 'NodeEnforcement':
      return ofNode(object);
  }
};
