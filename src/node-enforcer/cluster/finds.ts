/** What becomes of containers that are found by their cgroups. */
import type { PinfoldError } from '../../errors.js';
import type { PlacedContainer } from '../agent/containers.js';
import type { BundleFacts } from '../containers/bundle.js';

export interface Finds {
  /** Whether the profiles are known: before that nothing can be put in force. */
  readonly isReady: () => boolean;
  /** Whether that container is known already, from the runtime or from here. */
  readonly isKnown: (cgroup: string, containerId: string) => boolean;
  /** Puts in force what holds for it. `isNew`: it was not there when the search began. @throws PinfoldError */
  readonly found: (container: PlacedContainer, isNew: boolean) => void;
  /** These are all. `others`: ids of more that are there; `whole`: each whose runtime is known here has profiles. */
  readonly all: (
    containers: readonly PlacedContainer[],
    others: readonly string[],
    whole: boolean,
  ) => void;
  readonly gone: (containerId: string) => void;
  /** Something runs that nobody judges. */
  readonly gap: (error: PinfoldError, facts: BundleFacts | undefined) => void;
}
