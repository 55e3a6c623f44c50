/** Files of the kernel have megabytes of which one line is wanted: they are looked through, never held. */
import { closeSync, openSync, readSync } from 'node:fs';

const WINDOW = 1 << 16;

/**
 * The file piece by piece. Each piece begins with the last `overlap` bytes of the one before it, so that
 * what is not longer is whole in one of them. A piece is overwritten by the next.
 */
export function* windowsOf(path: string, overlap: number): Generator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafe(overlap + WINDOW);
  const file = openSync(path, 'r');
  try {
    let used = 0;
    for (;;) {
      const read = readSync(file, buffer, used, buffer.length - used, null);
      used += read;
      // Of /proc a read gives a few thousand bytes, however many are asked for.
      if (read > 0 && used < buffer.length) continue;
      yield buffer.subarray(0, used);
      if (read === 0) return;
      buffer.copyWithin(0, used - overlap, used);
      used = overlap;
    }
  } finally {
    closeSync(file);
  }
}
