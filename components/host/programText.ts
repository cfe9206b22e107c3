/** What of the text of a host program is the program: a change of its comments alone changes no host. */

// Triple quotes come first: a string begins with two of them otherwise. What is in a string of either kind is no comment.
const TOKEN =
  /"""(?:\\[^]|(?!""")[^\\])*"""|'''(?:\\[^]|(?!''')[^\\])*'''|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|#[^\n]*|\n|[([{]|[)\]}]|[^"'#\n()[\]{}]+|["']/g;

/**
 * A module of Python without its comments, documentation strings and empty lines. It runs as before; the numbers of lines in a
 * traceback are those of the text that is on the host.
 */
export function programText(source: string): string {
  const lines: string[] = [];
  let line = "";
  let depth = 0;
  const end = (): void => {
    if (line.trim() !== "") lines.push(line.trimEnd());
    line = "";
  };
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (token === "\n") end();
    else if (/^["']/.test(token)) line += isStatement(line, depth, lines, source, index + token.length) ? '""' : token;
    else if (!token.startsWith("#")) line += token;
    if (/^[([{]$/.test(token)) depth += 1;
    if (/^[)\]}]$/.test(token)) depth -= 1;
  }
  end();
  return `${lines.join("\n")}\n`;
}

/** Whether a string that ends at `end` is a statement of its own, which documents and does nothing. */
function isStatement(before: string, depth: number, lines: readonly string[], source: string, end: number): boolean {
  const rest = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
  rest.lastIndex = end;
  return depth === 0 && before.trim() === "" && lines.at(-1)?.endsWith("\\") !== true && rest.test(source);
}
