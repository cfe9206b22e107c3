/** A host's entry in a stack's file, while another server takes its place. */
import { isScalar, isSeq, type YAMLMap } from "yaml";
import { NAMESPACE } from "../../../components/config/keys";
import { member } from "../../../components/config/unknown";
import { OperatorError } from "../errors";
import { added, type Edit, hasRange, markAndText, namedIn, pairOf, removed, replaced, sectionOf, withEdits } from "../fileEdits";
import { parsePlaces } from "../pulumiYaml";

/** The server that takes a host's place. */
export interface NewServer {
  readonly address: string;
  readonly hostKey: string;
}

/**
 * The text of the file in which the host is at another address, with another key; the key that it had is among the former ones, and
 * its public ports are closed. Throws OperatorError where the file has that in a form that is a person's to change.
 */
export function withNewServer(file: string, whole: string, host: string, server: NewServer): string {
  return changed(file, whole, host, (text, map, entry) => {
    const former = String(member(entry, "hostKey"));
    const known: unknown = member(entry, "formerHostKeys") ?? [];
    const closed = replaced(map, "closed", "true") ?? added(text, map, "closed", "true");
    return {
      edits: [
        replaced(map, "address", server.address),
        replaced(map, "hostKey", server.hostKey),
        closed === undefined ? undefined : formerKey(text, map, former, closed),
      ].flatMap((edit) => edit ?? [undefined]),
      set: { ...server, formerHostKeys: [former, ...(Array.isArray(known) ? known.map(String) : [])], closed: true },
    };
  });
}

/** The text in which its public ports are open again. */
export function withOpened(file: string, whole: string, host: string): string {
  return changed(file, whole, host, (text, map) => ({ edits: [removed(text, map, "closed")], set: { closed: undefined } }));
}

// Where neither key is there yet, both go into the same place, one below the other.
function formerKey(text: string, map: YAMLMap, former: string, closed: Edit): readonly (Edit | undefined)[] {
  const list = pairOf(map, "formerHostKeys")?.value;
  if (list === undefined) {
    const keys = added(text, map, "formerHostKeys", `[${former}]`);
    return keys?.at === closed.at ? [{ ...keys, text: keys.text + closed.text }] : [keys, closed];
  }
  if (!isSeq(list) || !hasRange(list)) return [undefined];
  const [first] = list.items;
  if (list.flow === true)
    return [{ at: list.range[0] + 1, end: list.range[0] + 1, text: first === undefined ? former : `${former}, ` }, closed];
  if (!isScalar(first) || !hasRange(first)) return [undefined];
  const [at] = first.range;
  const indent = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return [{ at, end: at, text: `${former}\n${indent}` }, closed];
}

interface Change {
  readonly edits: readonly (Edit | undefined)[];
  readonly set: Readonly<Record<string, unknown>>;
}

function changed(file: string, whole: string, host: string, change: (text: string, map: YAMLMap, entry: unknown) => Change): string {
  const [mark, before] = markAndText(whole);
  const { document } = parsePlaces(before);
  const map = namedIn(sectionOf(document, "hosts"), host);
  const wanted: unknown = document.toJS();
  const entry = entryOf(wanted, host);
  if (map === undefined || typeof entry !== "object" || entry === null) throw byHand(file, host);
  const { edits, set } = change(before, map, entry);
  const known = edits.filter((edit) => edit !== undefined);
  if (known.length < edits.length) throw byHand(file, host);
  for (const [key, value] of Object.entries(set))
    if (value === undefined) Reflect.deleteProperty(entry, key);
    else Reflect.set(entry, key, value);
  const after = withEdits(before, known, wanted);
  if (after === undefined) throw byHand(file, host);
  return mark + after.text;
}

function entryOf(values: unknown, host: string): unknown {
  const config = member(values, "config");
  const hosts = member(config, `${NAMESPACE}:hosts`) ?? member(config, "hosts");
  return Array.isArray(hosts) ? hosts.find((entry: unknown) => member(entry, "name") === host) : undefined;
}

function byHand(file: string, host: string): OperatorError {
  return new OperatorError(
    `${file}: found the host ${host} in another form than plain YAML, allowed: keys with their values on lines of their own; nothing was written`,
    3,
  );
}
