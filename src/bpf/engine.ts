/** Loads the engine's object: settings, what it shares with engines before it, and which programs. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../errors.js';
import { installationRoot, isNativeError, loadAddon } from './addon.js';
import type { NativeObject } from './addon.js';
import { u32, u64 } from './bytes.js';
import { memoryAccountingRange, missingTracepoints } from './kernel.js';
import { LAYOUT, SIZES } from './layout.js';
import { lsmAbility } from './lsm-ability.js';
import { encodeEngine, Pins } from './pins.js';
import { IDENTITY, LSM } from './programs.js';

export interface EngineOptions {
  /** Bytes of each ring, a power of two of at least one page. Defaults: 1 MiB and 8 MiB. */
  readonly securityRingBytes?: number;
  readonly telemetryRingBytes?: number;
  /** Directory in bpffs below which maps, identity and LSM links are pinned; absent: nothing outlives the process. */
  readonly pins?: string;
  /** Whether to load the LSM programs. Default: where the kernel can. */
  readonly lsm?: boolean;
  /**
   * Inode number of the mount namespace in which runtimes prepare containers. Default: that of process 1.
   * A process in a pid namespace of its own has to know better.
   */
  readonly hostMountNamespace?: number;
}

export interface Engine {
  readonly object: NativeObject;
  readonly pins: Pins | undefined;
  /** An earlier process's pins were there. */
  readonly takenOver: boolean;
  /** Whether LSM programs are loaded, or pinned and in force. */
  readonly lsm: boolean;
  /** Programs of the object that are loaded, by this process. */
  readonly loads: (program: string) => boolean;
  readonly lsmShortfall: PinfoldError | undefined;
  readonly id: number;
  /** Digest of what is attached in the end. */
  readonly build: Buffer;
  readonly nameKeys: readonly bigint[];
  readonly ringBytes: { readonly security: number; readonly telemetry: number };
}

const objectPath = (): string => {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return join(installationRoot(), 'dist', 'bpf', machine, 'engine.bpf.o');
};

/** 0: not known, and then no container's init is told from its program. */
const hostMounts = (): number => {
  try {
    return statSync('/proc/1/ns/mnt').ino;
  } catch (error) {
    // Without the right to look at process 1 there are no containers to look after either.
    if (hasErrno(error, 'EACCES')) return 0;
    throw error;
  }
};

/** Two engines with the same digest do the same. */
const buildOf = (path: string, mounts: number): Buffer =>
  createHash('sha256').update(readFileSync(path)).update(u32(mounts)).digest();

/** Until everything is attached, no process takes the links for those of its own version. */
const NO_BUILD = Buffer.alloc(32);

const nameKeysOf = (secret: Buffer): readonly bigint[] =>
  Array.from({ length: (SIZES.pf_secret - LAYOUT.pf_secret.name) / 8 }, (_, index) =>
    secret.readBigUInt64LE(LAYOUT.pf_secret.name + index * 8),
  );

const failedToLoad = (cause: unknown): PinfoldError => {
  const log = isNativeError(cause) ? (cause.verifierLog ?? '') : '';
  return new PinfoldError(
    'BpfLoadFailed',
    { object: 'engine.bpf.o', problem: `${reasonOf(cause)}${log === '' ? '' : `\n${log}`}` },
    { cause },
  );
};

/** @throws PinfoldError BpfLoadFailed, AddonMissing, LsmUnavailable, PinsUnusable, EngineVersionPinned */
export const loadEngine = (options: EngineOptions): Engine => {
  const shortfall = options.lsm === false ? undefined : lsmAbility();
  if (options.lsm === true && shortfall !== undefined)
    throw new PinfoldError('LsmUnavailable', { problem: shortfall.message });
  if (options.lsm === false || shortfall !== undefined) return load(options, false, shortfall);
  try {
    return load(options, true, undefined);
  } catch (error) {
    if (options.lsm === true || !(error instanceof PinfoldError) || error.code !== 'BpfLoadFailed')
      throw error;
    // A kernel that nobody has tried: better to record and to enforce less than to do nothing, and say so.
    return load(options, false, error);
  }
};

const load = (
  options: EngineOptions,
  lsm: boolean,
  lsmShortfall: PinfoldError | undefined,
): Engine => {
  const path = objectPath();
  if (!existsSync(path)) throw new PinfoldError('AddonMissing', { problem: `${path} is missing` });
  const addon = loadAddon();
  const mounts = options.hostMountNamespace ?? hostMounts();
  const build = buildOf(path, mounts);
  const pins = options.pins === undefined ? undefined : new Pins(options.pins);
  const state = pins?.state();
  const pinned = pins?.attached() ?? [];
  const same = state?.build.equals(build) === true;
  const kept = new Set(same ? pinned : []);
  // LSM programs that cannot be replaced go on in force, so they have to go on speaking.
  const stays = !lsm && LSM.some((program) => pinned.includes(program));
  const id = state === undefined ? 1 : same || stays ? state.active : state.active + 1;
  const secret = state?.secret ?? randomBytes(SIZES.pf_secret);
  const ringBytes = {
    security: pins?.ringBytes('pf_security') ?? options.securityRingBytes ?? 1 << 20,
    telemetry: pins?.ringBytes('pf_telemetry') ?? options.telemetryRingBytes ?? 1 << 23,
  };
  const off = new Set([...missingTracepoints(), ...kept, ...(lsm ? [] : LSM)]);
  let object: NativeObject | undefined;
  try {
    object = new addon.Object(path);
    object.setMaxEntries('pf_security', ringBytes.security);
    object.setMaxEntries('pf_telemetry', ringBytes.telemetry);
    pins?.share(object, state);
    const { seen, name } = LAYOUT.pf_secret;
    object.setVariable('pf_hash_key', secret.subarray(seen, name));
    object.setVariable('pf_name_key', secret.subarray(name));
    object.setVariable('pf_engine_id', u32(id));
    object.setVariable('pf_host_mounts', u32(mounts));
    object.setVariable('pf_storage_at_cgroups', Buffer.of(addon.storageAtCgroups() ? 1 : 0));
    const range = memoryAccountingRange();
    if (range !== undefined)
      object.setVariable('pf_memory_accounting', Buffer.concat(range.map(u64)));
    for (const program of off) object.setAutoload(program, false);
    object.load();
    if (state === undefined) {
      object.update('pf_secret', u32(0), secret);
      object.update('pf_engine', u32(0), encodeEngine(id, pins === undefined ? build : NO_BUILD));
    }
  } catch (cause) {
    object?.close();
    throw cause instanceof PinfoldError ? cause : failedToLoad(cause);
  }
  return {
    object,
    pins,
    takenOver: state !== undefined,
    lsm: lsm || stays,
    loads: (program) => !off.has(program),
    lsmShortfall,
    id,
    // What is attached is then of two versions: the next process has to look again.
    build: stays && !same ? NO_BUILD : build,
    nameKeys: nameKeysOf(secret),
    ringBytes,
  };
};

/**
 * Attaches identity, and verdicts where they are loaded, so that they outlive this process; programs of
 * another version are replaced one by one, and both judge until then.
 */
export const attachLasting = (engine: Engine, attach: (program: string) => number): void => {
  const { object, pins, id, build } = engine;
  if (pins === undefined) return;
  const known: readonly string[] = [...IDENTITY, ...LSM];
  const wanted = known.filter(engine.loads);
  if (wanted.length > 0) {
    object.update('pf_engine', u32(0), encodeEngine(idBefore(engine), NO_BUILD));
    for (const program of wanted) pins.pinNext(object, attach(program), program);
    object.update('pf_engine', u32(0), encodeEngine(id, NO_BUILD));
    for (const program of wanted) pins.replace(program);
  }
  for (const program of pins.attached()) if (!known.includes(program)) pins.unpin(program);
  object.update('pf_engine', u32(0), encodeEngine(id, build));
};

const idBefore = ({ object }: Engine): number =>
  object.lookup('pf_engine', u32(0))?.readUInt32LE(LAYOUT.pf_engine.active) ?? 0;
