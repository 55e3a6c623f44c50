/** An admission for tests: what it does with a container follows from the container's name. */
import type {
  Admission,
  AdmissionAnswer,
  AdmissionContext,
} from '../../../src/node-enforcer/nri/admission.js';
import type { ContainerFacts } from '../../../src/node-enforcer/containers/facts.js';

export interface TestState {
  readonly slot: number;
  readonly held: readonly string[];
}

/** Told to the main thread for each call, so that tests see what the thread saw. */
export interface Seen {
  readonly call: string;
  readonly subject: unknown;
}

export const createAdmission = ({ emit, ask, options }: AdmissionContext): Admission => {
  let state: TestState = { slot: 0, held: [] };
  const note = (call: string, subject: unknown): void => {
    emit({ call, subject } satisfies Seen);
  };
  note('options', options);
  return {
    podStarted: (pod) => {
      note('podStarted', pod);
    },
    podRemoved: (pod) => {
      note('podRemoved', pod);
    },
    create: (container) => {
      note('create', container);
      if (container.container === 'create-throws') throw new Error('a fault in create');
      const length = /^refused-(\d+)$/.exec(container.container)?.[1];
      if (length !== undefined) return { kind: 'Refuse', reason: 'x'.repeat(Number(length)) };
      return container.container === 'not-created'
        ? { kind: 'Refuse', reason: 'profile web does not exist' }
        : { kind: 'Allow' };
    },
    start: async (container: ContainerFacts, cgroupId): Promise<AdmissionAnswer> => {
      note('start', { container, cgroupId });
      switch (container.container) {
        case 'never':
          return new Promise(() => {
            // No verdict comes.
          });
        case 'late':
          await ask('late', 60_000);
          return { kind: 'Allow', slot: state.slot };
        case 'refused-later':
          await ask('later', 60_000);
          return { kind: 'Refuse', reason: 'refused later' };
        case 'asks':
          return { kind: 'Allow', slot: Number(await ask('slot', 1000)) };
        case 'asks-in-vain':
          return { kind: 'Allow', slot: Number(await ask('never', 50)) };
        case 'not-started':
          return { kind: 'Refuse', reason: 'profile web cannot be compiled' };
        case 'throws':
          throw new Error('a fault in start');
        default:
          return { kind: 'Allow', slot: state.slot };
      }
    },
    unresolved: ({ namespace }) => (state.held.includes(namespace) ? 'Hold' : 'Allow'),
    removed: (containerId) => {
      note('removed', containerId);
    },
    synchronize: (containers, pods) => {
      note('synchronize', { containers, pods });
    },
    update: (given) => {
      state = given as TestState;
      note('update', given);
    },
    close: () => {
      note('close', undefined);
    },
  };
};
