/** Tables of the generated documents. */

/** A text as a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** A table, without a line end after it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A rule's id, as a link from a page of docs/ to the rule's own. */
export function ruleLink(id: string): string {
  return `[\`${id}\`](rules/${id}.md)`;
}
