/** What the machine reports: one line a case, on the second serial line. */
import { openSync, writeSync } from 'node:fs';

export interface Case {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

const line = openSync('/dev/ttyS1', 'w');

export const report = (value: object): void => {
  writeSync(line, `${JSON.stringify(value)}\n`);
};

/** Figures to be shown beside the case that is running. */
const notes: string[] = [];
export const note = (text: string): void => {
  notes.push(text);
};

/** Whether all passed. */
export const runCases = async (cases: readonly Case[]): Promise<boolean> => {
  let passed = true;
  for (const { name, run } of cases) {
    notes.length = 0;
    try {
      await run();
      report({ name, notes });
    } catch (error) {
      passed = false;
      report({
        name,
        notes,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
  return passed;
};
