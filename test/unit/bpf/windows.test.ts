import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { windowsOf } from '../../../src/bpf/windows.js';

const folder = mkdtempSync(join(tmpdir(), 'pinfold-windows-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const WINDOW = 1 << 16;
const OVERLAP = 64;

const fileOf = (bytes: Buffer): string => {
  const file = join(folder, 'file');
  writeFileSync(file, bytes);
  return file;
};

describe('windowsOf', () => {
  it('shows what is not longer than the overlap whole, wherever it stands', () => {
    const needle = Buffer.alloc(OVERLAP, 'n');
    const size = 3 * WINDOW;
    const edges = [
      0,
      1,
      WINDOW,
      WINDOW + OVERLAP,
      2 * WINDOW,
      2 * WINDOW + OVERLAP,
      size - OVERLAP,
    ];
    for (const edge of edges)
      for (const at of [edge - OVERLAP + 1, edge - 1, edge, edge + 1]) {
        if (at < 0 || at + OVERLAP > size) continue;
        const bytes = Buffer.alloc(size, '.');
        needle.copy(bytes, at);
        const file = fileOf(bytes);
        let seen = 0;
        for (const window of windowsOf(file, OVERLAP)) if (window.includes(needle)) seen += 1;
        assert.ok(seen > 0, `at ${at}`);
      }
  });

  it('shows every byte in order', () => {
    for (const size of [0, 1, OVERLAP, WINDOW, WINDOW + OVERLAP, WINDOW + OVERLAP + 1, 200_000]) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
      const parts: Buffer[] = [];
      for (const window of windowsOf(fileOf(bytes), OVERLAP))
        parts.push(Buffer.from(parts.length === 0 ? window : window.subarray(OVERLAP)));
      assert.ok(Buffer.concat(parts).equals(bytes), `of ${size} bytes`);
    }
  });

  it('reads what says no size, and closes it when nobody wants more', () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (const window of windowsOf('/proc/self/maps', OVERLAP)) {
      assert.match(window.toString('latin1'), /^[0-9a-f]+-[0-9a-f]+ /);
      break;
    }
    assert.equal(descriptors(), before);
  });
});
