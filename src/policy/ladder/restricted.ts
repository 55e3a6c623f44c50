/** Whether a class of a profile limits anything. */
export const isRestricted = (list: {
  readonly allow?: readonly unknown[];
  readonly deny: readonly unknown[];
}): boolean => list.deny.length > 0 || 'allow' in list;
