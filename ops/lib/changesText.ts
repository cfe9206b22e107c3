/** A preview for a person: what changes on each host, a line for each concern, and what the policies say. */
import { member } from "../../components/config/unknown";
import { type HostChange, nameOf, type PartChange, typeOf } from "./changes";
import { type ConcernWords, changedWords, firstWords } from "./concernWords";
import { containerWords, type ReplacementOrder, replacementOrder } from "./containerWords";
import type { Finding, Step } from "./pulumiEvents";

/** How wide a line is at most; the words of one concern go on below. */
const WIDTH = 116;

/** The text of what changes. `same` is how many resources stay as they are. */
export function changesText(hosts: readonly HostChange[], same: number): string {
  const parts = hosts.map((change) => ({ ...change, lines: partLines(change.parts).filter((line) => line.words.length > 0) }));
  const shown = parts.filter(({ lines }) => lines.length > 0);
  const rest = same === 1 ? "1 resource stays as it is." : `${String(same)} resources stay as they are.`;
  if (shown.length === 0) return `Nothing changes: ${rest}`;
  const width = Math.max(...shown.flatMap(({ lines }) => lines.map(({ label }) => label.length)));
  const seconds = [...new Set(shown.flatMap(({ lines }) => lines.flatMap(({ deadManSeconds }) => deadManSeconds ?? [])))];
  return [
    ...shown.map(({ host, parts: changes, lines }) =>
      [
        `${host === "" ? "the stack" : host}${changes.every(isFirst) ? ": first deploy" : ""}`,
        ...lines.map((line) => lineText(line, width)),
      ].join("\n"),
    ),
    ...seconds.map((limit) => `*  rolled back after ${String(limit)} s unless a new connection to the host confirms it`),
    ...(same === 0 ? [] : [rest]),
  ].join("\n\n");
}

interface PartLine extends ConcernWords {
  readonly label: string;
}

function lineText({ label, words, deadManSeconds }: PartLine, width: number): string {
  const indent = " ".repeat(width + 6);
  const lines = [""];
  for (const [index, word] of words.entries()) {
    const piece = `${word}${index < words.length - 1 ? ";" : ""}`;
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + piece.length + indent.length >= WIDTH) lines.push(piece);
    else lines[lines.length - 1] = line === "" ? piece : `${line} ${piece}`;
  }
  return `  ${deadManSeconds === undefined ? " " : "*"} ${label.padEnd(width)}  ${lines.join(`\n${indent}`)}`;
}

/** The words of what is not a concern with a plan, by its type. */
const SPECIAL: Readonly<Record<string, (change: PartChange) => readonly string[]>> = {
  "phiward:host:Programs": (change) => [
    isFirst(change) ? "brings phiward's programs to the host" : "brings the programs of this version to the host",
  ],
  "phiward:host:Removal": removalWords,
  "phiward:host:Verify": (change) => [isFirst(change) ? "every check is asked at the end" : "asked again at the end"],
  "pulumi:providers:docker": (change) => (isFirst(change) ? [] : ["Docker is reached by another address or host key"]),
};

const LABELS: Readonly<Record<string, string>> = { "phiward:host:Verify": "checks", "phiward:host:Removal": "removal" };

function partLines(parts: readonly PartChange[]): readonly PartLine[] {
  const order = replacementOrder(parts.flatMap(({ steps }) => steps));
  return parts.map((part) => partLine(part, order));
}

function partLine(change: PartChange, order: ReplacementOrder): PartLine {
  const { part, type, steps } = change;
  const label = LABELS[type] ?? part;
  const special = SPECIAL[type];
  if (special !== undefined) return { label, words: special(change), deadManSeconds: undefined };
  if (type.startsWith("phiward:docker:")) return { label, words: containerWords(part, steps, order), deadManSeconds: undefined };
  if (type.startsWith("phiward:host:")) return { label, ...concernLine(change) };
  return { label, words: resourceWords(steps), deadManSeconds: undefined };
}

function concernLine({ type, steps }: PartChange): ConcernWords {
  const component = steps.find((step) => step.type === type);
  const commands = steps.filter((step) => step.type !== type);
  const apply = commands.find(({ urn }) => nameOf(urn).endsWith("-apply"));
  const after = component?.new?.inputs;
  if (apply?.op === "create") return firstWords(after);
  if (apply?.op === "delete") return { words: ["no longer managed; the host is left as it is"], deadManSeconds: undefined };
  // Without its commands nothing runs on the host: what is in the state alone is no change there.
  if (apply === undefined && commands.length === 0) return { words: [], deadManSeconds: undefined };
  if (component === undefined || component.op === "same") return { words: ["applied again as it is declared"], deadManSeconds: undefined };
  return changedWords(component.old?.inputs, after);
}

function removalWords({ steps }: PartChange): readonly string[] {
  const component = steps.find(({ type }) => type === "phiward:host:Removal");
  const concerns = (inputs: unknown): readonly unknown[] => {
    const list = member(inputs, "concerns");
    return Array.isArray(list) ? list : [];
  };
  if (component === undefined || component.op === "create") return [];
  const before = concerns(component.old?.inputs);
  const down = concerns(component.new?.inputs).filter((name) => !before.includes(name));
  return down.length === 0 ? ["other concerns do not apply to this host"] : [`takes down ${down.join(", ")}`];
}

const VERBS: Readonly<Record<string, string>> = {
  create: "creates",
  update: "updates",
  delete: "DELETES",
  replace: "REPLACES",
  import: "imports",
  read: "reads",
};

/** What is a resource of a cloud, or of another's program: its type, its name and which arguments are others. */
function resourceWords(steps: readonly Step[]): readonly string[] {
  const custom = steps.filter(({ type }) => !type.startsWith("phiward:"));
  const urns = [...new Set(custom.map(({ urn }) => urn))];
  return urns.map((urn) => {
    const own = custom.filter((step) => step.urn === urn);
    const ops = own.map(({ op }) => (op.includes("replace") ? "replace" : op));
    const op = ops.includes("replace") ? "replace" : (ops[0] ?? "");
    const diffs = [...new Set(own.flatMap((step) => step.diffs ?? []))];
    const kind = typeOf(urn).split(":").at(-1) ?? "";
    return `${VERBS[op] ?? op} ${kind} ${nameOf(urn)}${op === "create" || diffs.length === 0 ? "" : ` (other ${diffs.join(", ")})`}`;
  });
}

function isFirst({ steps }: PartChange): boolean {
  return steps.every(({ op }) => op === "create");
}

/** What the policies say, each finding once with all places that it is about: what stops the deploy first. */
export function findingsText(findings: readonly Finding[]): string {
  const places = new Map<string, Set<string>>();
  for (const { enforcementLevel, policyName, resourceUrn, message } of findings)
    for (const line of findingLines(message)) {
      // A sentence begins with the path that it is about.
      const [, path = "", said = line] = /^(\S+): (.*)$/.exec(line) ?? [];
      const text = `${enforcementLevel === "mandatory" ? REFUSED : "advisory"}  ${policyName}: ${said}`;
      const where = places.get(text) ?? new Set();
      places.set(text, where.add([nameOf(resourceUrn ?? ""), path].filter((part) => part !== "").join(" ")));
    }
  const lines = [...places].map(([text, where]) => `${text}\n          ${[...where].join(", ")}`);
  return [...lines.filter((line) => line.startsWith(REFUSED)), ...lines.filter((line) => !line.startsWith(REFUSED))].join("\n");
}

const REFUSED = "refused ";

// The first line describes the policy.
function findingLines(message: string): readonly string[] {
  const [first = "", ...lines] = message.trim().split("\n");
  return lines.length === 0 ? [first] : lines;
}
