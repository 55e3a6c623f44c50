/** Completion for zsh: a function for `compdef`, in the language of `_arguments`. */
import { shellQuote } from './quote.js';
import type { CommandWords, Offer, OptionWords } from './words.js';

/** `_arguments` gives these characters a meaning inside descriptions. */
const plain = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

const action = (offer: Offer): string => {
  switch (offer.kind) {
    case 'Words':
      return `(${offer.words.join(' ')})`;
    case 'Files':
      return '_files';
    case 'Directories':
      return '_files -/';
    case 'Command':
      return '_normal';
    case 'Nothing':
      return ' ';
  }
};

const optionLine = ({ names, description, value }: OptionWords): readonly string[] => {
  const rest = value === undefined ? '' : `:value:${action(value)}`;
  // `*` lets an option be repeated; that it may not be is for the program to say.
  return names.map((name) => shellQuote(`*${name}[${plain(description)}]${rest}`));
};

const argumentLine = (offer: Offer, index: number, { arguments: all, repeats }: CommandWords) => {
  // `*::` hands the rest over as a command line of its own.
  if (offer.kind === 'Command') return shellQuote(`*::command:${action(offer)}`);
  const isLast = index === all.length - 1;
  return shellQuote(`${repeats && isLast ? '*' : String(index + 1)}:argument:${action(offer)}`);
};

const commandCase = (command: CommandWords): string => {
  const lines = [
    ...command.options.flatMap(optionLine),
    ...command.arguments.map((offer, index) => argumentLine(offer, index, command)),
  ];
  return `    ${command.name}) _arguments -S ${lines.join(' \\\n      ')} ;;`;
};

/** The script, to be put into a file named _pinfold in $fpath, or sourced after compinit. */
export const zshScript = (commands: readonly CommandWords[]): string =>
  [
    '#compdef pinfold kubectl-pinfold',
    '_pinfold() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({ name, summary }) => `    ${shellQuote(`${name}:${plain(summary)}`)}`),
    '  )',
    '  if ((CURRENT == 2)); then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  local command="${words[2]}"',
    '  shift words',
    '  ((CURRENT--))',
    '  case "$command" in',
    ...commands.map(commandCase),
    "    help) _describe 'command' commands ;;",
    '  esac',
    '}',
    // Autoloaded from $fpath the file is the function itself; sourced, it registers it.
    'if [ "$funcstack[1]" = "_pinfold" ]; then _pinfold "$@"; else compdef _pinfold pinfold kubectl-pinfold; fi',
    '',
  ].join('\n');
