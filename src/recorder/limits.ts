/** From how many children, used alike, a directory is generalised as a whole. */
export const MANY_FILES = 64;
