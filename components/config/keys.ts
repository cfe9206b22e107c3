/** The keys of a stack's configuration as Pulumi hands them to the program, and how they become one object. */

/** Namespace of the keys in Pulumi.<stack>.yaml: the project's name. */
export const NAMESPACE = "phiward";

/** Joins the keys of our namespace into one object; lists and maps arrive as JSON, texts as they are. */
export function fromKeys(keys: Readonly<Record<string, string>>): Record<string, unknown> {
  const ours = Object.entries(keys).filter(([key]) => key.startsWith(`${NAMESPACE}:`));
  return Object.fromEntries(ours.map(([key, value]) => [key.slice(NAMESPACE.length + 1), valueOf(value)]));
}

// A text may begin like a list, too: a banner in brackets is still a text.
function valueOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
