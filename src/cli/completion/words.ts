/** What the completion scripts of all shells are made from. */
import { KINDS, resourceOf } from '../../api/objects.js';
import type { ArgumentSpec, CommandSpec, Completes, OptionSpec } from '../tree/spec.js';

/** What may stand in a place: words, files, directories, a command with its arguments, or anything. */
export type Offer =
  | { readonly kind: 'Words'; readonly words: readonly string[] }
  | { readonly kind: 'Files' | 'Directories' | 'Command' | 'Nothing' };

export interface OptionWords {
  /** `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent: takes no value. */
  readonly value?: Offer;
}

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionWords[];
  /** By position; the last one again where `repeats`. */
  readonly arguments: readonly Offer[];
  readonly repeats: boolean;
}

const kindWords = (): readonly string[] => [
  ...KINDS.flatMap((kind) => {
    const { plural, singular, shortNames } = resourceOf(kind);
    return [plural, singular, ...shortNames];
  }),
  'all',
];

const offerOf = (completes: Completes): Offer => {
  switch (completes) {
    case 'files':
      return { kind: 'Files' };
    case 'directories':
      return { kind: 'Directories' };
    case 'kinds':
      return { kind: 'Words', words: kindWords() };
    case 'nothing':
      return { kind: 'Nothing' };
    default:
      return { kind: 'Words', words: completes };
  }
};

const optionWords = ({ flags, description, choices, completes }: OptionSpec): OptionWords => {
  const names = flags.match(/--?[a-zA-Z][\w-]*/g) ?? [];
  const takesValue = flags.includes('<');
  return {
    names: names.filter((name) => name.startsWith('-')),
    description,
    ...(takesValue && { value: offerOf(choices ?? completes ?? 'nothing') }),
  };
};

const HELP: OptionWords = { names: ['-h', '--help'], description: 'print help' };

/** One command; what it passes on to another program is completed as that program would be. */
export const commandWords = (spec: CommandSpec): CommandWords => {
  const last: ArgumentSpec | undefined = spec.arguments.at(-1);
  return {
    name: spec.name,
    summary: spec.summary,
    options: [...spec.options.map(optionWords), HELP],
    arguments: spec.arguments.map((argument) =>
      spec.passesThrough === true ? { kind: 'Command' } : offerOf(argument.completes),
    ),
    repeats: last?.variadic === true,
  };
};
