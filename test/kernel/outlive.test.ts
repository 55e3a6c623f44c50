/** `pinfold run` is killed: what it denies on the network stays denied, and the next run clears up. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { loadAddon } from '../../src/bpf/addon.js';
import {
  cgroupOfProcess,
  endCgroup,
  isPopulated,
  makeCgroup,
  processesIn,
} from '../../src/node-enforcer/cgroups.js';
import { sourceOf, Workshop } from './support/cases.js';
import { PINFOLD } from './support/cli.js';
import { skip } from './support/needs.js';

const DEADLINE_MS = 30_000;

const eventually = async (what: string, holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > deadline) assert.fail(`this did not happen: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** Says its pid, then answers each line of a pipe: the errno of a connection, also from a child. */
const CLIENT = String.raw`char line[16]; FILE *orders; printf("%d\n", getpid()); fflush(stdout);
  MUST(orders = fopen(extra[0], "r"));
  while (fgets(line, sizeof(line), orders)) {
    struct sockaddr_in to = v4("127.0.0.1", atoi(line));
    int ends[2], child = 0; MUST(!pipe(ends));
    pid_t pid = fork();
    if (!pid) { int failed = connect(socket(AF_INET, SOCK_STREAM, 0), AT(to)) ? errno : 0; write(ends[1], &failed, sizeof(failed)); _exit(0); }
    MUST(read(ends[0], &child, sizeof(child)) == sizeof(child)); ended(pid, 0);
    printf("%d %d\n", connect(socket(AF_INET, SOCK_STREAM, 0), AT(to)) ? errno : 0, child); fflush(stdout);
  }`;

void test('what pinfold denies on the network outlives a kill -9 of it', { skip }, async (t) => {
  const workshop = new Workshop();
  t.after(() => {
    workshop.remove();
  });
  const program = workshop.compile('client', sourceOf({ client: CLIENT }));
  const servers = [createServer(), createServer()].map((server) => server.listen(0, '127.0.0.1'));
  t.after(() => {
    for (const server of servers) server.close();
  });
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    ports.push(address.port);
  }
  const [allowed = 0, denied = 0] = ports;
  const profile = join(workshop.directory, 'profile.yaml');
  const log = join(workshop.directory, 'log.jsonl');
  writeFileSync(
    profile,
    `apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: client}
spec:
  mode: Enforce
  selector: {podSelector: {}}
  onDegraded: Audit
  rules: {network: {egress: [{ports: [{protocol: TCP, port: ${String(allowed)}}]}]}}
`,
  );
  // Not its standard input, which Node closes when the process between us ends.
  const pipe = join(workshop.directory, 'orders');
  execFileSync('mkfifo', [pipe]);
  const orders = openSync(pipe, constants.O_RDWR);
  const [node, ...rest] = PINFOLD;
  const pinfold = spawn(
    node,
    [
      ...rest,
      'run',
      '--profile',
      profile,
      '--audit-log',
      log,
      '--',
      program,
      workshop.room(),
      'client',
      pipe,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => {
    pinfold.kill('SIGKILL');
  });
  const lines = createInterface(pinfold.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    assert.ok(line.done !== true, 'the command ended');
    return line.value;
  };
  const connect = (port: number): Promise<string> => {
    writeSync(orders, `${String(port)}\n`);
    return next();
  };
  const pid = Number(await next());
  const cgroup = cgroupOfProcess(pid);
  t.after(async () => {
    if (existsSync(cgroup)) await endCgroup(cgroup);
  });
  assert.equal(await connect(allowed), '0 0');
  assert.equal(await connect(denied), '1 1', 'EPERM');
  await eventually('its denial is written down', () => readFileSync(log, 'utf8').endsWith('\n'));

  pinfold.kill('SIGKILL');
  await once(pinfold, 'exit');
  assert.deepEqual(processesIn(cgroup), [pid], 'the command runs on');
  assert.equal(await connect(denied), '1 1', 'also for children that nobody saw being born');
  assert.equal(await connect(allowed), '0 0');
  const left = loadAddon()
    .cgroupPrograms(cgroup)
    .map(({ id }) => id);
  assert.equal(left.length, 6);
  // What was written before is there, whole.
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) JSON.parse(line);

  closeSync(orders);
  await eventually('the command ends with its input', () => !isPopulated(cgroup));
  await endCgroup(makeCgroup());
  assert.ok(!existsSync(cgroup), 'the next run removes what the killed one left');
  await eventually('its programs go with the cgroup', () => {
    const loaded = new Set(
      loadAddon()
        .programs()
        .map(({ id }) => id),
    );
    return left.every((id) => !loaded.has(id));
  });
});
