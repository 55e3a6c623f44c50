/** Three attacks through curl and a signal, and how each has to end. */
import { readFileSync, rmSync, symlinkSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { curl } from './load.js';
import { show } from './print.js';
import type { Site } from './site.js';

export interface Attack {
  readonly name: string;
  readonly what: string;
  readonly class: string;
  /** The errno that nginx must have got, in its own words and as the record names it. */
  readonly errno: 'EACCES' | 'EPERM';
  readonly errnoText: string;
  readonly run: (site: Site) => Promise<void>;
}

const refused = async (site: Site, path: string): Promise<void> => {
  const { status, body } = await curl(site, path);
  if (status < 400) throw new Error(`the attack got through: HTTP ${String(status)}: ${body}`);
  show(`curl ${path}  ->  HTTP ${String(status)}`);
};

export const attacks = (site: Site): readonly Attack[] => [
  {
    name: 'forbidden file',
    what: `reads ${basename(site.secret)} beside the site, through the alias that lacks a slash`,
    class: 'files',
    errno: 'EACCES',
    errnoText: '13: Permission denied',
    run: (target) => refused(target, '/static../private/passwords.txt'),
  },
  {
    name: 'forbidden egress',
    what: 'makes the proxy connect to another host (127.0.0.2:25)',
    class: 'egress',
    errno: 'EPERM',
    errnoText: '1: Operation not permitted',
    run: (target) => refused(target, '/fetch?to=127.0.0.2:25'),
  },
  {
    name: 'forbidden exec',
    what: 'swaps the program for a shell and has nginx upgrade itself (SIGUSR2)',
    class: 'exec',
    errno: 'EACCES',
    errnoText: '13: Permission denied',
    run: (target) => {
      rmSync(target.program);
      symlinkSync('/bin/bash', target.program);
      process.kill(Number(readFileSync(target.pidFile, 'utf8')), 'SIGUSR2');
      show(`ln -sf /bin/bash ${target.program}; kill -USR2 $(cat ${target.pidFile})`);
      return Promise.resolve();
    },
  },
];

/** Resolves with what `find` finds in the file, as soon as it is there. */
const waitFor = (
  file: string,
  find: (text: string) => string | undefined,
  what: string,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const folder = watch(dirname(file), { persistent: true });
    const end = (finish: () => void): void => {
      clearTimeout(deadline);
      folder.close();
      finish();
    };
    const look = (): void => {
      const found = find(readFileSync(file, 'utf8'));
      if (found !== undefined)
        end(() => {
          resolve(found);
        });
    };
    const deadline = setTimeout(() => {
      end(() => {
        reject(new Error(`no ${what} in ${file} within 10 s`));
      });
    }, 10_000);
    folder.on('change', look);
    look();
  });

const lineWith =
  (wanted: (line: string) => boolean) =>
  (text: string): string | undefined =>
    text.split('\n').find((line) => line !== '' && wanted(line));

interface Violation {
  readonly kind: string;
  readonly class?: string;
  readonly outcome?: string;
  readonly errno?: string;
}

/** Attacks, and shows what the attacker got, what nginx logged and what the record says. */
export const checkAttack = async (attack: Attack, site: Site, log: string): Promise<string> => {
  show(`\n-- ${attack.name}: ${attack.what}`);
  const known = readFileSync(site.errorLog, 'utf8').length;
  await attack.run(site);
  const said = await waitFor(
    site.errorLog,
    (text) => lineWith((line) => line.includes(attack.errnoText))(text.slice(known)),
    `"${attack.errnoText}"`,
  );
  show(`nginx:  ${said.slice(said.indexOf('['))}`);
  const record = await waitFor(
    log,
    lineWith((line) => {
      const { kind, class: ruleClass, outcome } = JSON.parse(line) as Violation;
      return kind === 'violation' && ruleClass === attack.class && outcome === 'Denied';
    }),
    `denial of class ${attack.class}`,
  );
  show(`record: ${record}`);
  const { errno } = JSON.parse(record) as Violation;
  if (errno !== attack.errno)
    throw new Error(`the record says ${String(errno)}, expected ${attack.errno}`);
  return `${attack.name}: denied with ${attack.errno}`;
};
