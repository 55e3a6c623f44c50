/** `pinfold record`: runs or follows a program and writes what it did as a profile. */
import { hostname, release } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { parseObjects } from '../../api/parse.js';
import { isProfile } from '../../api/objects.js';
import { PinfoldError } from '../../errors.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { cgroupRoot } from '../../node-enforcer/cgroups.js';
import { record } from '../../node-enforcer/record.js';
import type { Recorded, RecordTarget } from '../../node-enforcer/record.js';
import { gapLines, planHere } from '../../node-enforcer/run.js';
import { compose, resolveNothing } from '../../policy/compose.js';
import { incompleteness } from '../../recorder/header.js';
import { writeAtomically } from '../../recorder/output.js';
import { formatProgress, startProgress, stepProgress } from '../../recorder/progress.js';
import { itemCount } from '../../recorder/saw.js';
import { profileName, writeProfile } from '../../recorder/write.js';
import type { ProfileInfo, WrittenProfile } from '../../recorder/write.js';
import type { CommandContext } from '../context.js';
import { packageVersion } from '../version.js';

export interface RecordCommandOptions {
  readonly output?: string;
  /** ms. */
  readonly forMs?: number;
  readonly cgroup?: string;
  readonly pid?: number;
  readonly name?: string;
  readonly format: 'yaml' | 'json';
}

const cgroupDirectory = (path: string): string => {
  const root = cgroupRoot();
  return isAbsolute(path) && path.startsWith(`${root}/`) ? path : join(root, path);
};

const targetOf = (options: RecordCommandOptions, args: readonly string[]): RecordTarget => {
  const [command, ...rest] = args;
  const given = [command, options.cgroup, options.pid].filter((each) => each !== undefined);
  if (given.length !== 1)
    throw new PinfoldError('UsageError', {
      problem: 'give exactly one of a command after --, --cgroup and --pid',
    });
  if (options.cgroup !== undefined)
    return { kind: 'Cgroup', directory: cgroupDirectory(options.cgroup) };
  if (options.pid !== undefined) return { kind: 'Process', pid: options.pid };
  return { kind: 'Command', command: command ?? '', arguments: rest };
};

const subjectOf = (target: RecordTarget): string => {
  switch (target.kind) {
    case 'Command':
      return [target.command, ...target.arguments].join(' ');
    case 'Cgroup':
      return `cgroup ${target.directory}`;
    case 'Process':
      return `process ${String(target.pid)} and its descendants`;
  }
};

const nameOf = (target: RecordTarget, recorded: Recorded): string => {
  if (target.kind === 'Cgroup')
    return profileName(basename(target.directory).replace(/\.(?:service|scope|slice)$/, ''));
  if (recorded.program !== undefined) return profileName(recorded.program);
  return profileName(recorded.behaviour.execs.keys().next().value ?? 'workload');
};

/** What this machine's ladder could not enforce of the rules, found by composing what was written. */
const gapsOf = (text: string): readonly string[] => {
  const profile = parseObjects(text, 'the recorded profile')
    .map(({ object }) => object)
    .find(isProfile);
  return profile === undefined
    ? []
    : gapLines(planHere(compose(profile, resolveNothing)).gaps).map((line) => line.trim());
};

const written = (recorded: Recorded, info: ProfileInfo): WrittenProfile => {
  const first = writeProfile(recorded.behaviour, info);
  const gaps = gapsOf(first.text);
  return gaps.length === 0 ? first : writeProfile(recorded.behaviour, { ...info, gaps });
};

/** A live line on a terminal; elsewhere nothing until the end. */
const progressLine = (context: CommandContext, name: string) => {
  if (!context.isErrorTerminal) return { draw: undefined, clear: (): void => undefined };
  let progress = startProgress(Date.now());
  return {
    draw: (sample: Parameters<typeof stepProgress>[1]): void => {
      progress = stepProgress(progress, sample);
      context.stderr.write(
        `\r\x1b[K${formatProgress(progress, name, context.stderr.columns ?? 80)}`,
      );
    },
    clear: (): void => {
      context.stderr.write('\r\x1b[K');
    },
  };
};

const summary = (recorded: Recorded, profile: WrittenProfile, target: RecordTarget): string => {
  const { behaviour, exit, leftBehind } = recorded;
  const lines = [
    `recorded ${String(itemCount(behaviour))} items from ${String(recorded.events)} events; ` +
      `${String(profile.reviews.length)} to review`,
  ];
  const incomplete = incompleteness(behaviour);
  if (incomplete !== undefined) lines.push(incomplete);
  if (!behaviour.startSeen)
    lines.push('the start was not seen: the profile may break the next one');
  if (target.kind === 'Command' && exit !== undefined && exit.code !== 0)
    lines.push(`the command ended with ${exit.signal ?? `status ${String(exit.code)}`}`);
  if (leftBehind > 0)
    lines.push(`${String(leftBehind)} process(es) that the command left behind were ended`);
  return `${lines.join('\n')}\n`;
};

export const run = async (
  context: CommandContext,
  options: RecordCommandOptions,
  args: readonly string[],
): Promise<number> => {
  const target = targetOf(options, args);
  requireTracing();
  const subject = subjectOf(target);
  const line = progressLine(context, options.name ?? basename(subject.split(' ')[0] ?? ''));
  const limits = [context.signal];
  if (options.forMs !== undefined) limits.push(AbortSignal.timeout(options.forMs));
  const signal = AbortSignal.any(limits);
  let recorded: Recorded;
  try {
    recorded = await record(target, {
      signal,
      ...(line.draw === undefined ? {} : { onProgress: line.draw }),
    });
  } finally {
    line.clear();
  }
  const profile = written(recorded, {
    name: options.name ?? nameOf(target, recorded),
    subject,
    hostname: hostname(),
    kernel: release(),
    version: packageVersion(),
    startedAt: recorded.startedAt,
    endedAt: recorded.endedAt,
    events: recorded.events,
  });
  const text =
    options.format === 'yaml'
      ? profile.text
      : `${JSON.stringify(parseObjects(profile.text, 'the recorded profile')[0]?.object, null, 2)}\n`;
  if (options.output === undefined) context.stdout.write(text);
  else await writeAtomically(resolve(context.cwd, options.output), text);
  context.stderr.write(summary(recorded, profile, target));
  if (options.output !== undefined) context.stderr.write(`wrote ${options.output}\n`);
  return 0;
};
