/** The lists in image/ that say what our image is made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../test/support/root.js';

const linesOf = (name: string): readonly string[] =>
  readFileSync(join(root, 'image', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** Paths of the checkout that the image holds. */
export const imageFiles = (): readonly string[] => linesOf('files');

/** Debian packages that the image needs at run time. */
export const imagePackages = (): readonly string[] => linesOf('debian-packages');

/** Version of Node in the image. */
export const imageNode = (): string => linesOf('node-version').join('');

/** Debian of the image: that of the host that builds, for what is compiled there must find its libraries. */
export const imageDebian = (): string => linesOf('debian-suite').join('');
