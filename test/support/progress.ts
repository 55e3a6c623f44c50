/** Lines about work that takes long, in the form that the scripts' own have (scripts/lib.sh). */

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** One line when it begins, for it can take minutes, and one with its time when it has ended. */
export const step = async <T>(label: string, work: () => Promise<T>): Promise<T> => {
  say(`pinfold: making ${label}`);
  const start = performance.now();
  const made = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`  ${label.padEnd(34)} ${seconds.padStart(7)} s`);
  return made;
};
