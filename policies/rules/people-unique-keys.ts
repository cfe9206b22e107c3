import { posix } from "node:path";
import { literal } from "../../components/plan/patterns";
import type { Finding, Rule } from "../engine/rule";
import { filesWhere } from "../readers/files";
import { FORCED_LINE_ALLOWED, forcedKey } from "../readers/machines";
import type { Value } from "../readers/value";

/** Every login belongs to one person: a key has one owner, and each person a key. */
export const peopleUniqueKeys: Rule = {
  id: "people-unique-keys",
  description:
    "Every person has keys of their own, machine accounts can run one command only, and at least one administrator's access does not expire.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-22"],
  remedy: "give each person in people a key pair of their own, and one of them sudo without an expiry",
  appliesTo: ["phiward:host:People"],
  judge(unit, report) {
    const members = unit.at("settings").at("people");
    const people = members.items()?.map(personOf);
    const machines = unit.at("settings").at("machines").items()?.map(machineOf);
    if (people === undefined) return;
    judgePeople(people, members.path, report);
    for (const machine of machines ?? []) judgeMachine(machine, people, report);
    // A key that could not be read may be any of those in the files.
    if (people.every(({ complete }) => complete) && machines?.every(({ name, line }) => name !== undefined && line !== undefined) === true)
      judgeFiles(unit, people, machines, report);
  },
};

interface Person {
  readonly path: string;
  readonly name: string | undefined;
  readonly keys: readonly { readonly path: string; readonly blob: string | undefined }[];
  /** Undefined if it is not recognised. */
  readonly sudo: boolean | undefined;
  readonly expires: boolean | undefined;
  /** The last day, as YYYY-MM-DD. */
  readonly until: string | undefined;
  readonly complete: boolean;
}

function personOf(member: Value): Person {
  const name = member.at("name").text();
  const sudo = member.at("sudo").flag();
  const until = member.has("expires") ? member.at("expires").text() : undefined;
  const expires = member.has("expires") ? (until === undefined ? undefined : true) : false;
  const texts = member
    .at("keys")
    .items()
    ?.map((key) => ({ path: key.path, text: key.text() }));
  const keys = (texts ?? []).flatMap(({ path, text }) => (text === undefined ? [] : [{ path, blob: blobOf(text) }]));
  return {
    path: member.path,
    name,
    keys,
    sudo,
    expires,
    until,
    complete: name !== undefined && sudo !== undefined && expires !== undefined && texts?.length === keys.length,
  };
}

/** A machine that may log in, and its line of authorized_keys(5). */
interface Machine {
  readonly path: string;
  readonly name: string | undefined;
  readonly line: string | undefined;
}

function machineOf(member: Value): Machine {
  return { path: member.path, name: member.at("name").text(), line: member.at("authorizedKey").text() };
}

function judgeMachine({ path, line }: Machine, people: readonly Person[], report: (finding: Finding) => void): void {
  if (line === undefined) return;
  const key = forcedKey(line);
  if (key === undefined)
    report({ at: `${path}.authorizedKey`, found: "a key that can do more than one thing", allowed: FORCED_LINE_ALLOWED });
  else if (people.some(({ keys }) => keys.some(({ blob }) => blob === blobOf(key))))
    report({ at: `${path}.authorizedKey`, found: "the key of a person", allowed: "a key that only this machine uses" });
}

function judgePeople(people: readonly Person[], at: string, report: (finding: Finding) => void): void {
  const owners = new Map<string, { readonly person: Person; readonly path: string }>();
  for (const person of people) {
    if (person.complete && person.keys.length === 0)
      report({ at: `${person.path}.keys`, found: "an empty list", allowed: "at least one public key" });
    for (const { path, blob } of person.keys) {
      const owner = blob === undefined ? undefined : owners.get(blob);
      if (blob === undefined)
        report({ at: path, found: "not a public key", allowed: "type and base64 of an OpenSSH public key, without options" });
      else if (owner === undefined) owners.set(blob, { person, path });
      else if (owner.person !== person)
        report({ at: path, found: `the key of ${owner.path}`, allowed: "a key that only this person uses" });
    }
  }
  if (!people.some(({ sudo, expires }) => sudo !== false && expires !== true))
    report({ at, found: "no person with sudo and without an expiry", allowed: "at least one" });
}

// The command is the program that records; another runs only where root has removed that, so that a deploy can bring it back.
const ARCHIVE = "/usr/local/lib/phiward/phiward.pyz";
const RECORDED = new RegExp(
  `^(?:expiry-time="\\d{8,14}Z?",)?restrict,command="${literal(
    `[ -f ${ARCHIVE} -a -s ${ARCHIVE} ] || exec /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\"; exec /usr/bin/python3 -I ${ARCHIVE} deploy `,
  )}([a-z][a-z0-9-]*)" `,
);

// A person's file has his own keys, a machine's its one line; the file of any other account, such as the deploy user, has the keys
// of people with sudo.
function judgeFiles(unit: Value, people: readonly Person[], machines: readonly Machine[], report: (finding: Finding) => void): void {
  const { files } = filesWhere(unit, (path) => path.includes("authorized_keys"));
  for (const { path, at, texts } of files) {
    const machine = machines.find(({ name }) => name === posix.basename(path));
    if (machine !== undefined) {
      if (texts.some((text) => text.trimEnd() !== machine.line?.trimEnd()))
        report({ at, found: "a line other than the machine's", allowed: `what ${machine.path} says` });
      continue;
    }
    const person = people.find(({ name }) => name === posix.basename(path));
    const owners = person === undefined ? people.filter(({ sudo }) => sudo) : [person];
    const allowed = new Set(owners.flatMap(({ keys }) => keys.flatMap(({ blob }) => blob ?? [])));
    const lines = texts.flatMap((text) => text.split("\n")).filter((line) => !/^\s*(#|$)/.test(line));
    const foreign = lines.filter((line) => {
      if (person !== undefined) return !allowed.has(blobOf(line.replace(/^expiry-time="\d{8,14}Z?" /, "")) ?? "");
      // At the login of deploys the line names whom the key belongs to, for the record.
      const [options = "", name] = RECORDED.exec(line) ?? [];
      const keys = owners.find((owner) => owner.name === name)?.keys ?? [];
      return !keys.some(({ blob }) => blob !== undefined && blob === blobOf(line.slice(options.length)));
    });
    if (foreign.length > 0)
      report({
        at,
        found: `${String(foreign.length)} of ${String(lines.length)} lines with another person's key, or with options`,
        allowed: person === undefined ? "keys of people with sudo" : `keys of ${person.path}`,
      });
    else judgeWhole(at, lines, owners, report);
  }
}

// A key that is left out locks its owner out; one without its last day lets in for ever.
function judgeWhole(at: string, lines: readonly string[], owners: readonly Person[], report: (finding: Finding) => void): void {
  for (const { path, keys, until } of owners) {
    const ends = until === undefined ? "" : `expiry-time="${until.replaceAll("-", "")}2359Z"`;
    const own = keys.map(({ blob }) => lines.filter((line) => blob !== undefined && blobOf(line.replace(OPTIONS, "")) === blob));
    if (own.some((found) => found.length === 0)) report({ at, found: `less than the keys of ${path}`, allowed: "all of them" });
    if (own.flat().some((line) => !line.startsWith(ends) || (ends === "" && line.includes("expiry-time="))))
      report({ at, found: `another last day than that of ${path}`, allowed: "the declared one" });
  }
}

// Of authorized_keys(5): up to the type of the key, which stands outside of quotation marks.
const OPTIONS = /^(?:[^"\s]|"(?:[^"\\]|\\.)*")* (?=(?:ssh|sk|ecdsa)-)/;

// What the base64 stands for, so that one key has one spelling.
function blobOf(line: string): string | undefined {
  const base64 = /^(?:ssh|sk|ecdsa)-[a-z0-9@.-]+ (AAAA[A-Za-z0-9+/]+={0,2})(?: .*)?$/.exec(line.trim())?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("hex");
}
