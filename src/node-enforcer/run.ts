/** Runs a command under a profile: audited, or enforced by the ladder. */
import { existsSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import type { BatchedLines } from '../audit/batch.js';
import type { AuditRecord, JudgingMode, Subject } from '../audit/record.js';
import { TracingSession } from '../bpf/session.js';
import type { SlotConfiguration } from '../bpf/session.js';
import { PinfoldError } from '../errors.js';
import { capabilityMask } from '../policy/capabilities.js';
import { decideDegraded } from '../policy/ladder/degraded.js';
import type { OnDegraded } from '../policy/ladder/degraded.js';
import { encodeLadder } from '../policy/ladder/encode.js';
import { planLadder } from '../policy/ladder/plan.js';
import type { Gap, LadderPlan } from '../policy/ladder/types.js';
import type { EffectiveRules } from '../policy/rules.js';
import { machineAbilities } from './abilities.js';
import { cgroupId, endCgroup, LEFT_BEHIND_MS, makeCgroup } from './cgroups.js';
import { firstExecRefused } from './first-exec.js';
import { Judging } from './judging.js';
import { kindOf } from './kind-of.js';
import { EMPTY_PLAN, launch } from './launcher.js';
import type { Exit, Launched } from './launcher.js';
import { networkTable } from './network-table.js';
import { directTake } from './lines/direct-take.js';
import { EventLines } from './lines/event-lines.js';
import { Losses } from './losses.js';
import { createResolver } from './resolver.js';
import { RunReport } from './run-report.js';
import type { LoadedProfile } from './profile-input.js';

export interface RunOptions {
  readonly loaded: LoadedProfile;
  readonly mode: JudgingMode;
  readonly onDegraded: OnDegraded;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Takes what is to be written down, in order, as it happens. */
  readonly onRecords: (records: readonly AuditRecord[]) => void;
  /** Called after each burst of records. */
  readonly flush?: () => void;
  /** Where nobody needs violations as records: most go there from the ring's bytes, without one. */
  readonly lines?: BatchedLines;
  readonly onLaunch?: (launched: Launched) => void;
  /** Called before the start with what this machine cannot enforce of the profile. */
  readonly onGaps?: (gaps: readonly Gap[]) => void;
  readonly telemetryRingBytes?: number;
}

export interface RunResult {
  readonly exit: Exit;
  readonly denied: number;
  readonly wouldDeny: number;
  readonly observed: number;
  readonly lost: number;
  readonly leftBehind: number;
  /** Refusals by ordinary permissions, which the profile allows; as far as refusals had to be seen. */
  readonly otherRefusals: number;
}

/** What the ladder makes of a profile here and now. */
export const planHere = (rules: EffectiveRules): LadderPlan =>
  planLadder(rules, machineAbilities().ladder, kindOf);

/** Gaps as lines for people. */
export const gapLines = (gaps: readonly Gap[]): readonly string[] =>
  gaps.map(({ class: ruleClass, code, detail, rules, example }) => {
    const about = rules.length > 0 ? ` (${rules.join('; ')})` : '';
    const path =
      example !== undefined && 'object' in example.operation
        ? `, e.g. ${example.operation.object.path}`
        : '';
    return `  ${ruleClass}: ${code}: ${detail.replace(/\.$/, '')}${about}${path}`;
  });

/** How refused syscalls are to be recognised. */
const filterAnswer = ({ seccomp }: LadderPlan): SlotConfiguration['filter'] => {
  if (seccomp === undefined) return undefined;
  const actions = [seccomp.defaultAction, ...seccomp.rules.map(({ action }) => action)];
  if (actions.some(({ kind }) => kind === 'Kill')) return 'Kill';
  const errno = actions
    .flatMap((action) => (action.kind === 'Errno' ? [action.errno] : []))
    .find((number) => number !== constants.errno.EPERM && number !== constants.errno.EACCES);
  return errno === undefined ? undefined : { errno };
};

/** Whether what comes back from a call can be what the profile speaks of. */
const judgesResults = ({ exec, files, syscalls, forbid }: EffectiveRules): boolean =>
  forbid.length > 0 ||
  [exec, files, syscalls].some(({ allow, deny }) => allow !== undefined || deny.length > 0);

const configurationOf = (
  options: RunOptions,
  plan: LadderPlan,
  held: readonly string[],
): SlotConfiguration => {
  const enforce = options.mode === 'Enforce';
  const { rules } = options.loaded;
  const judged = rules.syscalls.allow !== undefined || rules.syscalls.deny.length > 0;
  const kept = plan.capabilities?.keep ?? held;
  const network = networkTable(plan.network);
  const filter = filterAnswer(plan);
  return {
    // Enforcing, what the ladder cannot refuse is watched; auditing, everything is.
    observe: !enforce || plan.gaps.length > 0,
    syscalls: !enforce && (judged || rules.forbid.length > 0),
    denials: enforce,
    results: judgesResults(rules),
    enforce,
    generation: options.loaded.profile.metadata.generation ?? 1,
    capabilitiesLost: enforce ? capabilityMask(held) & ~capabilityMask(kept) : 0n,
    ...(filter === undefined ? {} : { filter }),
    ...(network === undefined ? {} : { network }),
  };
};

const FLUSH_MS = 1_000;

/**
 * Runs the command to its end. Everything that it attached, loaded or made is gone when it resolves
 * or rejects; the processes themselves are ended with their cgroup.
 * @throws PinfoldError ProfileNotExpressible when onDegraded says so, and whatever starting can throw
 */
export const run = async (options: RunOptions): Promise<RunResult> => {
  const { loaded, mode } = options;
  const { rules } = loaded;
  const plan = planHere(rules);
  const held = machineAbilities().ladder.capabilities;
  if (mode === 'Enforce') {
    const decision = decideDegraded(plan.gaps, options.onDegraded);
    if (decision.kind === 'Refuse')
      throw new PinfoldError('ProfileNotExpressible', {
        profile: rules.profile,
        gaps: gapLines(decision.gaps).join('\n'),
      });
    options.onGaps?.(plan.gaps);
  }
  const session = TracingSession.open(
    options.telemetryRingBytes === undefined
      ? {}
      : { telemetryRingBytes: options.telemetryRingBytes },
  );
  try {
    return await runIn(session, options, plan, held);
  } finally {
    session.close();
  }
};

const runIn = async (
  session: TracingSession,
  options: RunOptions,
  plan: LadderPlan,
  held: readonly string[],
): Promise<RunResult> => {
  const { mode, loaded } = options;
  const { rules, profile } = loaded;
  const cgroup = makeCgroup();
  try {
    const id = cgroupId(cgroup);
    const slot = session.allocateSlot();
    const generation = profile.metadata.generation ?? 1;
    const subject: Subject = { profile: rules.profile, generation, slot, cgroup: Number(id) };
    const report = new RunReport(
      mode,
      subject,
      options.onRecords,
      options.flush ?? (() => undefined),
    );
    const { severity } = profile.spec;
    const judged = { id: rules.profile, rules, mode, subject, severity, kills: false };
    const judging = new Judging([judged], createResolver());
    const losses = new Losses(hostname());
    const { lines } = options;
    const direct = lines && directTake(new EventLines(judging, lines), report);
    const drain = (): void => {
      session.drain((event) => {
        const violation = judging.take(event);
        if (violation !== undefined) report.add([violation.record]);
      }, direct);
      report.write([]);
    };
    const flush = (): void => {
      drain();
      report.write(judging.repeats(session.seen()).map(({ record }) => record));
      const loss = losses.since(session.counters(), Date.now());
      if (loss !== undefined) report.write([loss]);
    };
    const configuration = configurationOf(options, plan, held);
    session.configureSlot(slot, id, configuration);
    if (configuration.observe || configuration.network !== undefined)
      session.attachNetwork(slot, cgroup, configuration.enforce);
    session.bindCgroup(slot, id);
    session.onEvents(drain);
    const launched = await launchUnder(options, plan, cgroup, (path) => {
      report.write(firstExecRefused(options, subject, path));
    });
    report.start();
    options.onLaunch?.(launched);
    const timer = setInterval(flush, FLUSH_MS);
    const exit = await launched.exited.finally(() => {
      clearInterval(timer);
    });
    const leftBehind = await endCgroup(cgroup, {
      graceMs: LEFT_BEHIND_MS,
      onEmpty: () => {
        session.detachNetworkLinks(slot);
        session.detachNetworkLasting(cgroup);
      },
    });
    flush();
    report.stop(exit);
    const { Denied: denied, WouldDeny: wouldDeny, Observed: observed } = report.counts;
    const { lost } = report;
    const { otherRefusals } = judging;
    return { exit, denied, wouldDeny, observed, lost, leftBehind, otherRefusals };
  } finally {
    if (existsSync(cgroup)) await endCgroup(cgroup);
  }
};

/** `refused` hears of a program that exists and that the kernel did not let the launcher execute. */
const launchUnder = async (
  options: RunOptions,
  plan: LadderPlan,
  cgroup: string,
  refused: (path: string) => void,
): Promise<Launched> => {
  try {
    return await launch({
      command: options.command,
      arguments: options.arguments,
      cgroup,
      plan: options.mode === 'Enforce' ? encodeLadder(plan) : EMPTY_PLAN,
    });
  } catch (error) {
    if (error instanceof PinfoldError && error.code === 'CommandNotExecutable')
      refused(String(error.fields.path ?? options.command));
    throw error;
  }
};
