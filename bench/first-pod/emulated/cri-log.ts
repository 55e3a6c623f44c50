/** Calls of the kubelet to containerd, from containerd's log: it says when each came and when it was answered. */

/** ms that a container's calls took. */
export interface CriStart {
  readonly id: string;
  readonly create: number;
  readonly start: number;
}

const STAMP = /^time="([^"]+)" .*?msg="((?:[^"\\]|\\.)*)"/;

const MESSAGES = {
  create: /^CreateContainer within sandbox "(\w+)" for container /,
  created: /^CreateContainer within sandbox "(\w+)" for .* returns container id "(\w+)"$/,
  start: /^StartContainer for "(\w+)"$/,
  started: /^StartContainer for "(\w+)" returns successfully$/,
};

/** ms since the epoch, with what is below them: Date cuts nanoseconds off. */
export const msOf = (time: string): number => {
  const [, whole = time, fraction = '0'] = /^(.*?)\.(\d+)(?:Z|[+-].*)$/.exec(time) ?? [];
  const zone = time.slice(whole.length).replace(/^\.\d+/, '');
  return Date.parse(`${whole}${zone}`) + Number(`0.${fraction}`) * 1000;
};

/** Containers of which all four lines are there, in the order of their start. Pure. */
export const criStarts = (log: string): readonly CriStart[] => {
  /** By sandbox: the kubelet makes a pod's containers one after the other. */
  const creating = new Map<string, number>();
  const created = new Map<string, number>();
  const starting = new Map<string, number>();
  const starts: CriStart[] = [];
  for (const line of log.split('\n')) {
    const [, stamp, quoted] = STAMP.exec(line) ?? [];
    if (stamp === undefined || quoted === undefined) continue;
    const at = msOf(stamp);
    const message = quoted.replace(/\\(.)/g, '$1');
    const [, sandbox, id] = MESSAGES.created.exec(message) ?? [];
    const [, newSandbox] = MESSAGES.create.exec(message) ?? [];
    const [, startedId] = MESSAGES.started.exec(message) ?? [];
    const [, startingId] = MESSAGES.start.exec(message) ?? [];
    if (sandbox !== undefined && id !== undefined)
      created.set(id, at - (creating.get(sandbox) ?? Number.NaN));
    else if (newSandbox !== undefined) creating.set(newSandbox, at);
    else if (startingId !== undefined) starting.set(startingId, at);
    else if (startedId !== undefined) {
      const [create, began] = [created.get(startedId), starting.get(startedId)];
      if (create !== undefined && began !== undefined && !Number.isNaN(create))
        starts.push({ id: startedId, create, start: at - began });
    }
  }
  return starts;
};
