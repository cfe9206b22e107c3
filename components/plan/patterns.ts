/** How a text goes into a pattern as itself. */

/** A pattern that matches `text` and nothing else; read alike by Python's re, JavaScript's RegExp, POSIX extended expressions and PCRE. */
export function literal(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}

/** A pattern that matches one of `texts` and nothing else. */
export function anyOf(texts: readonly string[]): string {
  return `(?:${texts.map(literal).join("|")})`;
}
