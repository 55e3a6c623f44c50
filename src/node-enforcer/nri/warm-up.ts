/**
 * Runs the whole path of a call once before the plugin registers: the first run of any code is slow (6 ms were
 * measured for decoding alone), and the runtime holds up all pods while it waits.
 */
import { Rpc } from './wire/rpc.js';
import { lifecycleRequest, synchronizeRequest, ttrpcRequest } from './wire/messages.js';
import { PLUGIN_CONNECTION, muxFrames } from './wire/mux.js';
import { MESSAGE_TYPE, ttrpcMessage } from './wire/ttrpc.js';
import { containerFacts, podFacts } from './facts.js';

/** All code is loaded and compiled by then; more rounds make V8 optimise, which costs 7 MiB and saves nothing. */
const ROUNDS = 10;

const SERVICE = 'warm-up';

const labels = new Map(
  Array.from({ length: 20 }, (_, index) => [`label-${String(index)}`, 'a value of some length']),
);

const pod = {
  ...{ id: 'a'.repeat(64), name: 'pod', uid: '0'.repeat(36), namespace: 'default' },
  ...{
    labels,
    annotations: labels,
    linux: { cgroupParent: '/kubepods.slice/kubepods-pod0.slice' },
  },
};

const container = {
  ...{ id: 'b'.repeat(64), podSandboxId: pod.id, name: 'main', state: 3, pid: 1 },
  ...{ annotations: labels, image: { name: 'docker.io/library/busybox:1', digest: '' } },
  linux: { cgroupsPath: `kubepods-pod0.slice:cri-containerd:${'b'.repeat(64)}` },
};

/** Resolves when every answer was made. */
export const warmUp = async (): Promise<void> => {
  const serve = (_: string, payload: Buffer) => {
    const request = lifecycleRequest.decode(payload);
    if (request.pod !== undefined && request.container !== undefined)
      containerFacts(podFacts(request.pod, '/'), request.container, '/');
    return { kind: 'Answer', payload: Buffer.alloc(0) } as const;
  };
  let sent: () => void = () => undefined;
  const rpc = new Rpc(SERVICE, serve, () => {
    sent();
  });
  const payload = lifecycleRequest.encode({ pod, container });
  const body = ttrpcRequest.encode({ service: SERVICE, method: 'StartContainer', payload });
  for (let round = 0; round < ROUNDS; round += 1) {
    const answered = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const message = { stream: 2 * round + 1, type: MESSAGE_TYPE.request, body };
    rpc.receive(muxFrames(PLUGIN_CONNECTION, ttrpcMessage(message)));
    await answered;
  }
  synchronizeRequest.decode(synchronizeRequest.encode({ pods: [pod], containers: [container] }));
};
