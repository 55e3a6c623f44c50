/** The state directory: one JSON file per object and section, read at start, written when changed. */
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { isKind } from '../../api/objects.js';
import type { PinfoldObject } from '../../api/objects.js';
import { checkObject } from '../../api/validate.js';
import { PinfoldError, reasonOf } from '../../errors.js';
import { filePathOf, keyOf, keyText } from '../object-key.js';
import type { ObjectKey, Regarding, StoredEvent } from '../store.js';
import { filesBelow, removeFile, removeUnfinished, writeAtomic } from './atomic-file.js';
import type { InForce } from './decide.js';

/** applied: objects from manifests, as last good. objects: our own. */
export const SECTIONS = ['applied', 'objects', 'status', 'events'] as const;
export type Section = (typeof SECTIONS)[number];

export type Status = Readonly<Record<string, unknown>>;

/** Everything in a state directory, by key text. */
export interface State {
  readonly applied: Map<string, InForce>;
  readonly objects: Map<string, PinfoldObject>;
  readonly status: Map<string, Status>;
  readonly events: Map<string, readonly StoredEvent[]>;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const damaged = (what: string): Error => new Error(what);

const objectFrom = (value: unknown): PinfoldObject => {
  const kind = isFields(value) ? value.kind : undefined;
  if (!isKind(kind)) throw damaged('no object of a known kind');
  const checked = checkObject(kind, value);
  if (checked.kind === 'Invalid') {
    throw damaged(`the object in it is invalid: ${checked.findings[0]?.message ?? ''}`);
  }
  return checked.object;
};

const keyFrom = (value: unknown): ObjectKey => {
  if (!isFields(value) || !isKind(value.kind) || typeof value.name !== 'string') {
    throw damaged('no key of an object');
  }
  const { kind, name, namespace } = value;
  return typeof namespace === 'string' ? { kind, namespace, name } : { kind, name };
};

const regardingFrom = (value: unknown): Regarding => {
  if (!isFields(value) || value.kind !== 'Pod') return keyFrom(value);
  const { kind, namespace, name, uid } = value;
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string')
    throw damaged('no reference to a pod');
  return { kind, namespace, name, uid };
};

const eventFrom = (value: unknown): StoredEvent => {
  if (!isFields(value)) throw damaged('an event is no object');
  const { type, reason, action, note, at, count, firstSeen, lastSeen } = value;
  if (
    (type !== 'Normal' && type !== 'Warning') ||
    typeof reason !== 'string' ||
    typeof action !== 'string' ||
    typeof note !== 'string' ||
    typeof at !== 'number' ||
    typeof count !== 'number' ||
    typeof firstSeen !== 'number' ||
    typeof lastSeen !== 'number'
  ) {
    throw damaged('an event lacks a field');
  }
  const regarding = regardingFrom(value.regarding);
  return { regarding, type, reason, action, note, at, count, firstSeen, lastSeen };
};

/** Puts the content of one file into `state`. Throws where it is not what we wrote. */
const take = (state: State, section: Section, content: unknown): void => {
  if (!isFields(content)) throw damaged('no JSON object');
  switch (section) {
    case 'applied': {
      const { source } = content;
      if (typeof source !== 'string') throw damaged('no source');
      const object = objectFrom(content.object);
      state.applied.set(keyText(keyOf(object)), { source, object });
      return;
    }
    case 'objects': {
      const object = objectFrom(content.object);
      state.objects.set(keyText(keyOf(object)), object);
      return;
    }
    case 'status':
      if (!isFields(content.status)) throw damaged('no status');
      state.status.set(keyText(keyFrom(content.key)), content.status);
      return;
    case 'events':
      if (!Array.isArray(content.events)) throw damaged('no list of events');
      state.events.set(keyText(regardingFrom(content.key)), content.events.map(eventFrom));
  }
};

const moveAside = async (root: string, file: string, cause: unknown): Promise<PinfoldError> => {
  const directory = join(root, 'damaged');
  const name = relative(root, file).replaceAll('/', '+');
  const movedTo = join(directory, `${Date.now()}+${basename(name)}`);
  await mkdir(directory, { recursive: true });
  await rename(file, movedTo);
  return new PinfoldError('StateCorrupt', { file, problem: reasonOf(cause), movedTo }, { cause });
};

/** Reads all sections. `onDamaged` gets each file that cannot be used, with why. */
export const loadState = async (
  root: string,
  onDamaged: (file: string, cause: unknown) => Promise<void>,
): Promise<State> => {
  const state: State = {
    applied: new Map(),
    objects: new Map(),
    status: new Map(),
    events: new Map(),
  };
  for (const section of SECTIONS) {
    const files = await filesBelow(join(root, section));
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      try {
        const content: unknown = JSON.parse(await readFile(file, 'utf8'));
        take(state, section, content);
      } catch (cause) {
        await onDamaged(file, cause);
      }
    }
  }
  return state;
};

/** For the process that owns the directory: leftovers go, damaged files are moved aside and reported. */
export const recoverState = async (
  root: string,
  onProblem: (problem: PinfoldError) => void,
): Promise<State> => {
  await Promise.all(SECTIONS.map((section) => removeUnfinished(join(root, section))));
  return loadState(root, async (file, cause) => {
    onProblem(await moveAside(root, file, cause));
  });
};

const fileOf = (root: string, section: Section, key: Regarding): string =>
  join(root, section, filePathOf(key));

/** Writes what is known of an object in a section. Throws OutputFailed; the old file stays. */
export const saveEntry = (
  root: string,
  section: Section,
  key: Regarding,
  content: object,
): Promise<void> =>
  writeAtomic(fileOf(root, section, key), `${JSON.stringify({ key, ...content }, null, 1)}\n`);

export const removeEntry = (root: string, section: Section, key: Regarding): Promise<void> =>
  removeFile(fileOf(root, section, key));
