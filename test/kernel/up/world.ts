/** A place for `pinfold up` to run in: directories, cgroups, a server and programs, all removed again. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProfileStatus } from '../../../src/api/objects.js';
import { installationRoot, loadAddon } from '../../../src/bpf/addon.js';
import { BTF_PATH } from '../../../src/bpf/kernel.js';
import { PROGRAMS } from '../../../src/bpf/session.js';
import { cgroupRoot, endCgroup } from '../../../src/node-enforcer/cgroups.js';
import { readState } from '../../../src/store/directory/reader.js';
import type { ObjectReader } from '../../../src/store/directory/reader.js';

/** Why these tests cannot run here, or false. */
export const skip: string | false =
  process.geteuid?.() !== 0
    ? 'needs root'
    : existsSync(BTF_PATH)
      ? false
      : 'needs a kernel with BTF';

/** Longer than anything takes on a loaded machine: a test that waits so long has failed. */
const DEADLINE_MS = 30_000;
const LOOK_MS = 20;

/** Resolves to the first answer that is not undefined. */
export const eventually = async <T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`this did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
};

export type Line = Readonly<Record<string, unknown>>;

/** A shell in a cgroup that does what it is told and says what came of it. */
export interface Shell {
  readonly pid: number;
  /** Tries a TCP connection to a loopback port; resolves to `ok` or the shell's message. */
  connect(port: number): Promise<string>;
  readonly exited: Promise<unknown>;
  end(): void;
}

/** Ids of loaded programs of Pinfold. */
export const loadedPrograms = (): readonly number[] =>
  loadAddon()
    .programs()
    .filter(({ name }) => PROGRAMS.some((known) => known.startsWith(name) && name !== ''))
    .map(({ id }) => id);

let made = 0;

export class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'pinfold-up-'));
  readonly manifests = join(this.directory, 'manifests');
  readonly state = join(this.directory, 'state');
  readonly stored: ObjectReader = readState(this.state);
  readonly #cgroups: string[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #servers: Server[] = [];
  #up: ChildProcess | undefined;
  /** What `up` logged. */
  readonly log: Line[] = [];

  constructor() {
    mkdirSync(this.manifests);
  }

  /** A name for a cgroup that nobody has; it does not exist yet. */
  cgroupName(): string {
    const name = `/pinfold-test-${process.pid}-${(made += 1)}`;
    this.#cgroups.push(name);
    return name;
  }

  makeCgroup(name = this.cgroupName()): string {
    mkdirSync(this.cgroupPath(name));
    return name;
  }

  cgroupPath(name: string): string {
    return join(cgroupRoot(), name);
  }

  manifest(file: string, text: string): void {
    writeFileSync(join(this.manifests, file), text);
  }

  /** A ClusterSecurityProfile for one cgroup; `spec` is YAML, indented by two. */
  profile(name: string, cgroup: string, spec: string): void {
    this.manifest(
      `${name}.yaml`,
      `apiVersion: pinfold.dev/v1alpha1
kind: ClusterSecurityProfile
metadata: {name: ${name}}
spec:
  cgroups: [${cgroup}]
${spec}`,
    );
  }

  /** Starts `pinfold up` and resolves when it says that it is ready. */
  async up(...more: readonly string[]): Promise<number> {
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        'src/cli/main.ts',
        'up',
        '--manifests',
        this.manifests,
        '--state',
        this.state,
        ...more,
      ],
      { cwd: installationRoot(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#up = child;
    this.#children.push(child);
    let ready = false;
    const messages: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      messages.push(line);
      if (!line.startsWith('{')) return;
      const entry = JSON.parse(line) as Line;
      this.log.push(entry);
      if (entry.msg === 'ready') ready = true;
    });
    await eventually('pinfold up is ready', () => {
      if (child.exitCode !== null) throw new Error(`up ended:\n${messages.join('\n')}`);
      return ready ? true : undefined;
    });
    return child.pid ?? 0;
  }

  /** Sends a signal to `up` and resolves to how it ended. */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#up;
    if (child === undefined) throw new Error('up was not started');
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    await eventually('pinfold up ends', () =>
      child.exitCode === null && child.signalCode === null ? undefined : true,
    );
    return child.exitCode;
  }

  /** What `pinfold detach` prints. */
  detach(): string {
    const arguments_ = ['--import', 'tsx', 'src/cli/main.ts', 'detach', '--state', this.state];
    return execFileSync(process.execPath, arguments_, {
      cwd: installationRoot(),
      encoding: 'utf8',
    });
  }

  /** Runs a program in a cgroup from its exec on; resolves to its exit code or signal. */
  async runIn(cgroup: string, command: string): Promise<number | string> {
    const child = spawn(
      '/bin/sh',
      ['-c', `echo $$ > "$0" && exec ${command}`, this.#procs(cgroup)],
      {
        stdio: ['ignore', 'ignore', 'ignore'],
      },
    );
    this.#children.push(child);
    await once(child, 'exit');
    return child.exitCode ?? child.signalCode ?? 'unknown';
  }

  /** A shell that lives on in the cgroup. */
  shellIn(cgroup: string): Shell {
    const script =
      'while read -r port; do m=$( (exec 3<>/dev/tcp/127.0.0.1/$port) 2>&1 ) && echo ok || echo "${m%%$\'\\n\'*}"; done';
    const child = spawn(
      '/bin/sh',
      [
        '-c',
        `echo $$ > "$0" && exec /bin/bash -c '${script.replaceAll("'", "'\\''")}'`,
        this.#procs(cgroup),
      ],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    this.#children.push(child);
    const waiting: ((line: string) => void)[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
    const exited = once(child, 'exit');
    return {
      pid: child.pid ?? 0,
      connect: (port) =>
        Promise.race([
          new Promise<string>((resolve) => {
            waiting.push(resolve);
            child.stdin.write(`${port}\n`);
          }),
          exited.then(() => 'the shell is gone'),
        ]),
      exited,
      end: () => child.stdin.end(),
    };
  }

  #procs(cgroup: string): string {
    return join(this.cgroupPath(cgroup), 'cgroup.procs');
  }

  /** A TCP server on a loopback port. */
  async server(): Promise<number> {
    const server = createServer((socket) => {
      socket.end();
    });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Records of the audit log so far. */
  records(kind: string): readonly Line[] {
    const file = join(this.state, 'audit.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
      .filter((record) => record.kind === kind);
  }

  record(what: string, kind: string, matches: (record: Line) => boolean): Promise<Line> {
    return eventually(what, () => this.records(kind).find(matches));
  }

  async status(profile: string): Promise<ProfileStatus | undefined> {
    const key = { kind: 'ClusterSecurityProfile', name: profile } as const;
    const object = await this.stored.get(key);
    return object?.kind === 'ClusterSecurityProfile' ? object.status : undefined;
  }

  statusOf(
    profile: string,
    what: string,
    matches: (status: ProfileStatus) => boolean,
  ): Promise<ProfileStatus> {
    return eventually(what, async () => {
      const status = await this.status(profile);
      return status !== undefined && matches(status) ? status : undefined;
    });
  }

  /** Ends and removes everything. */
  async remove(): Promise<void> {
    if (this.#up !== undefined) await this.down('SIGKILL');
    for (const server of this.#servers) server.close();
    for (const name of this.#cgroups)
      if (existsSync(this.cgroupPath(name))) await endCgroup(this.cgroupPath(name));
    for (const child of this.#children)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const condition = (
  status: ProfileStatus,
  type: string,
): NonNullable<ProfileStatus['conditions']>[number] | undefined =>
  status.conditions?.find((each) => each.type === type);
