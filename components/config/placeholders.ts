/** Placeholders in files of configuration: what stands in double braces. A single brace is text, as in JSON. */

/** Parts of a database's address, by the names that placeholders and variables have for them. */
export const DATABASE_PARTS = ["host", "port", "name", "user", "password"] as const;
/** One of them. */
export type DatabasePart = (typeof DATABASE_PARTS)[number];

/** A piece of a text with placeholders. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "secret"; readonly name: string }
  | { readonly kind: "database"; readonly database: string; readonly part: DatabasePart }
  /** Another placeholder, or one without its end, in this line. */
  | { readonly kind: "unknown"; readonly line: number };

/** How placeholders are written, as a clause. Constant: it goes into messages. */
export const PLACEHOLDER_RULE = `text in which {{secret:NAME}} names a secret of the service and {{DATABASE.PART}} a database that it uses, with ${DATABASE_PARTS.join(", ")} as PART; {{{{ stands for two braces`;

const BRACES = /\{\{(?:\{\{|([^{}\n]*)\}\})?/g;

/** The pieces of a text, in their order. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(BRACES)) {
    found.push({ kind: "text", text: text.slice(from, match.index) });
    found.push(match[0] === "{{{{" ? { kind: "text", text: "{{" } : placeholder(match[1] ?? "", lineAt(text, match.index)));
    from = match.index + match[0].length;
  }
  found.push({ kind: "text", text: text.slice(from) });
  return found.filter((piece) => piece.kind !== "text" || piece.text !== "");
}

function placeholder(inner: string, line: number): Piece {
  const [, secret] = /^ *secret:([a-z0-9-]+) *$/.exec(inner) ?? [];
  if (secret !== undefined) return { kind: "secret", name: secret };
  const [, database = "", wanted] = /^ *([a-z0-9-]+)\.([a-z]+) *$/.exec(inner) ?? [];
  const part = DATABASE_PARTS.find((each) => each === wanted);
  return part === undefined ? { kind: "unknown", line } : { kind: "database", database, part };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
