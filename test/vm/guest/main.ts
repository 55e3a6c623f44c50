/** Runs lists of cases and reports each. Usage: main.js LIST[,LIST...] */
import { TracingSession } from '../../../src/bpf/session.js';
import { report, runCases } from './cases.js';
import type { Case } from './cases.js';
import { ladderCases } from './ladder.js';
import { lifetimeCases, swapCases } from './lifetime.js';
import { lossCases } from './losses.js';
import { recordedCases } from './recorded.js';
import { ruleCases } from './rules.js';
import { verdictCases } from './verdicts.js';

/** Those that share a session: loading one is what takes time in an emulator. */
const WITH_SESSION: Readonly<Record<string, (session: TracingSession) => readonly Case[]>> = {
  verdicts: verdictCases,
  rules: ruleCases,
  recorded: recordedCases,
  swap: swapCases,
};

const WITHOUT: Readonly<Record<string, readonly Case[]>> = {
  losses: lossCases,
  lifetime: lifetimeCases,
  ladder: ladderCases,
};

const run = async (names: readonly string[]): Promise<boolean> => {
  const shared = names.flatMap((name) => WITH_SESSION[name] ?? []);
  let passed = true;
  if (shared.length > 0) {
    const session = TracingSession.open({ lsm: true });
    passed = await runCases(shared.flatMap((casesOf) => casesOf(session)));
    session.close();
  }
  return (await runCases(names.flatMap((name) => WITHOUT[name] ?? []))) && passed;
};

run((process.argv[2] ?? '').split(',')).then(
  (passed) => {
    process.exitCode = passed ? 0 : 1;
  },
  (error: unknown) => {
    report({
      name: 'the test program',
      error: error instanceof Error ? error.stack : String(error),
    });
    process.exitCode = 1;
  },
);
