import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generalise } from '../../../src/recorder/generalise.js';
import { allows, executes, recorded, widenablePath, type Recorded } from './support.js';

const everythingAllowed = (
  made: fc.Arbitrary<Recorded>,
  options: { manyFiles?: number; maxFiles?: number },
) =>
  fc.property(made, ({ behaviour, files, execs }) => {
    const rules = generalise(behaviour, options);
    for (const path of execs) assert.ok(executes(rules.exec, path), `exec ${JSON.stringify(path)}`);
    if (behaviour.lost.files !== undefined) return;
    for (const { path, access } of files)
      assert.ok(allows(rules.files, path, access), `${JSON.stringify(path)} ${access.join()}`);
  });

test('generalising never denies what was recorded', () => {
  fc.assert(everythingAllowed(recorded(20_000, 60), {}), { numRuns: 300 });
});

test('nor does it when directories are widened soon and few rules are left', () => {
  fc.assert(everythingAllowed(recorded(20_000, 60), { manyFiles: 4, maxFiles: 8 }), {
    numRuns: 300,
  });
});

test('nor does it when the recording had to be condensed on the way', () => {
  fc.assert(everythingAllowed(recorded(30, 60, widenablePath), { manyFiles: 8 }), { numRuns: 300 });
});

test('the order of events does not matter while nothing had to be condensed', () => {
  fc.assert(
    fc.property(recorded(20_000, 40), ({ behaviour }) => {
      const reversed = {
        ...behaviour,
        files: new Map([...behaviour.files].reverse()),
        execs: new Map([...behaviour.execs].reverse()),
      };
      const pathsOf = (of: typeof behaviour) => {
        const { exec, files } = generalise(of, { manyFiles: 4 });
        return [exec.map(({ path }) => path), files.map(({ path, access }) => [path, access])];
      };
      assert.deepEqual(pathsOf(reversed), pathsOf(behaviour));
    }),
    { numRuns: 200 },
  );
});
