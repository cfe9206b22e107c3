/**
 * A tar archive in one form alone: files by name, each a header of ustar (POSIX.1-1988) with a fixed owner, mode and time. The same files
 * give the same bytes, and bytes that they do not give are refused; `tar --format=ustar` writes and reads it too.
 */

const BLOCK = 512;
// Archives end at a full record of this many bytes, as tar(1) writes them.
const RECORD = 20 * BLOCK;
const SIZE = { at: 124, digits: 11 };
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The most that is read or written: an archive is in memory as a whole. */
export const MOST_BYTES = 512 * 1024 * 1024;
/** The most files of an archive. */
export const MOST_FILES = 64;

/** What is in an archive, by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Why bytes are no archive that `tarOf` gives. */
export class OtherArchive extends Error {}

/** The archive of these files, in order of their names. Throws Error where a name or size is one that `filesOf` would refuse. */
export function tarOf(files: Files): Buffer {
  const named = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (named.length > MOST_FILES || named.some(([name]) => !NAME.test(name)))
    throw new Error("an archive of files that none can be read of");
  const parts = named.flatMap(([name, content]) => [header(name, content.length), content, Buffer.alloc(padding(content.length, BLOCK))]);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK + padding(length + 2 * BLOCK, RECORD))]);
}

/**
 * The files of an archive, without a copy. Throws OtherArchive where one byte is another than `tarOf` writes: links, devices, directories,
 * paths, two files of a name, and whatever follows the end are all refused by that.
 */
export function filesOf(archive: Buffer): Files {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  let last = "";
  while (archive[at] !== 0) {
    const { name, size } = entryAt(archive, at);
    if (name <= last) throw new OtherArchive(`${name} comes twice or out of order`);
    if (files.size === MOST_FILES) throw new OtherArchive(`it has more than ${String(MOST_FILES)} files`);
    const end = at + BLOCK + size;
    const next = end + padding(size, BLOCK);
    if (next > archive.length) throw new OtherArchive(`it is cut off in ${name}`);
    requireZeros(archive.subarray(end, next), name);
    files.set(name, archive.subarray(at + BLOCK, end));
    [at, last] = [next, name];
  }
  const end = at + 2 * BLOCK;
  if (archive.length !== end + padding(end, RECORD)) throw new OtherArchive("it is cut off at its end, or something follows that");
  requireZeros(archive.subarray(at), "its last file");
  return files;
}

function entryAt(archive: Buffer, at: number): { readonly name: string; readonly size: number } {
  const block = archive.subarray(at, at + BLOCK);
  if (block.length < BLOCK) throw new OtherArchive("it is cut off, or something other than an archive of tar");
  const name = block.toString("latin1", 0, block.indexOf(0));
  const digits = block.toString("latin1", SIZE.at, SIZE.at + SIZE.digits);
  if (!NAME.test(name)) throw new OtherArchive("it has a file by a name that none of an export has, such as one with a directory");
  if (!/^[0-7]+$/.test(digits)) throw new OtherArchive(`the size of ${name} is not a number`);
  const size = Number.parseInt(digits, 8);
  // All other fields are the same for each file: kind, owner, mode, time, link; and the checksum is of these.
  if (!block.equals(header(name, size)))
    throw new OtherArchive(`the header of ${name} is another than an export writes: of a link, device or directory, or changed`);
  return { name, size };
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const fields: readonly (readonly [number, string])[] = [
    [0, name],
    [100, "0000600\0"],
    [108, "0000000\0"],
    [116, "0000000\0"],
    [SIZE.at, `${octal(size, SIZE.digits)}\0`],
    [136, "00000000000\0"],
    // The checksum is of the block with spaces in its place.
    [148, " ".repeat(8)],
    [156, "0"],
    [257, "ustar\x0000"],
    [329, "0000000\0"],
    [337, "0000000\0"],
  ];
  for (const [at, text] of fields) block.write(text, at, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function padding(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}

function requireZeros(bytes: Buffer, after: string): void {
  if (bytes.some((byte) => byte !== 0)) throw new OtherArchive(`something follows ${after} that is none of it`);
}
