/** Builds our image if a file in it has changed; prints where the archive is. */
import { statSync } from 'node:fs';
import { buildImage } from './image/build.js';

const { archive } = await buildImage();
console.error(`pinfold: the image has ${(statSync(archive).size / 1e6).toFixed(0)} MB`);
console.log(archive);
