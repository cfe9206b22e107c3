/** What changes in a concern, in words: its files, packages and the commands that run, from its arguments before and after. */
import { member, membersOf } from "../../components/config/unknown";
import { counted } from "./counted";
import { noticeOf } from "./notices";

/** What is said of a concern. */
export interface ConcernWords {
  /** What changes, the most important first; a first deploy is summed up. */
  readonly words: readonly string[];
  /** Seconds until it is rolled back unless a new connection confirms it; undefined where it cannot lock anyone out. */
  readonly deadManSeconds: number | undefined;
}

/** The words for a concern that is deployed for the first time with these arguments. */
export function firstWords(inputs: unknown): ConcernWords {
  const paths = [...filesOf(inputs).keys()];
  const packages = textsOf(member(planOf(inputs), "packages"));
  const notice = noticeOf(inputs);
  const runs = [...commandsOf(inputs).values()].flatMap(({ run }) => servicesOf(run));
  return {
    words: [
      ...(paths.length === 0 ? [] : [counted(paths.length, "file")]),
      ...(packages.length === 0 ? [] : [`installs ${packages.join(", ")}`]),
      ...runText(runs),
      ...(notice === undefined ? [] : [notice]),
    ],
    deadManSeconds: deadManOf(inputs),
  };
}

/** The words for a concern whose arguments were others. */
export function changedWords(before: unknown, after: unknown): ConcernWords {
  const files = fileWords(before, after);
  const [packages, formerly] = [after, before].map((inputs) => textsOf(member(planOf(inputs), "packages")));
  const added = (packages ?? []).filter((name) => formerly?.includes(name) === false);
  const others = ["directories", "absent", "sets", "secrets"].flatMap((part) => differing(planOf(before), planOf(after), part));
  const shown = member(after, "plan") !== undefined && member(before, "plan") !== undefined;
  const words = [
    ...files.map(({ words }) => words),
    ...(shown && added.length > 0 ? [`installs ${added.join(", ")}`] : []),
    ...(shown ? [...others, ...differing(planOf(before), planOf(after), "commands"), ...checkWords(before, after)] : []),
    ...runWords(before, after, [...files.map(({ path }) => path), ...others]),
  ];
  const whole =
    words.length > 0 ? words : [...connectionWords(before, after), "applied again: its plan is another one in details that --diff shows"];
  const notice = noticeOf(after);
  return { words: notice === undefined || notice === noticeOf(before) ? whole : [...whole, notice], deadManSeconds: deadManOf(after) };
}

interface Command {
  readonly run: string;
  /** What it waits for; undefined where the host's state decides. */
  readonly on: readonly string[] | undefined;
}

function fileWords(before: unknown, after: unknown): readonly { readonly path: string; readonly words: string }[] {
  const [old, now] = [filesOf(before), filesOf(after)];
  const written = [...now].flatMap(([path, file]) => {
    const was = old.get(path);
    if (was === undefined) return [{ path, words: `writes ${path}` }];
    return JSON.stringify(was) === JSON.stringify(file) ? [] : [{ path, words: `changes ${path}${lineWords(was, file)}` }];
  });
  return [...written, ...[...old.keys()].filter((path) => !now.has(path)).map((path) => ({ path, words: `no longer declares ${path}` }))];
}

/** How many lines come and go; nothing where the text is not shown. */
function lineWords(before: unknown, after: unknown): string {
  const [old, now] = [member(before, "text"), member(after, "text")];
  if (typeof old !== "string" || typeof now !== "string" || old === now) return "";
  const [left, came] = [surplus(old, now), surplus(now, old)];
  return ` (+${String(came)} -${String(left)} lines)`;
}

/** How many lines of `text` are not in `other`. */
function surplus(text: string, other: string): number {
  const lines = new Map<string, number>();
  for (const line of other.split("\n")) lines.set(line, (lines.get(line) ?? 0) + 1);
  return text.split("\n").filter((line) => {
    const left = lines.get(line) ?? 0;
    lines.set(line, left - 1);
    return left <= 0;
  }).length;
}

/** What commands come to: those that wait for what changes, and those that are new or other ones. */
function runWords(before: unknown, after: unknown, changed: readonly string[]): readonly string[] {
  const old = commandsOf(before);
  const ran = new Set(changed);
  const services: Service[] = [];
  const others: string[] = [];
  for (const [id, { run, on }] of commandsOf(after)) {
    const isOther = member(before, "plan") !== undefined && old.get(id)?.run !== run;
    const isDue = on === undefined ? isOther : changed.length > 0 && on.some((cause) => cause === "*" || ran.has(cause));
    if (!isDue) continue;
    ran.add(id);
    services.push(...servicesOf(run));
    // What systemd is told besides says nothing to a person.
    if (!run.startsWith("systemctl ")) others.push(id);
  }
  return [...runText(services), ...(others.length === 0 ? [] : [`runs ${listed(others)}`])];
}

/** What happens to a service. */
interface Service {
  readonly verb: string;
  readonly unit: string;
}

// As systemctl(1) calls it, by how much of it users notice.
const VERBS: Readonly<Record<string, string>> = {
  stop: "stops",
  restart: "restarts",
  "try-restart": "restarts",
  reload: "reloads",
  "reload-or-restart": "reloads",
  "try-reload-or-restart": "reloads",
  start: "starts",
};

function servicesOf(run: string): readonly Service[] {
  const [program, ...words] = run.split(" ");
  const [verb = "", ...units] = words.filter((word) => !word.startsWith("-"));
  const said = program?.replace(/^-/, "") === "systemctl" ? VERBS[verb] : undefined;
  return said === undefined ? [] : units.map((unit) => ({ verb: said, unit: unit.replace(/\.service$/, "") }));
}

function runText(services: readonly Service[]): readonly string[] {
  return [...new Set(Object.values(VERBS))].flatMap((verb) => {
    const units = [...new Set(services.flatMap((service) => (service.verb === verb ? [service.unit] : [])))];
    return units.length === 0 ? [] : [`${verb} ${units.join(", ")}`];
  });
}

/** Which members of a part of the plan are others. */
function differing(before: unknown, after: unknown, part: string): readonly string[] {
  const [old, now] = [byName(member(before, part)), byName(member(after, part))];
  const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name));
  return names.length === 0 ? [] : [`${part}: ${listed(names)}`];
}

function checkWords(before: unknown, after: unknown): readonly string[] {
  return differing(planOf(before), planOf(after), "checks");
}

function connectionWords(before: unknown, after: unknown): readonly string[] {
  const [old, now] = [before, after].map((inputs) => JSON.stringify(member(inputs, "connection")));
  return old === now ? [] : ["the host is reached by another address, user or key"];
}

function byName(part: unknown): ReadonlyMap<string, string> {
  if (Array.isArray(part)) return new Map(part.map((entry) => [String(entry), ""]));
  return new Map(Object.entries(membersOf(part)).map(([name, entry]) => [name, JSON.stringify(entry)]));
}

function filesOf(inputs: unknown): ReadonlyMap<string, unknown> {
  const files = member(inputs, "files");
  return new Map((Array.isArray(files) ? files : []).map((file: unknown) => [String(member(file, "path")), file]));
}

function commandsOf(inputs: unknown): ReadonlyMap<string, Command> {
  const commands = membersOf(member(planOf(inputs), "commands"));
  return new Map(
    Object.entries(commands).map(([id, command]) => {
      const on = member(command, "on");
      return [
        id,
        { run: typeof command === "string" ? command : String(member(command, "run")), on: Array.isArray(on) ? textsOf(on) : undefined },
      ];
    }),
  );
}

function planOf(inputs: unknown): unknown {
  return member(inputs, "plan");
}

function deadManOf(inputs: unknown): number | undefined {
  const seconds = member(inputs, "deadManSeconds");
  return typeof seconds === "number" ? seconds : undefined;
}

function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

/** The first few of a list, and how many more there are. */
export function listed(names: readonly string[], most = 4): string {
  const more = names.length - most;
  return more > 1 ? `${names.slice(0, most).join(", ")} and ${String(more)} more` : names.join(", ");
}
