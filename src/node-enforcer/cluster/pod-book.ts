/**
 * Labels of pods that only the API server knows, asked for once a pod: what its containers are matched with. They
 * are kept on disk too, for a node enforcer that starts while the API server is away.
 */
import { readFileSync } from 'node:fs';
import { PinfoldError, reasonOf } from '../../errors.js';
import { replaceFile } from '../../store/replace-file.js';
import type { PodIdentity } from '../containers/bundle.js';

type Texts = Readonly<Record<string, string>>;

export interface PodDetails {
  readonly podLabels: Texts;
  readonly podAnnotations: Texts;
}

/** Asks for one pod. @throws PinfoldError, or the signal's reason */
export type ReadPod = (pod: PodIdentity, signal: AbortSignal) => Promise<PodDetails>;

const isTexts = (value: unknown): value is Texts =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((text) => typeof text === 'string');

/** What the process before this one kept; of what is no such file nothing. */
const keptIn = (file: string): ReadonlyMap<string, PodDetails> => {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return new Map(); // none yet, or cut short: the API server is asked
  }
  return new Map(
    Object.entries(value ?? {}).flatMap(([podUid, podLabels]) =>
      isTexts(podLabels) ? [[podUid, { podLabels, podAnnotations: {} }]] : [],
    ),
  );
};

export interface PodBookOptions {
  readonly read: ReadPod;
  /** Where they are kept. */
  readonly file: string;
  /** Hears that they could not be kept. */
  readonly onProblem: (error: PinfoldError) => void;
}

export class PodBook {
  readonly #options: PodBookOptions;
  readonly #known: Map<string, PodDetails>;
  readonly #asked = new Map<string, Promise<PodDetails>>();

  constructor(options: PodBookOptions) {
    this.#options = options;
    this.#known = new Map(keptIn(options.file));
  }

  known(podUid: string): PodDetails | undefined {
    return this.#known.get(podUid);
  }

  /** Asks for the pod, or joins who asked. @throws PinfoldError PodUnreadable */
  learn(pod: PodIdentity, signal: AbortSignal): Promise<PodDetails> {
    const { podUid } = pod;
    const asking = this.#asked.get(podUid) ?? this.#ask(pod, signal);
    this.#asked.set(podUid, asking);
    return asking;
  }

  /** Keeps only these. */
  retain(podUids: ReadonlySet<string>): void {
    const gone = [...this.#known.keys()].filter((podUid) => !podUids.has(podUid));
    for (const podUid of gone) this.#known.delete(podUid);
    if (gone.length > 0) this.#keep();
  }

  async #ask(pod: PodIdentity, signal: AbortSignal): Promise<PodDetails> {
    const { podUid, namespace, pod: name } = pod;
    try {
      const details = await this.#options.read(pod, signal);
      this.#known.set(podUid, details);
      this.#keep();
      return details;
    } catch (cause) {
      const fields = { namespace, pod: name, problem: reasonOf(cause) };
      throw new PinfoldError('PodUnreadable', fields, { cause });
    } finally {
      this.#asked.delete(podUid);
    }
  }

  /** Labels alone: annotations may be large, and hold what is nobody's business. */
  #keep(): void {
    const labels = [...this.#known].map(([podUid, { podLabels }]) => [podUid, podLabels] as const);
    const { file, onProblem } = this.#options;
    try {
      replaceFile(file, `${JSON.stringify(Object.fromEntries(labels))}\n`);
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      onProblem(error);
    }
  }
}
