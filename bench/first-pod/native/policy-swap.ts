/**
 * What a change costs on a node with BPF LSM beyond what this machine does for it: the rules are compiled and swapped
 * in the kernel's map. Maps do not need BPF LSM, so this is measured as it is done there.
 */
import { TracingSession } from '../../../src/bpf/session.js';
import { compile } from '../../../src/policy/automaton/compile.js';
import { compose, resolveNothing } from '../../../src/policy/compose.js';
import { profileOf } from '../profile.js';

/** ms of each of so many changes. */
export const swapMany = (count: number): readonly number[] => {
  const session = TracingSession.open({ lsm: false });
  try {
    return Array.from({ length: count }, (_, change) => {
      const rules = compose(profileOf(change), resolveNothing);
      const start = performance.now();
      session.setPolicy(1, { enforce: compile([rules]) }, change + 1);
      return performance.now() - start;
    });
  } finally {
    session.close();
  }
};
