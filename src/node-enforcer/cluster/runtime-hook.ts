/** Whether the container runtime tells this node of containers before they start: a condition of the node. */
import type { NodeFinding } from '../agent/node-object.js';
import type { NriEvent } from '../nri/events.js';

const TYPE = 'RuntimeHooked';

export class RuntimeHook {
  #finding: NodeFinding = {
    type: TYPE,
    holds: false,
    reason: 'Connecting',
    message: 'the container runtime was not reached yet',
  };

  get finding(): NodeFinding {
    return this.#finding;
  }

  take(event: NriEvent): void {
    switch (event.kind) {
      case 'Connected': {
        const { name, version } = event.runtime;
        this.#finding = {
          type: TYPE,
          holds: true,
          reason: 'NriConnected',
          message: `${name} ${version} asks before it starts a container`,
        };
        return;
      }
      case 'Busy':
      case 'Disconnected':
        this.#finding = {
          type: TYPE,
          holds: false,
          reason: event.failure.code,
          message: `${event.failure.message}; containers are found by their cgroups, and what one did before that (its first exec, at worst) is neither judged nor recorded`,
        };
        return;
      default:
        return;
    }
  }
}
