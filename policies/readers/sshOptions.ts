/** Options of ssh(1) as rules look at them: whatever is not on the list could lead a connection elsewhere, or trust other keys. */
import { PINNED_HOST_KEY } from "./hostKey";

const KNOWN_HOSTS = "KnownHostsCommand";
const ECHO = "/bin/echo * ";

/** What must be said, with the one value that each has, in lowercase as ssh compares names. */
const DEMANDED: ReadonlyMap<string, string> = new Map([
  ["stricthostkeychecking", "StrictHostKeyChecking=yes"],
  ["userknownhostsfile", "UserKnownHostsFile=/dev/null"],
  ["globalknownhostsfile", "GlobalKnownHostsFile=/dev/null"],
]);

/** What may be said besides: none of it decides where a connection goes, or whom it trusts. */
const HARMLESS: ReadonlyMap<string, RegExp> = new Map([
  ["addressfamily", /^(any|inet|inet6)$/],
  ["batchmode", /^yes$/],
  ["compression", /^(yes|no)$/],
  ["connectionattempts", /^\d+$/],
  ["connecttimeout", /^\d+$/],
  ["hostkeyalgorithms", /^ssh-ed25519$/],
  ["identitiesonly", /^(yes|no)$/],
  ["identityfile", /^[\w./~-]+$/],
  ["loglevel", /^(QUIET|FATAL|ERROR|INFO|VERBOSE)$/],
  ["serveralivecountmax", /^\d+$/],
  ["serveraliveinterval", /^\d+$/],
  ["updatehostkeys", /^no$/],
]);

/** What is wrong with a list of ssh's arguments: the index of the word, if it is one, and what would be right. None of its words is repeated. */
export function sshOptionFaults(words: readonly string[]): readonly { readonly index: number | undefined; readonly allowed: string }[] {
  const options = optionsIn(words);
  const first = new Map(options.map(({ name, value }) => [name, value] as const).toReversed());
  const missing = [
    ...[...DEMANDED].filter(([name]) => !first.has(name)).map(([, allowed]) => allowed),
    ...(first.has(KNOWN_HOSTS.toLowerCase()) ? [] : [`${KNOWN_HOSTS} with the host's pinned key`]),
    ...(first.get("-f") === "none" ? [] : ["-F none, so that no file of the machine has a say"]),
  ];
  return [
    ...missing.map((allowed) => ({ index: undefined, allowed })),
    ...options.flatMap(({ index, name, value }) => {
      const allowed = faultOf(name, value);
      return allowed === undefined ? [] : [{ index, allowed }];
    }),
  ];
}

function faultOf(name: string, value: string): string | undefined {
  if (name === "-f") return value === "none" ? undefined : "-F none";
  if (name === KNOWN_HOSTS.toLowerCase())
    return value.startsWith(ECHO) && PINNED_HOST_KEY.test(value.slice(ECHO.length))
      ? undefined
      : `${KNOWN_HOSTS} with the host's pinned key`;
  const demanded = DEMANDED.get(name);
  if (demanded !== undefined) return demanded.endsWith(`=${value}`) ? undefined : demanded;
  return HARMLESS.get(name)?.test(value) === true
    ? undefined
    : "-o with an option that neither redirects a connection nor trusts other keys";
}

interface Option {
  readonly index: number;
  readonly name: string;
  readonly value: string;
}

// ssh takes NAME=VALUE, NAME VALUE and blanks around the sign, after -o or in one word with it; a later one of a name has no effect.
function optionsIn(words: readonly string[]): readonly Option[] {
  const options: Option[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const [, letter = "", rest = ""] = /^-([oF])([^]*)$/.exec(word) ?? [];
    const text = rest === "" && letter !== "" ? (words[index + 1] ?? "") : rest;
    if (letter === "o") {
      const [, name = "", value = ""] = /^\s*([A-Za-z]+)\s*(?:=|\s)\s*([^]*)$/.exec(text) ?? [];
      options.push({ index, name: name.toLowerCase(), value });
    } else options.push({ index, name: letter === "F" ? "-f" : "", value: text });
    if (rest === "" && letter !== "") index += 1;
  }
  return options;
}
