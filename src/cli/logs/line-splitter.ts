/** Bytes of an audit log as lines; one that never ends fills no memory. */
import { MAX_RECORD_BYTES } from '../../audit/record.js';

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** One byte above the limit is kept, so that the reader of records sees that it is too long. */
const bounded = (bytes: Buffer): Buffer => bytes.subarray(0, MAX_RECORD_BYTES + 1);

export class LineSplitter {
  #held: Buffer = EMPTY;

  /** Lines that are complete now, without their newline. */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      lines.push(bounded(Buffer.concat([this.#held, rest.subarray(0, end)])).toString('utf8'));
      this.#held = EMPTY;
      rest = rest.subarray(end + 1);
    }
    this.#held = bounded(Buffer.concat([this.#held, rest]));
    return lines;
  }

  /** What was begun and not ended, if anything. */
  end(): readonly string[] {
    const rest = this.#held;
    this.#held = EMPTY;
    return rest.length === 0 ? [] : [rest.toString('utf8')];
  }
}
