/**
 * Bytes in, bytes out: from the ring's record of a file that was used or a call that was made to its
 * audit line, without an object or a text between. Nearly all events are of these kinds. What is not
 * plain (doubt about a path, two paths, an argument, a name that needs an escape, a refusal by the
 * kernel, a program that is not known, a line that may be too long) is left to the slow way through
 * decoder, judging and serialiser. That is the reference: every piece of a line is cut from one that it
 * made, and a test compares the two byte by byte.
 */
import type { BatchedLines } from '../../audit/batch.js';
import { MAX_RECORD_BYTES } from '../../audit/record.js';
import type { Outcome } from '../../audit/record.js';
import { headOf } from '../../audit/serialise.js';
import { EVENT, LAYOUT, PATH_FLAG, SIZES } from '../../bpf/layout.js';
import { syscallName } from '../../policy/syscalls.js';
import { instantOf } from '../clock.js';
import type { Judging } from '../judging.js';
import { abiName } from '../names.js';
import { Answers } from './answers.js';
import type { Refusal } from './answers.js';
import { writeNanos, writeNumber } from './digits.js';
import { Directories } from './directories.js';
import { cpuPiece } from './pieces.js';
import { isPlainByte } from './plain.js';
import { ProcessPieces } from './process-pieces.js';

const HEADER = LAYOUT.pf_event;
const CALL = LAYOUT.pf_syscall_event;
const FILE = LAYOUT.pf_file_event;
const PATH_FLAGS = FILE.path + LAYOUT.pf_path.flags;
const PATH_WALKED = FILE.path + LAYOUT.pf_path.walked;
const PATH_ARGUMENT = FILE.path + LAYOUT.pf_path.argument;
const SECOND_FLAGS = PATH_FLAGS + SIZES.pf_path;
const PLAIN_PATH = PATH_FLAG.present | PATH_FLAG.walked;

const NO_DIRECTORY = new Uint8Array(0);
/** Fraction, CPU, sequence and the names between them: the part of a line that is in no piece. */
const NUMBERS = 64;

const uint64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;

const callTexts = new Map<string, Uint8Array>();

/** As many as there are calls. */
const callText = (name: string): Uint8Array => {
  const text = callTexts.get(name) ?? Buffer.from(name, 'latin1');
  callTexts.set(name, text);
  return text;
};

/** Copies a piece to `at`; where it ends. */
const put = (to: Uint8Array, at: number, piece: Uint8Array): number => {
  to.set(piece, at);
  return at + piece.length;
};

export class EventLines {
  readonly #judging: Judging;
  readonly #lines: BatchedLines;
  readonly #isAble: boolean;
  readonly #answers: Answers;
  readonly #directories: Directories;
  readonly #processes = new ProcessPieces();
  readonly #cpus: Uint8Array[] = [];
  #imagesVersion = 0;
  #second = NaN;
  #head: Uint8Array = new Uint8Array(0);
  #bytes: Buffer | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** For events of one slot. Rules that could not be compiled leave all of them. */
  constructor(judging: Judging, lines: BatchedLines) {
    const automata = judging.automata ?? [];
    this.#judging = judging;
    this.#lines = lines;
    this.#isAble = automata.length > 0;
    this.#answers = new Answers(judging, automata);
    this.#directories = new Directories(automata);
  }

  /**
   * Deals with the event at `bytes[at]`: it is allowed, or its line is in the batch and its repeats
   * will be reported by the judging. Undefined: it was left.
   */
  take(bytes: Buffer, at: number): Outcome | 'Allowed' | undefined {
    if (!this.#isAble) return undefined;
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const view = this.#view;
    const wasRefused =
      view.getUint32(at + HEADER.error, true) !== 0 ||
      view.getUint32(at + HEADER.flags, true) !== 0;
    if (wasRefused) return undefined;
    const type = bytes[at + HEADER.type];
    if (type === EVENT.file) return this.#file(bytes, at);
    return type === EVENT.syscall ? this.#call(bytes, at) : undefined;
  }

  #call(bytes: Buffer, at: number): Outcome | 'Allowed' | undefined {
    const architecture = abiName(this.#view.getUint16(at + CALL.abi, true));
    const name = syscallName(architecture, this.#view.getUint16(at + CALL.syscall, true));
    if (name === undefined) return undefined;
    const answer = this.#answers.call(bytes, at, architecture, name);
    if (typeof answer !== 'object') return answer === 'Allowed' ? answer : undefined;
    const text = callText(name);
    return this.#write(bytes, at, answer, NO_DIRECTORY, text, 0, text.length);
  }

  #file(bytes: Buffer, at: number): Outcome | 'Allowed' | undefined {
    const view = this.#view;
    const isPlain =
      view.getUint32(at + PATH_FLAGS, true) === PLAIN_PATH &&
      view.getUint16(at + PATH_ARGUMENT, true) === 0 &&
      (view.getUint32(at + SECOND_FLAGS, true) & PATH_FLAG.present) === 0;
    if (!isPlain) return undefined;
    const from = at + SIZES.pf_file_event;
    const to = from + view.getUint16(at + PATH_WALKED, true);
    let end = from;
    while (end < to && isPlainByte(bytes[end] ?? 0)) end += 1;
    if (end === from || end === to || bytes[end] !== 0) return undefined;
    const directory = this.#directories.at(bytes, end + 1, to);
    if (directory === undefined) return undefined;
    const access = view.getUint32(at + FILE.access, true);
    const answer = this.#answers.file(bytes, at, access, directory, from, end);
    if (typeof answer !== 'object') return answer === 'Allowed' ? answer : undefined;
    return this.#write(bytes, at, answer, directory.text, bytes, from, end);
  }

  /** The line of an event whose object is `directory` and the name at `names[from, to)`. */
  #write(
    bytes: Buffer,
    at: number,
    { judged, subject, outcome }: Refusal,
    directory: Uint8Array,
    names: Uint8Array,
    from: number,
    to: number,
  ): Outcome | undefined {
    const view = this.#view;
    const process = this.#process(bytes, at);
    if (process === undefined) return undefined;
    const { nanos, seconds } = instantOf(uint64(view, at + HEADER.time));
    const head = this.#headOf(seconds);
    const pieces = head.length + judged.length + directory.length + subject.length + process.length;
    if (pieces + (to - from) + NUMBERS > MAX_RECORD_BYTES) return undefined;
    const batch = this.#lines.room();
    const line = batch.buffer;
    let cursor = put(line, batch.end, head);
    writeNanos(line, cursor, nanos);
    cursor = put(line, cursor + 9, this.#cpu(view.getUint32(at + HEADER.cpu, true)));
    cursor = writeNumber(line, cursor, uint64(view, at + HEADER.sequence));
    cursor = put(line, cursor, judged);
    cursor = put(line, cursor, directory);
    for (let index = from; index < to; index += 1) line[cursor++] = names[index] ?? 0;
    cursor = put(line, cursor, subject);
    batch.wrote(put(line, cursor, process));
    this.#judging.tookEvent(view, at);
    return outcome;
  }

  #process(bytes: Buffer, at: number): Uint8Array | undefined {
    const { images } = this.#judging;
    if (images.version !== this.#imagesVersion) {
      this.#processes.forget();
      this.#imagesVersion = images.version;
    }
    const known = this.#processes.at(this.#view, at);
    if (known !== undefined) return known;
    // Named by what /proc says now: the next event of it may say something else.
    if (!images.has(this.#view.getBigUint64(at + HEADER.exe, true))) return undefined;
    const reference = this.#answers.reference(bytes, at);
    if (typeof reference !== 'object') return undefined;
    return this.#processes.keep(this.#view, at, reference.process);
  }

  #headOf(second: number): Uint8Array {
    if (second !== this.#second) {
      this.#second = second;
      this.#head = Buffer.from(headOf(second));
    }
    return this.#head;
  }

  /** Between the time and the sequence. */
  #cpu(number: number): Uint8Array {
    const piece = this.#cpus[number] ?? cpuPiece(number);
    this.#cpus[number] = piece;
    return piece;
  }
}
