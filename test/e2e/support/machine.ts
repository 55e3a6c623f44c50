/** The emulated machine, running: started from its disk, or woken as it was when it was put to sleep. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon } from '../../support/daemon.js';
import { output } from '../../support/command.js';
import { until } from '../../support/until.js';
import { Caller } from './json-lines.js';
import { Guest } from './guest.js';

export interface MachineParts {
  /** Holds `vmlinuz` and `initrd`. */
  readonly boot: string;
  /** Stays as it is: what the machine writes goes into a file in `folder`. */
  readonly disk: string;
  /** Memory of the machine; woken ones share it and write into copies of its pages. */
  readonly memory: string;
  /** File with the rest of the machine's state, to wake it. */
  readonly asleep?: string;
  /** Addition to the kernel's command line. */
  readonly append: string;
  /** For sockets, log, and what the machine writes. */
  readonly folder: string;
  /** Port of the machine (kubelet's) and that of the loopback to which it is forwarded. */
  readonly forward: readonly [guest: number, host: number];
}

const MEMORY = '3G';

/**
 * `thread=single`: where virtual processors run side by side, attaching an LSM program while its hook runs on
 * another ends in `Oops: int3`, because translated code is not patched at once everywhere.
 */
const machineFlags = (parts: MachineParts, writable: string): readonly string[] => [
  ...['-machine', 'pc,memory-backend=memory', '-accel', 'tcg,thread=single', '-cpu', 'max'],
  ...['-smp', '2', '-m', MEMORY, '-display', 'none', '-no-reboot'],
  '-object',
  `memory-backend-file,id=memory,size=${MEMORY},mem-path=${parts.memory},share=${parts.asleep === undefined ? 'on' : 'off'}`,
  ...['-kernel', join(parts.boot, 'vmlinuz'), '-initrd', join(parts.boot, 'initrd')],
  ...['-append', `root=/dev/vda rw console=ttyS0 quiet mitigations=off ${parts.append}`],
  ...['-drive', `file=${writable},if=virtio,cache=unsafe`, '-device', 'virtio-rng-pci'],
  '-nic',
  `user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:${parts.forward[1]}-:${parts.forward[0]}`,
  ...[
    '-device',
    'virtio-serial',
    '-device',
    'virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
  ],
  ...['-chardev', `socket,id=agent,path=${join(parts.folder, 'agent.sock')},server=on,wait=off`],
  ...['-qmp', `unix:${join(parts.folder, 'monitor.sock')},server=on,wait=off`],
  ...['-serial', `file:${join(parts.folder, 'console.log')}`],
  ...(parts.asleep === undefined ? [] : ['-incoming', 'defer']),
];

export class Machine {
  readonly guest: Guest;
  /** File with what the kernel and systemd printed. */
  readonly console: string;
  readonly #daemon: Daemon;
  readonly #monitor: Caller;
  readonly #writable: string;

  private constructor(daemon: Daemon, monitor: Caller, folder: string, writable: string) {
    this.#daemon = daemon;
    this.#monitor = monitor;
    this.#writable = writable;
    this.guest = new Guest(join(folder, 'agent.sock'));
    this.console = join(folder, 'console.log');
  }

  /** Starts or wakes it and waits until its agent answers. */
  static async start(parts: MachineParts): Promise<Machine> {
    const { folder, asleep } = parts;
    const writable = join(folder, `${randomUUID()}.qcow2`);
    const onDisk = ['-f', 'qcow2', '-F', 'qcow2', '-b', parts.disk];
    await output('qemu-img', ['create', '-q', ...onDisk, writable]);
    const log = join(folder, 'emulator.log');
    const daemon = new Daemon('qemu-system-x86_64', machineFlags(parts, writable), log);
    const alive = (): void => {
      daemon.mustRun();
    };
    try {
      const monitor = await until(
        'the emulator has a monitor',
        30,
        () => Caller.to(join(folder, 'monitor.sock')),
        alive,
      );
      const machine = new Machine(daemon, monitor, folder, writable);
      await monitor.call('qmp_capabilities');
      if (asleep !== undefined) await machine.#wake(asleep);
      await machine.guest.ready(asleep === undefined ? 300 : 60, alive);
      return machine;
    } catch (error) {
      await daemon.stop();
      throw error;
    }
  }

  /** Stops it and keeps its state in a file and its disk in another; its memory is in its file already. */
  async sleep(asleep: string, disk: string): Promise<void> {
    await this.#monitor.call('stop');
    await this.#shareMemory();
    await this.#monitor.call('migrate', { uri: `exec:cat > '${asleep}'` });
    await this.#migrated();
    await this.stop();
    await output('qemu-img', ['convert', '-O', 'qcow2', this.#writable, disk]);
  }

  async stop(): Promise<void> {
    this.guest.close();
    this.#monitor.close();
    await this.#daemon.stop();
  }

  async #wake(asleep: string): Promise<void> {
    if (!existsSync(asleep)) throw new Error(`${asleep} is gone`);
    await this.#shareMemory();
    await this.#monitor.call('migrate-incoming', { uri: `exec:cat '${asleep}'` });
    await this.#migrated();
    await this.#monitor.call('cont');
  }

  /** Memory stays in its file: only what devices and processors hold is written or read. */
  async #shareMemory(): Promise<void> {
    const capabilities = [{ capability: 'x-ignore-shared', state: true }];
    await this.#monitor.call('migrate-set-capabilities', { capabilities });
  }

  async #migrated(): Promise<void> {
    for (;;) {
      const state = await this.#monitor.call('query-migrate');
      const { status, 'error-desc': problem } = state as { status?: string; 'error-desc'?: string };
      if (status === 'completed') return;
      if (status === 'failed' || status === 'cancelled')
        throw new Error(`the emulator could not move its state: ${problem ?? status}`);
      this.#daemon.mustRun();
      await pause(20);
    }
  }
}
