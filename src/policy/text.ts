/** Text that comes from rules and from the kernel, made safe to show. */

/** A name as it is, or quoted where a terminal would not show it as it is. */
export const shown = (text: string): string =>
  /[\p{C}\p{Surrogate}]/u.test(text) ? JSON.stringify(text) : text;
