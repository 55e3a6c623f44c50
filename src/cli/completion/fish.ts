/** Completion for fish. */
import { shellQuote } from './quote.js';
import type { CommandWords, Offer, OptionWords } from './words.js';

const dashes = (name: string): string =>
  name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;

/** `-x`: a value and no files; `-r`: a value, files offered. */
const offerWords = (offer: Offer): string => {
  switch (offer.kind) {
    case 'Words':
      return `-x -a ${shellQuote(offer.words.join(' '))}`;
    case 'Files':
      return '-r -F';
    case 'Directories':
      return "-x -a '(__fish_complete_directories)'";
    case 'Command':
      return "-x -a '(__fish_complete_subcommand)'";
    case 'Nothing':
      return '-x';
  }
};

const optionLine = (condition: string, { names, description, value }: OptionWords): string => {
  const flags = names.map(dashes).join(' ');
  const rest = value === undefined ? '' : ` ${offerWords(value)}`;
  return `complete -c pinfold -n ${condition} ${flags}${rest} -d ${shellQuote(description)}`;
};

const argumentLine = (condition: string, offer: Offer): string => {
  const files = offer.kind === 'Files' ? '-F' : offerWords(offer).replace('-x', '-f');
  return `complete -c pinfold -n ${condition} ${files}`;
};

const commandLines = (command: CommandWords): readonly string[] => {
  const condition = shellQuote(`__fish_seen_subcommand_from ${command.name}`);
  return [
    `complete -c pinfold -n __fish_use_subcommand -a ${command.name} -d ${shellQuote(command.summary)}`,
    ...command.options.map((option) => optionLine(condition, option)),
    ...command.arguments.map((offer) => argumentLine(condition, offer)),
  ];
};

/** The script, to be put into ~/.config/fish/completions/pinfold.fish. */
export const fishScript = (commands: readonly CommandWords[]): string =>
  [
    '# fish completion for pinfold',
    'complete -c pinfold -f',
    "complete -c pinfold -n __fish_use_subcommand -l version -d 'print the version'",
    ...commands.flatMap(commandLines),
    'complete -c kubectl-pinfold -w pinfold',
    '',
  ].join('\n');
