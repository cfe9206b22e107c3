/** Follows the chain of evidence: each item by its hash, each entry by the one before it, and the last by the host's signature. */
import { createHash } from "node:crypto";
import { type Member, members, OtherEvidence } from "./members";
import { type Entry, entryOf, firstLink, isSignedBy, type Statement, sha256, statementOf } from "./statement";

/** A part of an item, or its entry once all of it has come and is as it was chained. */
export type Step = { readonly part: Member; readonly item: string } | { readonly entry: Entry };

/** What was found of a whole one. */
export interface Whole {
  readonly statement: Statement;
  /** The text that is signed, and the signature. */
  readonly text: string;
  readonly signature: string;
  readonly entries: readonly Entry[];
}

/**
 * Reads evidence, gives each step to `take`, and returns what it is. Throws OtherEvidence of the first thing that is not as it was taken:
 * one byte, an item that was removed, put elsewhere or added, an end that is missing.
 */
export async function followed(source: AsyncIterable<Uint8Array>, take: (step: Step) => void = () => undefined): Promise<Whole> {
  const chain = new Chain(take);
  for await (const member of members(source)) chain.add(member);
  return chain.whole();
}

/** Throws OtherEvidence where the host's key did not sign what closes it. */
export function requireSigned({ text, signature }: Pick<Whole, "text" | "signature">, hostKey: string): void {
  if (signature === "") throw new OtherEvidence("the host could not sign it: compare its head with the record's");
  if (!isSignedBy(hostKey, text, signature)) throw new OtherEvidence("its end is not signed by the host's key");
}

class Chain {
  readonly #take: (step: Step) => void;
  readonly #entries: Entry[] = [];
  #heads: string[] = [];
  #item: string | undefined;
  #parts = 0;
  #bytes = 0;
  #hash = createHash("sha256");
  #text: string | undefined;
  #signature: string | undefined;

  constructor(take: (step: Step) => void) {
    this.#take = take;
  }

  add(member: Member): void {
    const { name, content } = member;
    if (this.#signature !== undefined) throw new OtherEvidence(`${name} follows the signature`);
    if (name === "manifest.json") this.#text = content.toString("latin1");
    else if (name === "manifest.sig") this.#close(content.toString("latin1"));
    else if (name.endsWith(".json")) this.#entry(name.slice(0, -".json".length), content);
    else this.#part(member);
  }

  #part(part: Member): void {
    const [item = "", number] = part.name.split(".");
    if (this.#item !== undefined && this.#item !== item) throw new OtherEvidence(`${this.#item} has no entry`);
    // As the host counts: .000, .001 … .999, .1000 ….
    if (number !== undefined && number !== String(this.#parts).padStart(3, "0"))
      throw new OtherEvidence(`a part of ${item} is missing before ${part.name}`);
    if (number === undefined && this.#item === item) throw new OtherEvidence(`${item} comes twice`);
    this.#item = item;
    this.#parts += 1;
    this.#bytes += part.content.length;
    this.#hash.update(part.content);
    this.#take({ part, item });
  }

  #entry(item: string, content: Buffer): void {
    const entry = readOr(() => entryOf(content.toString("latin1")), `the entry of ${item} is of another form`);
    const isOfIt = this.#item === item && entry.item === item && entry.index === this.#entries.length && item.startsWith(numbered(entry));
    if (!isOfIt) throw new OtherEvidence(`${item} is not the item that comes here: one was removed, added or put elsewhere`);
    if (entry.bytes !== this.#bytes || entry.sha256 !== this.#hash.digest("hex")) throw new OtherEvidence(`${item} is not as it was taken`);
    const before = this.#heads.at(-1);
    if (before !== undefined && entry.previous !== before) throw new OtherEvidence(`${item} does not follow the item before it`);
    this.#entries.push(entry);
    this.#heads.push(sha256(content));
    this.#item = undefined;
    this.#parts = 0;
    this.#bytes = 0;
    this.#hash = createHash("sha256");
    this.#take({ entry });
  }

  #close(signature: string): void {
    if (this.#text === undefined || this.#item !== undefined) throw new OtherEvidence("its end comes too early");
    this.#signature = signature;
  }

  whole(): Whole {
    const text = this.#text;
    const signature = this.#signature;
    if (text === undefined || signature === undefined) throw new OtherEvidence("it is cut off: nothing closes it");
    const statement = readOr(() => statementOf(text), "what closes it is of another form");
    if (this.#entries[0]?.previous !== firstLink(statement.nonce)) throw new OtherEvidence("its first item answers another request");
    if (statement.head !== this.#heads.at(-1) || statement.items !== this.#entries.length)
      throw new OtherEvidence("an item is missing at its end, or was added");
    return { statement, text, signature, entries: this.#entries };
  }
}

function numbered({ index }: Entry): string {
  return `${String(index).padStart(3, "0")}-`;
}

function readOr<T>(how: () => T, words: string): T {
  try {
    return how();
  } catch {
    throw new OtherEvidence(words);
  }
}
