/**
 * Audit records as JSON lines, by template: the parts that a subject, a rule or a program contribute
 * are escaped once and concatenated afterwards. The text is that of `lineOf(toWire(record))`.
 */
import type { Access, Operation, PathObject, RuleRef } from '../policy/operation.js';
import { BoundedCache } from './bounded-cache.js';
import { limitedLine } from './limit.js';
import { base64Of, isCloaked } from '../policy/cloak.js';
import { isPlain, jsonText, quote } from './quote.js';
import { MAX_RECORD_BYTES, RECORD_SCHEMA } from './record.js';
import type { AuditRecord, Instant, Process, Subject, ViolationRecord } from './record.js';
import { timeText, toWire, wireOperation, wireProcess, wireRule, wireSubject } from './wire.js';

const head = `{"schema":"${RECORD_SCHEMA}","kind":"violation","time":"`;

/** A string of this many UTF-16 units cannot exceed the limit, whatever it holds. */
const ALWAYS_FITS = Math.floor(MAX_RECORD_BYTES / 3);

/** Distinct program images whose escaped form is kept: more than run at once on a node. */
const IMAGES = 4096;

const inner = (value: object): string => jsonText(value).slice(1, -1);

interface SubjectPart {
  readonly node: string;
  readonly mode: string;
  readonly severity: string;
  readonly text: string;
}

interface RulePart {
  readonly profile: string;
  readonly class: string;
  readonly text: string;
}

interface ImagePart {
  readonly comm: string;
  readonly text: string;
}

/** One piece of memory instead of a chain of parts, which every line that holds it would walk again. */
const flat = (text: string): string => Buffer.from(text).toString();

/** A violation's line up to the fraction of its second. */
export const headOf = (seconds: number): string =>
  head + timeText({ seconds, nanos: 0 }).slice(0, -10);

/** Keeps the caches of one stream of records. `line` returns the whole line, newline included. */
export class RecordSerialiser {
  readonly #subjects = new WeakMap<Subject, SubjectPart>();
  readonly #rules = new WeakMap<RuleRef, RulePart>();
  readonly #images = new BoundedCache<string, ImagePart>(IMAGES);
  #second = NaN;
  /** A line up to its fraction of a second. */
  #headText = '';
  /** Violations come in bursts from one task: its part of the line is kept. */
  #processText = '';
  #lastProcess: Process | undefined;

  /** The JSON line of a record: at most MAX_RECORD_BYTES, every string valid UTF-8. */
  line(record: AuditRecord): string {
    if (record.kind !== 'violation' || record.truncated) return limitedLine(toWire(record));
    const line = this.#violation(record);
    if (line.length <= ALWAYS_FITS || Buffer.byteLength(line) <= MAX_RECORD_BYTES) return line;
    return limitedLine(toWire(record));
  }

  #violation(record: ViolationRecord): string {
    const { rule, errno, count, firstTime } = record;
    // As few pieces as can be: joining them costs as much as making them.
    return (
      this.#time(record.time) +
      `Z","cpu":${record.cpu},"seq":${record.sequence},"outcome":"${record.outcome}","class":"${record.class}",` +
      operationText(record.operation) +
      (record.source === 'argument' ? ',"source":"argument","reason":"' : ',"reason":"') +
      record.reason +
      (errno === undefined ? '",' : `","errno":${quote(errno)},`) +
      this.#subject(record) +
      (rule ? this.#rule(rule, record) : '') +
      this.#process(record.process) +
      (count === undefined ? '' : `,"count":${count}`) +
      (firstTime ? `,"firstTime":"${timeText(firstTime)}"` : '') +
      '}\n'
    );
  }

  /** The line up to and with the fraction. */
  #time({ seconds, nanos }: Instant): string {
    if (seconds !== this.#second) {
      this.#headText = flat(headOf(seconds));
      this.#second = seconds;
    }
    // A leading 1 pads to nine digits without a call.
    return this.#headText + String(1_000_000_000 + nanos).slice(1);
  }

  /** node, mode, severity and all of the subject; mode and severity are words that need no escape. */
  #subject({ node, mode, severity, subject }: ViolationRecord): string {
    let part = this.#subjects.get(subject);
    if (part?.node !== node || part.mode !== mode || part.severity !== severity) {
      const text = `"node":${quote(node)},"mode":"${mode}","severity":"${severity}",${inner(wireSubject(subject))}`;
      part = { node, mode, severity, text: flat(text) };
      this.#subjects.set(subject, part);
    }
    return part.text;
  }

  #rule(rule: RuleRef, { subject, class: ruleClass }: ViolationRecord): string {
    let part = this.#rules.get(rule);
    if (part?.profile !== subject.profile || part.class !== ruleClass) {
      const text = `,"rule":${jsonText(wireRule(rule, subject.profile, ruleClass))}`;
      part = { profile: subject.profile, class: ruleClass, text };
      this.#rules.set(rule, part);
    }
    return part.text;
  }

  #process(process: Process): string {
    const { pid, tid, uid, exe, comm, argv } = process;
    const last = this.#lastProcess;
    if (
      last?.pid === pid &&
      last.tid === tid &&
      last.uid === uid &&
      last.exe === exe &&
      last.comm === comm &&
      last.argv === argv
    )
      return this.#processText;
    this.#lastProcess = process;
    this.#processText = flat(this.#freshProcess(process));
    return this.#processText;
  }

  #freshProcess(process: Process): string {
    const { pid, tid, uid, exe, comm, argv } = process;
    if (argv) return `,"process":${jsonText(wireProcess(process))}`;
    let image = this.#images.get(exe);
    if (image?.comm !== comm) {
      image = { comm, text: imageText(exe, comm) };
      this.#images.set(exe, image);
    }
    return `,"process":{"pid":${pid}${tid === pid ? '' : `,"tid":${tid}`},"uid":${uid},${image.text}}`;
  }
}

const imageText = (exe: string, comm: string): string =>
  `${namedText('exe', exe)},${namedText('comm', comm)}`;

const namedText = (name: string, text: string): string =>
  isCloaked(text) ? `"${name}Base64":"${base64Of(text)}"` : `"${name}":${quote(text)}`;

const accessText = (access: readonly Access[]): string =>
  access.length === 0 ? '[]' : `["${access.join('","')}"]`;

const pathText = (object: PathObject): string | undefined => {
  const { path, doubt, deleted, fileless } = object;
  if (!isPlain(path)) return undefined;
  if (!doubt && !deleted && !fileless) return `"path":"${path}"`;
  return `"path":"${path}"${doubt ? `,"doubt":"${doubt}"` : ''}${deleted ? ',"deleted":true' : ''}${fileless ? ',"fileless":true' : ''}`;
};

const operationText = (operation: Operation): string => {
  switch (operation.kind) {
    case 'Exec': {
      const path = pathText(operation.object);
      if (path !== undefined) return `"operation":"Exec",${path}`;
      break;
    }
    case 'File': {
      const path = pathText(operation.object);
      if (path === undefined) break;
      return `"operation":"File",${path},"access":${accessText(operation.access)}`;
    }
    case 'Connect':
    case 'Bind':
      return `"operation":"${operation.kind}","protocol":"${operation.protocol}","address":${quote(operation.address)},"port":${operation.port}`;
    case 'Capability':
    case 'Syscall':
    case 'Forbidden':
      break;
  }
  return inner(wireOperation(operation));
};
