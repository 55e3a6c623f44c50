/** Completion for bash 4 and newer; needs nothing of the bash-completion package. */
import { shellQuote } from './quote.js';
import type { CommandWords, Offer, OptionWords } from './words.js';

/** Bash lines that put what an offer holds into COMPREPLY. */
const reply = (offer: Offer): string => {
  switch (offer.kind) {
    case 'Words':
      return `COMPREPLY=($(compgen -W ${shellQuote(offer.words.join(' '))} -- "$current"))`;
    case 'Files':
      return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))';
    case 'Directories':
      return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current"))';
    case 'Command':
      return 'COMPREPLY=($(compgen -c -- "$current"))';
    case 'Nothing':
      return 'COMPREPLY=()';
  }
};

const valueCase = ({ names, value }: OptionWords): readonly string[] =>
  value === undefined ? [] : [`      ${names.join('|')}) ${reply(value)}; return ;;`];

const positionCase = (offer: Offer, index: number, { arguments: all, repeats }: CommandWords) => {
  const label = repeats && index === all.length - 1 ? '*' : String(index);
  return `      ${label}) ${reply(offer)} ;;`;
};

const takers = ({ options }: CommandWords): string =>
  options
    .filter(({ value }) => value !== undefined)
    .flatMap(({ names }) => names)
    .join('|');

const commandFunction = (command: CommandWords): string => {
  const optionNames = command.options.flatMap(({ names }) => names).join(' ');
  const values = command.options.flatMap(valueCase);
  const passes = command.arguments[0]?.kind === 'Command';
  return [
    `_pinfold_${command.name}() {`,
    '  local current="$1" previous="$2" position=0 index word',
    ...(values.length === 0 ? [] : ['    case "$previous" in', ...values, '    esac']),
    '  for ((index = 2; index < COMP_CWORD; index++)); do',
    '    word="${COMP_WORDS[index]}"',
    '    case "$word" in',
    ...(passes ? ['      --) _pinfold_command $((index + 1)); return ;;'] : ['      --) ;;']),
    ...(values.length === 0 ? [] : [`      ${takers(command)}) ((index++)) ;;`]),
    '      -*) ;;',
    ...(passes
      ? ['      *) _pinfold_command "$index"; return ;;']
      : ['      *) ((position++)) ;;']),
    '    esac',
    '  done',
    '  if [[ $current == -* ]]; then',
    `    COMPREPLY=($(compgen -W ${shellQuote(optionNames)} -- "$current"))`,
    '    return',
    '  fi',
    '  case "$position" in',
    ...(command.arguments.length === 0 ? ['      *) ;;'] : []),
    ...command.arguments.map((offer, index) => positionCase(offer, index, command)),
    '  esac',
    '}',
  ].join('\n');
};

/** A program and its arguments: its name first, then files (its own completion is not ours to call). */
const passedOn = `_pinfold_command() {
  if ((COMP_CWORD == $1)); then
    COMPREPLY=($(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}`;

/** The script, to be sourced. */
export const bashScript = (commands: readonly CommandWords[]): string => {
  const names = commands.map(({ name }) => name);
  return [
    '# bash completion for pinfold',
    passedOn,
    ...commands.map(commandFunction),
    '_pinfold() {',
    '  local IFS=$\' \\t\\n\' current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}"',
    '  if ((COMP_CWORD == 1)); then',
    `    COMPREPLY=($(compgen -W ${shellQuote([...names, 'help', '--help', '--version'].join(' '))} -- "$current"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    ...names.map((name) => `    ${name}) _pinfold_${name} "$current" "$previous" ;;`),
    `    help) COMPREPLY=($(compgen -W ${shellQuote(names.join(' '))} -- "$current")) ;;`,
    '  esac',
    '}',
    'complete -F _pinfold pinfold kubectl-pinfold',
    '',
  ].join('\n');
};
