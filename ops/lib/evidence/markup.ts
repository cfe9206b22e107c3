/** HTML that is well-formed XML too, in which every text is escaped. */
import { oneLine } from "../terminal";

/** A part of a page. Only `html` makes one, so that a text is never taken for one. */
export class Markup {
  constructor(readonly text: string) {}
}

/** A part of a page; what is put in is escaped, unless it is a part itself, or several. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Markup | readonly Markup[])[]): Markup {
  return new Markup(parts.map((part, index) => `${part}${index < values.length ? shown(values[index] ?? "") : ""}`).join(""));
}

function shown(value: string | number | Markup | readonly Markup[]): string {
  if (value instanceof Markup) return value.text;
  if (typeof value !== "string" && typeof value !== "number") return value.map(({ text }) => text).join("");
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A text as it stands between tags, or in an attribute between quotation marks; what no page can show stands there as an escape. */
export function escaped(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
