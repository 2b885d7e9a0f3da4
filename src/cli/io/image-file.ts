// Image files: what they are called, and their pictures.
import { extname } from 'node:path';
import { readBytes } from '../../node/atomic-file.ts';
import { type BytePicture, readImage } from '../../vision/index.ts';
import type { FileKind } from './labelled-folder.ts';

/** What names of files with images end in; those that cannot be read are named when they are. */
const extensions = ['.png', '.jpg', '.jpeg', '.pgm', '.ppm', '.pnm', '.tif', '.tiff', '.bmp', '.gif', '.webp'];

/** Images of lines with what is written in them, as kraken (line.nrm.png) and tesstrain (line.tif) have them beside line.gt.txt. */
export const lineImages: FileKind = {
  files: 'images',
  file: 'an image',
  is: (name) => extensions.includes(extname(name).toLowerCase()),
  texts: (stem) => [`${stem.replace(/\.(bin|nrm)$/, '')}.gt.txt`, `${stem}.txt`],
};

/** @throws BpttError that names the file, and where what is wrong with it. */
export async function readPicture(path: string): Promise<BytePicture> {
  return readImage(await readBytes(path), path);
}
