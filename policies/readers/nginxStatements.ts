/** How the known directives of a block are written down; known lines are those of closedLines.ts, without quotes. */
import type { KnownLine } from "./closedLines";
import type { Placed } from "./nginx";

/** What a block holds. */
export interface Statements {
  /** Each must be there. */
  readonly lines: readonly KnownLine[];
  /** Each may be there. */
  readonly more?: readonly KnownLine[];
  readonly blocks?: readonly KnownBlock[];
}

/** A block, by its first line. */
export interface KnownBlock {
  /** What it is called in a message. */
  readonly name: string;
  readonly head: KnownLine;
  /** What else must be true of it; the first block of which it is counts. */
  readonly holds?: (block: Placed) => boolean;
  readonly inside: Statements;
}

/** A map: what it is called, its variables, and its entries. */
export function map(name: string, head: KnownLine, lines: readonly KnownLine[], more: readonly KnownLine[] = []): KnownBlock {
  return { name, head: `map ${head}`, inside: { lines, more } };
}
