/** Reads the container of evidence as it comes: a tar archive in one form alone, whoever made it and however large it is. */

const BLOCK = 512;
const NAME = /^(?:\d{3}-[a-z0-9-]{1,60}(?:\.\d{3,6}|\.json)?|manifest\.(?:json|sig))$/;
// Longer than any part; entries are a line of some hundred bytes, footprints apart.
const MOST_BYTES = 8 * 1024 * 1024;
// A tebibyte of memory in parts of 4 MiB, and all else.
const MOST_MEMBERS = 290_000;

/** Bytes that are none of evidence, or are not all of it. */
export class OtherEvidence extends Error {}

/** A member: one part of an item, its entry, or what closes all. */
export interface Member {
  readonly name: string;
  readonly content: Buffer;
}

/** The members, in order. Throws OtherEvidence where the archive is of another form, cut off, or followed by anything. */
export async function* members(source: AsyncIterable<Uint8Array>): AsyncGenerator<Member> {
  const reader = new Reader(source);
  for (let count = 0; ; count++) {
    const head = await reader.exactly(BLOCK);
    if (head === undefined) throw new OtherEvidence("it is cut off");
    if (head.every((byte) => byte === 0)) break;
    if (count === MOST_MEMBERS) throw new OtherEvidence(`it has more than ${String(MOST_MEMBERS)} parts`);
    const { name, size } = read(head);
    const padded = await reader.exactly(size + ((BLOCK - (size % BLOCK)) % BLOCK));
    if (padded === undefined) throw new OtherEvidence(`it is cut off in ${name}`);
    if (padded.subarray(size).some((byte) => byte !== 0)) throw new OtherEvidence(`something follows ${name} that is none of it`);
    yield { name, content: padded.subarray(0, size) };
  }
  await requireEnd(reader);
}

async function requireEnd(reader: Reader): Promise<void> {
  const second = await reader.exactly(BLOCK);
  if (second === undefined || second.some((byte) => byte !== 0)) throw new OtherEvidence("it is cut off at its end");
  if ((await reader.exactly(1)) !== undefined) throw new OtherEvidence("something follows its end");
}

function read(head: Buffer): { readonly name: string; readonly size: number } {
  const name = head.toString("latin1", 0, head.indexOf(0));
  const digits = head.toString("latin1", 124, 135);
  const size = Number.parseInt(digits, 8);
  if (!NAME.test(name)) throw new OtherEvidence("found another archive, or a part by another name");
  if (!/^[0-7]{11}$/.test(digits) || size > MOST_BYTES) throw new OtherEvidence(`${name} has a size that no part has`);
  if (!head.equals(header(name, size))) throw new OtherEvidence(`the header of ${name} is another than evidence has`);
  return { name, size };
}

/** As the host writes it (components/host/phiward_host/evidence/stream.py). */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const fields: readonly (readonly [number, string])[] = [
    [0, name],
    [100, "0000600\0"],
    [108, "0000000\0"],
    [116, "0000000\0"],
    [124, `${size.toString(8).padStart(11, "0")}\0`],
    [136, "00000000000\0"],
    [148, " ".repeat(8)],
    [156, "0"],
    [257, "ustar\x0000"],
  ];
  for (const [at, text] of fields) block.write(text, at, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  #parts: Uint8Array[] = [];
  #held = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** So many bytes; undefined where fewer are left. */
  async exactly(count: number): Promise<Buffer | undefined> {
    while (this.#held < count) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#parts.push(next.value);
      this.#held += next.value.length;
    }
    const [first] = this.#parts;
    const isOne = this.#parts.length === 1 && first !== undefined;
    const all = isOne ? Buffer.from(first.buffer, first.byteOffset, first.length) : Buffer.concat(this.#parts);
    this.#parts = [all.subarray(count)];
    this.#held = all.length - count;
    return all.subarray(0, count);
  }
}
