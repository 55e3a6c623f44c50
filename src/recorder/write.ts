/** A recording as the SecurityProfile that a person would have written. */
import type { Node, YAMLMap } from 'yaml';
import { API_VERSION } from '../api/objects.js';
import type { RuleClass } from '../policy/operation.js';
import type { Behaviour } from './behaviour.js';
import { groupFiles } from './file-groups.js';
import {
  generalise,
  type GeneraliseOptions,
  type LearnedPath,
  type LearnedRules,
} from './generalise.js';
import { headerLines, type RecordingInfo } from './header.js';
import type { LearnedPeers, LearnedPort } from './network.js';
import { grouped } from './progress.js';
import { reviewsOf, type Review } from './risky.js';
import { aboveKey, commentText, list, map, names, remark, render, text } from './yaml-nodes.js';

export interface ProfileInfo extends RecordingInfo {
  /** Name of the profile; `profileName` makes one from a program. */
  readonly name: string;
  /** What this machine cannot enforce of the profile, a line each; any: `onDegraded: Audit`. */
  readonly gaps?: readonly string[];
}

export interface WrittenProfile {
  /** YAML, ending in a newline. */
  readonly text: string;
  readonly rules: LearnedRules;
  readonly reviews: readonly Review[];
}

/** Lists of at most so many peers or ports stay on one line. */
const SHORT = 3;

/** An object name (DNS-1123, at most 63 characters) from a program's path or name. */
export const profileName = (program: string): string => {
  const base = program.slice(program.lastIndexOf('/') + 1).toLowerCase();
  const name = base
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'workload' : name;
};

const reviewText = (reviews: readonly Review[], ruleClass: RuleClass, item: string): string[] => {
  const own = reviews.filter((review) => review.class === ruleClass && review.item === item);
  return own.length === 0 ? [] : [`review: ${own.map((review) => review.why).join('; ')}`];
};

const beside = (parts: readonly string[]): string => parts.join('; ');

const originText = (rule: LearnedPath, example: string): string =>
  rule.originals === 1
    ? `from ${commentText(example)}`
    : `${grouped(rule.originals)} paths such as ${commentText(example)}`;

const pathNode = (rule: LearnedPath, reviews: readonly Review[], ruleClass: RuleClass): Node => {
  const access = rule.access.length > 0 ? list(rule.access.map(text), 'flow') : undefined;
  const node = map({ path: text(rule.path), access }, 'flow');
  const example = rule.examples[0];
  const made = rule.generalisations.length > 0 && example !== undefined && example !== rule.path;
  return remark(node, {
    beside: beside([
      `${grouped(rule.count)}x`,
      ...(made ? [originText(rule, example)] : []),
      ...reviewText(reviews, ruleClass, rule.path),
    ]),
  });
};

const portsNode = (ports: readonly LearnedPort[]): Node =>
  list(
    ports.map(({ protocol, port, endPort }) =>
      map(
        {
          protocol: text(protocol),
          port: text(port),
          endPort: endPort === undefined ? undefined : text(endPort),
        },
        'flow',
      ),
    ),
    ports.length > SHORT ? 'block' : 'flow',
  );

const egressNode = (rule: LearnedPeers, reviews: readonly Review[]): Node => {
  const peers = rule.cidrs.map((cidr) =>
    map({ ipBlock: map({ cidr: text(cidr) }, 'flow') }, 'flow'),
  );
  const node = map({
    to: list(peers, peers.length > SHORT ? 'block' : 'flow'),
    ports: portsNode(rule.ports),
  });
  return remark(node, {
    above: beside([
      `${grouped(rule.count)}x`,
      ...reviewText(reviews, 'egress', rule.cidrs[0] ?? ''),
    ]),
  });
};

/** An allow-list; an empty one says that it means it. */
const allowList = (items: readonly Node[], none: string): Node =>
  items.length > 0 ? list(items) : remark(list([]), { beside: `none seen: ${none}` });

const filesNode = (rules: LearnedRules, reviews: readonly Review[]): YAMLMap => {
  const items = groupFiles(rules.files).flatMap(({ title, rules: own }) =>
    own.map((rule, at) => {
      const node = pathNode(rule, reviews, 'files');
      return at === 0 ? remark(node, { above: title }) : node;
    }),
  );
  const node = map({ allow: allowList(items, 'every file is refused') });
  const many = reviewText(reviews, 'files', '/etc');
  if (many.length > 0) aboveKey(node, 'allow', `${many.join('')} (/etc)`);
  return node;
};

const networkNode = (rules: LearnedRules, reviews: readonly Review[]): Node =>
  map({
    egress: allowList(
      rules.egress.map((rule) => egressNode(rule, reviews)),
      'every outgoing connection is refused',
    ),
    ingress: allowList(
      rules.ingress.map((rule) => {
        const where = rule.loopbackOnly ? ['bound to loopback only'] : [];
        return remark(map({ ports: portsNode(rule.ports) }), {
          above: beside([`${grouped(rule.count)}x`, ...where]),
        });
      }),
      'listening is refused',
    ),
  });

const capabilitiesNode = (rules: LearnedRules, reviews: readonly Review[]): Node =>
  map({
    allow: allowList(
      rules.capabilities.map(({ name, count }) =>
        remark(text(name), {
          beside: beside([`${grouped(count)}x`, ...reviewText(reviews, 'capabilities', name)]),
        }),
      ),
      'every capability is refused',
    ),
  });

const syscallsNode = (rules: LearnedRules, reviews: readonly Review[]): YAMLMap | undefined => {
  if (rules.architectures.length === 0) return undefined;
  const node = map({
    architectures: list(rules.architectures.map(text), 'flow'),
    allow: names(rules.syscalls.map(({ name }) => name)),
    otherwise: map({ action: text('Errno'), errno: text('EPERM') }, 'flow'),
  });
  const risky = reviews
    .filter((review) => review.class === 'syscalls')
    .map((review) => review.item);
  const added = rules.syscalls.filter(({ count }) => count === 0).map(({ name }) => name);
  const lines = [
    ...(added.length > 0 ? [`not seen, but up to timing: ${added.join(', ')}`] : []),
    ...(rules.architectures.length > 1 ? ['every name holds on each of the architectures'] : []),
    ...(risky.length > 0
      ? [`review: ${risky.join(', ')}: deep into the kernel or other processes`]
      : []),
  ];
  if (lines.length > 0) aboveKey(node, 'allow', lines.join('\n'));
  return node;
};

/**
 * The profile of a recording, as data and as YAML text. It is valid by the schema, allows every
 * recorded operation that a rule can express, and says in comments what it does not.
 */
export const writeProfile = (
  behaviour: Behaviour,
  info: ProfileInfo,
  options: GeneraliseOptions = {},
): WrittenProfile => {
  const rules = generalise(behaviour, options);
  const reviews = reviewsOf(rules);
  const gaps = info.gaps ?? [];
  const podSelector = map({ podSelector: map({}, 'flow') }, 'flow');
  const spec = map({
    mode: remark(text('Audit'), { beside: 'Enforce once the audit stays quiet' }),
    selector: remark(podSelector, {
      beside: 'every pod in the namespace: narrow it, e.g. {matchLabels: {app: web}}',
    }),
    onDegraded:
      gaps.length > 0
        ? text('Audit')
        : remark(text('Refuse'), { beside: 'no gap on this machine' }),
    rules: map({
      exec: map({
        allow: allowList(
          rules.exec.map((rule) => pathNode(rule, reviews, 'exec')),
          'every program is refused',
        ),
      }),
      files: filesNode(rules, reviews),
      network: networkNode(rules, reviews),
      capabilities: capabilitiesNode(rules, reviews),
      syscalls: syscallsNode(rules, reviews),
    }),
  });
  if (gaps.length > 0)
    aboveKey(
      spec,
      'onDegraded',
      [
        'This machine cannot enforce all of it; these parts are observed only:',
        ...gaps.map((gap) => `  ${gap}`),
      ].join('\n'),
    );
  const object = map({
    apiVersion: text(API_VERSION),
    kind: text('SecurityProfile'),
    metadata: map({ name: text(info.name) }),
    spec,
  });
  return { text: render(object, headerLines(behaviour, rules, reviews, info)), rules, reviews };
};
