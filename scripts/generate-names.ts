/**
 * Makes src/policy/generated/{syscalls,capabilities}.ts from the X-macro lists in bpf/include, which
 * are the only source of these names. `--check` writes nothing and fails where a file differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { ARCHITECTURES } from '../src/policy/operation.js';
import { hasErrno } from '../src/errors.js';

const root = new URL('..', import.meta.url);
const BANNER = '// Generated from bpf/include by scripts/generate-names.ts: change it there.\n';

type Names = readonly (readonly [name: string, number: number])[];

/** The entries of one list. A name or number that occurs twice, or a line that is no entry, is an error. */
const readList = (file: string, macro: string): Names => {
  const text = readFileSync(new URL(`bpf/include/${file}`, root), 'utf8');
  const lines = text.replace(/\/\*.*?\*\//gs, '').split('\n');
  const entry = new RegExp(`^${macro}\\((\\w+), (\\d+)\\)$`);
  const names = lines
    .filter((line) => line.trim() !== '')
    .map((line): readonly [string, number] => {
      const [, name, number] = entry.exec(line) ?? [];
      if (name === undefined) throw new Error(`${file}: not an entry: ${line}`);
      return [name, Number(number)];
    });
  for (const part of [0, 1])
    if (new Set(names.map((pair) => pair[part])).size !== names.length)
      throw new Error(`${file}: a name or number occurs twice`);
  return names;
};

const literal = (names: Names): string =>
  `{ ${names.map(([name, number]) => `${name}: ${number}`).join(', ')} }`;

const syscalls = (): string =>
  ARCHITECTURES.map((architecture) => {
    const names = readList(`pinfold_syscalls_${architecture}.h`, 'PF_SYSCALL');
    return `export const ${architecture}: Readonly<Record<string, number>> = ${literal(names)};\n`;
  }).join('\n');

const capabilities = (): string => {
  const names = readList('pinfold_capabilities.h', 'PF_CAPABILITY');
  names.forEach(([name, number], index) => {
    if (number !== index) throw new Error(`capability ${name} is out of order`);
  });
  return `/** Names without \`CAP_\`; the position is the number. */
export const CAPABILITIES = [${names.map(([name]) => `'${name}'`).join(', ')}] as const;\n`;
};

const style = (await resolveConfig(new URL('package.json', root))) ?? {};
const generated = new Map([
  ['src/policy/generated/syscalls.ts', syscalls()],
  ['src/policy/generated/capabilities.ts', capabilities()],
]);

const readOrEmpty = (file: URL): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return '';
    throw thrown;
  }
};

for (const [name, text] of generated) {
  const pretty = await format(BANNER + text, { ...style, parser: 'typescript' });
  const file = new URL(name, root);
  if (readOrEmpty(file) === pretty) continue;
  if (!process.argv.includes('--check')) {
    writeFileSync(file, pretty);
    continue;
  }
  process.stderr.write(`${name}: not what bpf/include gives; run scripts/generate-names.ts\n`);
  process.exitCode = 1;
}
