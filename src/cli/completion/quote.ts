/** A word for bash, zsh or fish, whatever it holds (fish reads `\'` inside quotes, so none is left inside). */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;
