/** The engine with its LSM programs on Debian's kernels, one boot each. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeDisk } from './support/disk.js';
import { KERNELS } from './support/kernel.js';
import { boot } from './support/machine.js';
import { skip } from './support/needs.js';

const CASES = 'verdicts,rules,recorded,swap,losses,lifetime';

let folder = '';
let disk = '';

describe('engine on kernels with BPF LSM', { skip }, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinfold-disk-'));
    disk = makeDisk(folder);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { suite, series } of KERNELS)
    void test(`Linux ${series} (${suite})`, async (t) => {
      let last: object = {};
      for await (const report of boot({ suite, disk, cases: CASES })) {
        if ('status' in report) last = report;
        else
          await t.test(report.name, (inner) => {
            for (const line of report.notes ?? []) inner.diagnostic(line);
            assert.ok(report.error === undefined, report.error);
          });
      }
      assert.deepEqual(last, { status: 0 });
    });

  void test('Linux without bpf in its list of security modules', async (t) => {
    const [{ suite }] = KERNELS;
    for await (const report of boot({ suite, disk, cases: 'ladder', lsm: 'landlock,yama' }))
      if ('name' in report)
        await t.test(report.name, () => {
          assert.ok(report.error === undefined, report.error);
        });
      else assert.deepEqual(report, { status: 0 });
  });
});
