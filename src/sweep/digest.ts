// Digests: what tells whether two workers computed the same, and whether data are those of before.
import { fail, isPlain, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/** SHA-256 as 64 hexadecimal digits. @throws BpttError where a page has no crypto.subtle, as over plain http. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const { crypto } = globalThis;
  if (crypto?.subtle === undefined) {
    throw new BpttError(
      'unsupported-engine',
      'sweep: expected crypto.subtle, got none: pages have it over https and on localhost',
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The digest of data in memory: tokens, or sequences of numbers. Arrays of the same numbers have the same digest only where they are of the
 * same kind.
 *
 * @throws BpttError for what has no content to look at, such as batches that are made on the way.
 */
export async function dataDigest(where: string, data: unknown): Promise<string> {
  const parts: Uint8Array[] = [];
  const text = (value: string) => parts.push(new TextEncoder().encode(`${value};`));
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      text(`${Object.prototype.toString.call(value)}${value.byteLength}`);
      parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (Array.isArray(value) && value.every((each) => typeof each === 'number')) {
      visit(Float64Array.from(value));
    } else if (Array.isArray(value)) {
      text(`[${value.length}`);
      value.forEach(visit);
    } else if (isPlain(value) && !Object.values(value).some((each) => typeof each === 'function')) {
      const names = Object.keys(value)
        .filter((name) => value[name] !== undefined)
        .sort();
      text(`{${names.length}`);
      for (const name of names) {
        text(JSON.stringify(name));
        visit(value[name]);
      }
    } else if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
      text(typeof value === 'number' ? String(value) : JSON.stringify(value));
    } else {
      fail(where, 'a checksum of data that are made on the way, as in { checksum: "version 3" }', show(value));
    }
  };
  visit(data);
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return sha256(all);
}

/** What tells the data of a sweep from others: a digest of each part, or the checksum that stands for them. */
export async function dataDigests(
  where: string,
  { data, validation, checksum }: { readonly data: unknown; readonly validation: unknown; readonly checksum?: string },
): Promise<Readonly<Record<string, string>>> {
  if (checksum !== undefined) return { checksum };
  return {
    training: await dataDigest(`${where}.data`, data),
    validation: await dataDigest(`${where}.validation`, validation),
  };
}
