/** nginx's language, as a rule reads it: directives, and blocks of directives (nginx.org/en/docs/beginners_guide.html#conf_structure). */

/** A directive with its arguments; a block has directives inside. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Directive[];
}

interface Token {
  readonly kind: "word" | "mark";
  readonly text: string;
}

/** Reads a file. Undefined if it is not in nginx's language. */
export function nginxDirectives(text: string): readonly Directive[] | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const open: Directive[][] = [[]];
  let words: string[] = [];
  for (const { kind, text: token } of tokens) {
    const [name, ...args] = words;
    if (kind === "word") words.push(token);
    else if (token === "}") {
      if (name !== undefined || open.length === 1) return undefined;
      open.pop();
    } else {
      if (name === undefined) return undefined;
      const block: Directive[] = [];
      open.at(-1)?.push(token === "{" ? { name, args, block } : { name, args });
      if (token === "{") open.push(block);
      words = [];
    }
  }
  return words.length === 0 && open.length === 1 ? open[0] : undefined;
}

// Quotes may hold any mark; a # begins a comment only where a word could begin, and {} of a ${variable} belong to the word.
const TOKEN =
  /\s+|#[^\n]*|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|([{};])|((?:\\[^]|\$\{|[^\s;{}"'\\]|(?<=\$\{[A-Za-z0-9_]*)\})(?:\\[^]|\$\{|[^\s;{}\\]|(?<=\$\{[A-Za-z0-9_]*)\})*)/gy;

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    const [, double, single, mark, plain] = match;
    if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
    const word = double ?? single ?? plain;
    if (word !== undefined) tokens.push({ kind: "word", text: word });
  }
  return tokens;
}
