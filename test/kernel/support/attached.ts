/** What a process holds attached in the kernel, from its descriptors: other processes' programs do not disturb. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadAddon } from '../../../src/bpf/addon.js';

/** Names of the programs behind the links that a process holds; the kernel keeps 15 characters. */
export const attachedBy = (pid: number | 'self'): readonly string[] => {
  const names = new Map(
    loadAddon()
      .programs()
      .map(({ id, name }) => [id, name] as const),
  );
  const folder = `/proc/${String(pid)}/fdinfo`;
  return readdirSync(folder)
    .flatMap((descriptor) => {
      let text: string;
      try {
        text = readFileSync(`${folder}/${descriptor}`, 'latin1');
      } catch {
        return []; // closed between the two calls: that of the listing itself
      }
      const [, program] = /^link_id:[^]*^prog_id:\s*(\d+)$/m.exec(text) ?? [];
      return program === undefined ? [] : [names.get(Number(program)) ?? `program ${program}`];
    })
    .sort();
};
