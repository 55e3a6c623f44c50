/**
 * Containers of a node whose runtime does not tell of them: found by their cgroups as these are made, named by
 * their OCI configuration, matched by the labels that the API server has of their pod. ADR 0026.
 */
import { PinfoldError } from '../../errors.js';
import type { NodeFinding } from '../agent/node-object.js';
import { ContainerWatch } from '../containers/container-watch.js';
import { findKubepods } from '../containers/kubepods.js';
import { Namer } from './namer.js';
import type { Met, NamerOptions } from './namer.js';
import { namingFinding } from './naming.js';

export interface FinderOptions extends NamerOptions {
  /** The kubelet's cgroup, absolute; absent: looked for where it usually is. */
  readonly kubepods?: string;
}

interface Followed {
  readonly met: Met;
  readonly leave: AbortController;
}

/** ms between looks for a kubelet's cgroup that is not there, or not to be watched. */
const LOOK_AGAIN_MS = 5_000;

export class ContainerFinder {
  readonly #options: FinderOptions;
  readonly #namer: Namer;
  /** By the directory of the cgroup. */
  readonly #followed = new Map<string, Followed>();
  #isLooking = false;
  #watch: ContainerWatch | undefined;
  #blind: PinfoldError | undefined;
  #lookAgain: NodeJS.Timeout | undefined;
  /** Directories met in the scan that is under way. */
  #scanned: Set<string> | undefined;
  /** Whether `all` was told since the search began. */
  #isTold = false;
  /** And that each has a name. */
  #isWhole = false;

  constructor(options: FinderOptions) {
    this.#options = options;
    this.#namer = new Namer(options, () => {
      this.#tellAll();
    });
  }

  /** Absent: nothing is looked for. */
  get finding(): NodeFinding | undefined {
    if (!this.#isLooking) return undefined;
    const met = this.#met();
    return namingFinding({
      ...(this.#blind === undefined ? {} : { blind: this.#blind }),
      named: met.filter(({ placed }) => placed !== undefined).length,
      unnamed: met.flatMap(({ failure }) => failure ?? []),
    });
  }

  /** Looks for containers from now on: those that are there first. */
  begin(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#isTold = this.#isWhole = false;
    this.#scan();
  }

  /** The runtime tells of them (again), or the enforcer ends. */
  end(): void {
    this.#isLooking = false;
    this.#watch?.close();
    this.#watch = undefined;
    clearTimeout(this.#lookAgain);
    for (const { leave } of this.#followed.values()) leave.abort();
    this.#followed.clear();
    this.#options.holding.releaseAll();
  }

  #met(): readonly Met[] {
    return [...this.#followed.values()].map(({ met }) => met);
  }

  /** Meets everything that is there, and forgets what is not any more. */
  #scan(): void {
    const { cgroupRoot, kubepods = findKubepods(cgroupRoot) } = this.#options;
    this.#blind = undefined;
    this.#watch?.close();
    this.#watch = undefined;
    const scanned = (this.#scanned = new Set<string>());
    if (kubepods === undefined) this.#loseSight(`it is in no usual place below ${cgroupRoot}`);
    else
      this.#watch = new ContainerWatch({
        ...{ cgroupRoot, kubepods },
        appeared: (directory) => {
          this.#appeared(directory);
        },
        disappeared: (directory) => {
          this.#disappeared(directory);
        },
        failed: (cause) => {
          this.#loseSight(cause.message, cause);
        },
      });
    this.#scanned = undefined;
    for (const directory of [...this.#followed.keys()])
      if (!scanned.has(directory)) this.#disappeared(directory);
    this.#tellAll();
  }

  #loseSight(problem: string, cause?: PinfoldError): void {
    this.#blind = new PinfoldError('KubepodsNotFound', { problem }, { cause });
    clearTimeout(this.#lookAgain);
    this.#lookAgain = setTimeout(() => {
      this.#scan();
    }, LOOK_AGAIN_MS);
  }

  #appeared(directory: string): void {
    this.#scanned?.add(directory);
    if (this.#followed.has(directory)) return;
    const leave = new AbortController();
    // One that is met by a later scan came while nothing was seen.
    const isNew = this.#isTold || this.#scanned === undefined;
    const met: Met = { directory, isNew, signal: leave.signal, failures: 0 };
    this.#followed.set(directory, { met, leave });
    this.#namer.name(met);
    this.#tellAll();
  }

  #disappeared(directory: string): void {
    const { holding, finds } = this.#options;
    const followed = this.#followed.get(directory);
    if (followed === undefined) return;
    followed.leave.abort();
    this.#followed.delete(directory);
    holding.release(directory);
    const { facts } = followed.met;
    if (facts !== undefined) finds.gone(facts.containerId);
    this.#forgetPods();
    this.#tellAll();
  }

  #forgetPods(): void {
    if (!this.#isTold) return;
    this.#options.pods.retain(new Set(this.#met().flatMap(({ podUid }) => podUid ?? [])));
  }

  /** Once each that is there was tried, and again when the last of them has got its name. */
  #tellAll(): void {
    if (this.#isWhole || this.#scanned !== undefined || this.#blind !== undefined) return;
    const met = this.#met().filter(({ facts, failure }) => facts ?? failure);
    const isTried = met.every(({ placed, failure }) => placed !== undefined || failure);
    const isWhole = met.every(
      ({ placed, failure }) => placed !== undefined || failure?.code === 'RuntimeUnknown',
    );
    if (!isTried || (this.#isTold && !isWhole)) return;
    this.#isTold = true;
    this.#isWhole = isWhole;
    // Also those that were found before the profiles were known.
    const others = met.filter(({ placed }) => placed === null || placed === undefined);
    this.#options.finds.all(
      met.flatMap(({ placed }) => placed ?? []),
      others.flatMap(({ facts }) => facts?.containerId ?? []),
      isWhole,
    );
    this.#forgetPods();
  }
}
