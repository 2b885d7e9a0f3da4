// What a file is that is not what was expected, and what to do then: by the bytes that it begins with.

type Format = 'lfs' | 'torch' | 'office' | 'zip' | 'hdf5' | 'numpy' | 'gzip' | 'pdf' | 'safetensors' | 'page';

const ZIP = 'PK\x03\x04';

/** Each with what its first bytes are, as Latin-1, and what to say; the first that fits. */
const formats: readonly (readonly [Format, (begin: string) => boolean, string])[] = [
  [
    'lfs',
    (begin) => begin.startsWith('version https://git-lfs.github.com/spec/'),
    'a pointer of Git LFS in place of the file: `git lfs pull` fetches the file itself',
  ],
  [
    'torch',
    (begin) => begin.startsWith(ZIP) && begin.includes('/data.pkl'),
    'a file of torch.save (.pth, .pt): loadStateDict puts its weights into a model',
  ],
  [
    'torch',
    // A pickle of a number that it is known by.
    (begin) => begin.startsWith('\x80\x02\x8a\nl\xfc\x9cF\xf9'),
    'a file of torch.save before PyTorch 1.6: load it there and save it again',
  ],
  [
    'office',
    (begin) => begin.startsWith(ZIP) && /\[Content_Types\]\.xml|_rels\/|xl\//.test(begin),
    'an Office document: save the sheet as CSV, or the text as UTF-8',
  ],
  [
    'zip',
    (begin) => begin.startsWith(ZIP),
    'a zip archive: importKeras, or `bptt import`, reads those of Keras (.keras)',
  ],
  ['hdf5', (begin) => begin.startsWith('\x89HDF'), 'HDF5: importKeras, or `bptt import`, reads that of Keras (.h5)'],
  ['numpy', (begin) => begin.startsWith('\x93NUMPY'), 'an array of NumPy (.npy)'],
  ['gzip', (begin) => begin.startsWith('\x1f\x8b'), 'a gzip archive: unpack it first'],
  ['pdf', (begin) => begin.startsWith('%PDF-'), 'a PDF document: save its text as UTF-8'],
  [
    'safetensors',
    (begin) => begin.startsWith('\0{"', 7),
    'safetensors: loadStateDict puts the weights of PyTorch into a model',
  ],
  ['page', (begin) => /^\s*<(!doctype|html)/i.test(begin), 'a web page, as servers send in place of a file'],
];

/** What a file of another format is; undefined where that is not known, or one of `expected`. */
export function otherFormat(bytes: Uint8Array, ...expected: readonly Format[]): string | undefined {
  const begin = String.fromCharCode(...bytes.subarray(0, 200));
  const [format, , words] = formats.find(([, fits]) => fits(begin)) ?? [];
  return format === undefined || expected.includes(format) ? undefined : words;
}
