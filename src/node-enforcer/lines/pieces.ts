/**
 * The line of a violation, cut into what changes together: what was decided, and the
 * acting task. Cut from a line that the serialiser made, so whatever it writes is what is written.
 */

export interface Pieces {
  /** From the outcome to the object's name. */
  readonly judged: Uint8Array;
  /** From behind the object's name to the process. */
  readonly subject: Uint8Array;
  /** The process, and the end of the line. */
  readonly process: Uint8Array;
}

/** Between the fraction of the second and the sequence. */
export const cpuPiece = (cpu: number): Uint8Array => Buffer.from(`Z","cpu":${String(cpu)},"seq":`);

const OUTCOME = Buffer.from(',"outcome":');
/** What the object is named by. */
const OBJECTS = [',"path":"', ',"syscall":"'].map((name) => Buffer.from(name));
const QUOTE = 0x22;
/** Quotes inside texts are escaped, so neither this nor what is above can be part of one. */
const PROCESS = Buffer.from(',"process":{');

/** Nothing behind the process, such as what was cut to keep the line short. */
const END = Buffer.from('}}\n');

/** Undefined for a line of another form. */
export const cut = (line: Buffer): Pieces | undefined => {
  const outcome = line.indexOf(OUTCOME);
  const process = line.lastIndexOf(PROCESS);
  if (outcome < 0 || process < outcome || !line.subarray(-END.length).equals(END)) return undefined;
  const object = OBJECTS.map((name) => ({ name, at: line.indexOf(name, outcome) })).find(
    ({ at }) => at >= 0 && at < process,
  );
  if (object === undefined) return undefined;
  const from = object.at + object.name.length;
  const to = line.indexOf(QUOTE, from);
  const piece = (start: number, end: number): Uint8Array => Buffer.from(line.subarray(start, end));
  return {
    judged: piece(outcome, from),
    subject: piece(to, process),
    process: piece(process, line.length),
  };
};
