/**
 * The messages of NRI (containerd/nri v0.12, pkg/api/api.proto) and of ttrpc (containerd/ttrpc v1.2,
 * request.proto) with those fields that are used here. Field numbers never change; what is not listed is
 * skipped. A test compares these tables with protobufjs.
 */
import {
  Message,
  bool,
  bytes,
  int32,
  int64,
  nested,
  repeated,
  string,
  stringMap,
  uint32,
} from './protobuf.js';
import type { Decoded } from './protobuf.js';

export const ttrpcRequest = new Message({
  service: string(1),
  method: string(2),
  payload: bytes(3),
  /** ns the caller waits; 0 if it did not say. */
  timeoutNano: int64(4),
});

export const ttrpcStatus = new Message({ code: int32(1), message: string(2) });

export const ttrpcResponse = new Message({ status: nested(1, ttrpcStatus), payload: bytes(2) });

export const registerPluginRequest = new Message({
  pluginName: string(1),
  pluginIdx: string(2),
  nriVersion: string(3),
});

export const configureRequest = new Message({
  runtimeName: string(2),
  runtimeVersion: string(3),
  /** ms */
  requestTimeout: int64(5),
  /** Since NRI 0.12; empty before. */
  nriVersion: string(6),
});

export const configureResponse = new Message({ events: int32(2) });

const linuxPodSandbox = new Message({ cgroupParent: string(3) });

export const podSandbox = new Message({
  id: string(1),
  name: string(2),
  uid: string(3),
  namespace: string(4),
  labels: stringMap(5),
  annotations: stringMap(6),
  linux: nested(8, linuxPodSandbox),
});

const linuxContainer = new Message({ cgroupsPath: string(5) });

const image = new Message({ name: string(1), digest: string(2) });

export const container = new Message({
  id: string(1),
  podSandboxId: string(2),
  name: string(3),
  state: int32(4),
  annotations: stringMap(6),
  linux: nested(11, linuxContainer),
  pid: uint32(12),
  image: nested(22, image),
});

/** What CreateContainer, StartContainer and RemoveContainer bring; for pods `container` is absent. */
export const lifecycleRequest = new Message({
  pod: nested(1, podSandbox),
  container: nested(2, container),
});

/** How runtimes before NRI 0.12 say most of it: one call for all events. */
export const stateChangeEvent = new Message({
  event: int32(1),
  pod: nested(2, podSandbox),
  container: nested(3, container),
});

export const synchronizeRequest = new Message({
  pods: repeated(1, podSandbox),
  containers: repeated(2, container),
  more: bool(3),
});

export const synchronizeResponse = new Message({ more: bool(2) });

export type WirePod = Decoded<typeof podSandbox>;
export type WireContainer = Decoded<typeof container>;
export type LifecycleRequest = Decoded<typeof lifecycleRequest>;
export type ConfigureRequest = Decoded<typeof configureRequest>;
