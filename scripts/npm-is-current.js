/**
 * Exit status 0 when node_modules holds exactly what package-lock.json asks for, read from the record that
 * npm itself leaves there as the last act of an installation; 1 when `npm ci` has to run.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** The packages of a lock file by folder, or undefined where there is none or npm did not finish. */
const packagesIn = (file) => {
  let text;
  try {
    text = readFileSync(new URL(file, import.meta.url), 'utf8');
  } catch (problem) {
    if (problem.code === 'ENOENT') return undefined;
    throw problem;
  }
  return Object.entries(JSON.parse(text).packages).filter(([folder]) => folder !== '');
};

const wanted = packagesIn('../package-lock.json');
const present = new Map(packagesIn('../node_modules/.package-lock.json'));
const names = new Set(wanted.map(([folder]) => folder));

const current =
  wanted.every(([folder, { version, integrity, optional }]) => {
    const found = present.get(folder);
    // Optional packages are those of other platforms.
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  }) && [...present.keys()].every((folder) => names.has(folder));

process.exitCode = current ? 0 : 1;
