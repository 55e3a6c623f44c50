/** NRI's service Plugin: each call of the runtime, decoded and answered. */
import { reasonOf } from '../../errors.js';
import type { AdmissionAnswer } from './admission.js';
import type { AdmissionDesk } from './desk.js';
import { EVENT } from './subscription.js';
import {
  configureRequest,
  configureResponse,
  lifecycleRequest,
  stateChangeEvent,
  synchronizeRequest,
  synchronizeResponse,
} from './wire/messages.js';
import type {
  ConfigureRequest,
  LifecycleRequest,
  WireContainer,
  WirePod,
} from './wire/messages.js';
import type { Reply } from './wire/rpc.js';
import { STATUS } from './wire/ttrpc.js';

/** What the service's owner decides or wants to know. */
export interface PluginServiceOwner {
  /** The runtime took the registration; returns the mask of events. */
  readonly configured: (request: ConfigureRequest) => number;
  readonly synchronized: () => void;
  /** The runtime says that it goes down. */
  readonly shutdown: () => void;
}

/** More than any node runs; a runtime that goes on beyond it is broken. */
const SYNCHRONIZED_AT_MOST = 100_000;

const answered = (payload: Buffer = Buffer.alloc(0)): Reply => ({ kind: 'Answer', payload });

const failed = (code: number, message: string): Reply => ({ kind: 'Failure', code, message });

const replyOf = (answer: AdmissionAnswer): Reply =>
  answer.kind === 'Allow'
    ? answered()
    : failed(STATUS.failedPrecondition, `pinfold: ${answer.reason}`);

export class PluginService {
  readonly #desk: AdmissionDesk;
  readonly #owner: PluginServiceOwner;
  readonly #pods: WirePod[] = [];
  readonly #containers: WireContainer[] = [];

  constructor(desk: AdmissionDesk, owner: PluginServiceOwner) {
    this.#desk = desk;
    this.#owner = owner;
  }

  /** Answers one call; what cannot be decoded or fails is answered with an error, so that it fails closed. */
  async serve(method: string, payload: Buffer): Promise<Reply> {
    try {
      return await this.#answer(method, payload);
    } catch (thrown) {
      return failed(STATUS.internal, `pinfold: ${reasonOf(thrown)}`);
    }
  }

  #answer(method: string, payload: Buffer): Reply | Promise<Reply> {
    switch (method) {
      case 'Configure':
        return this.#configure(payload);
      case 'Synchronize':
        return this.#synchronize(payload);
      case 'Shutdown':
        this.#owner.shutdown();
        return answered();
      case 'RunPodSandbox':
        return this.#lifecycle(EVENT.runPodSandbox, lifecycleRequest.decode(payload));
      case 'RemovePodSandbox':
        return this.#lifecycle(EVENT.removePodSandbox, lifecycleRequest.decode(payload));
      case 'CreateContainer':
        return this.#lifecycle(EVENT.createContainer, lifecycleRequest.decode(payload));
      case 'StartContainer':
        return this.#lifecycle(EVENT.startContainer, lifecycleRequest.decode(payload));
      case 'RemoveContainer':
        return this.#lifecycle(EVENT.removeContainer, lifecycleRequest.decode(payload));
      case 'ValidateContainerAdjustment':
        // To be there to answer is the point: see subscription.ts.
        return answered();
      case 'StateChange': {
        const { event, ...request } = stateChangeEvent.decode(payload);
        return this.#lifecycle(event, request);
      }
      default:
        return failed(STATUS.unimplemented, `method ${method} is not implemented`);
    }
  }

  #configure(payload: Buffer): Reply {
    const request = configureRequest.decode(payload);
    this.#desk.setRequestTimeout(request.requestTimeout);
    return answered(configureResponse.encode({ events: this.#owner.configured(request) }));
  }

  /** What does not fit into one message comes in parts; only the last is acted upon. */
  #synchronize(payload: Buffer): Reply {
    const { pods, containers, more } = synchronizeRequest.decode(payload);
    this.#pods.push(...pods);
    this.#containers.push(...containers);
    if (this.#pods.length + this.#containers.length > SYNCHRONIZED_AT_MOST)
      return failed(STATUS.resourceExhausted, 'pinfold: too many pods and containers');
    if (!more) {
      this.#desk.synchronize(this.#pods.splice(0), this.#containers.splice(0));
      this.#owner.synchronized();
    }
    return answered(synchronizeResponse.encode({ more }));
  }

  #lifecycle(event: number, request: LifecycleRequest): Reply | Promise<Reply> {
    switch (event) {
      case EVENT.runPodSandbox:
        this.#desk.podStarted(request);
        return answered();
      case EVENT.removePodSandbox:
        this.#desk.podRemoved(request);
        return answered();
      case EVENT.createContainer:
        return replyOf(this.#desk.create(request));
      case EVENT.startContainer:
        return this.#desk.start(request).then(replyOf);
      case EVENT.removeContainer:
        this.#desk.removed(request);
        return answered();
      default:
        return answered();
    }
  }
}
