/** Boots a kernel with a disk, and reads what its test program reports. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fetchKernel } from './kernel.js';

/** What the guest writes to its second serial line. */
export type Report =
  | { readonly name: string; readonly error?: string; readonly notes?: readonly string[] }
  /** At the end, with the end of the console where it is not 0. */
  | { readonly status: number; readonly console?: string };

export interface Boot {
  readonly suite: string;
  readonly disk: string;
  /** Which of the guest's lists of cases run: names with commas between them. */
  readonly cases: string;
  /** The kernel's list of security modules. */
  readonly lsm?: string;
}

/** Emulated, so slow: a test program that hangs is told from one that works on. */
const LIMIT_MS = 30 * 60_000;
const CONSOLE_TAIL = 6_000;

/**
 * Every report, as it comes. `thread=single`: with more, programs that are attached while another CPU runs the
 * hook crash the emulated kernel. @throws Error with the end of the console when the machine ends early
 */
export async function* boot({ suite, disk, cases, lsm }: Boot): AsyncGenerator<Report> {
  const kernel = fetchKernel(suite);
  const folder = await mkdtemp(join(tmpdir(), 'pinfold-vm-'));
  const console = join(folder, 'console');
  const end = async (): Promise<string> => (await readFile(console, 'utf8')).slice(-CONSOLE_TAIL);
  const append = [
    'console=ttyS0 quiet panic=-1 mitigations=off',
    `lsm=${lsm ?? 'landlock,lockdown,yama,apparmor,bpf'}`,
    `pinfold.suite=${cases}`,
  ].join(' ');
  const machine = spawn(
    'qemu-system-x86_64',
    [
      ...[
        '-machine',
        'pc',
        '-accel',
        'tcg,thread=single',
        '-cpu',
        'max',
        '-smp',
        '2',
        '-m',
        '1500M',
      ],
      ...['-display', 'none', '-no-reboot', '-nic', 'none', '-append', append],
      ...['-kernel', kernel.image, '-initrd', kernel.ramDisk],
      ...['-drive', `file=${disk},if=virtio,format=raw,snapshot=on`],
      ...['-serial', `file:${console}`, '-serial', 'stdio'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const limit = setTimeout(() => machine.kill('SIGKILL'), LIMIT_MS);
  let finished = false;
  try {
    for await (const line of createInterface({ input: machine.stdout })) {
      const report = JSON.parse(line) as Report;
      if ('status' in report) {
        finished = true;
        yield report.status === 0 ? report : { ...report, console: await end() };
      } else yield report;
    }
    if (!finished) throw new Error(`the machine ended before its tests did:\n${await end()}`);
  } finally {
    clearTimeout(limit);
    machine.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}
