import type { Finding, Rule } from "../engine/rule";
import { containersOf, optionalItems, optionalText, WITH_CONTAINERS } from "../readers/containers";
import { looksSecret, secretArgument, secretAssignment, secretWord } from "../readers/secretTexts";
import type { Value } from "../readers/value";

// Lists of texts that whoever may look at a container, or at a list of processes, reads.
const READABLE = ["envs", "command", "entrypoints"];
const ALLOWED = "NAME_FILE and the path of a file under /run/secrets";

/** A secret is a file that one container sees: environments and commands are shown to whoever may ask the engine. */
export const containerNoPlainSecretEnvironment: Rule = {
  id: "container-no-plain-secret-environment",
  description: "No container has a secret in its environment, its command or its labels.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-16"],
  remedy:
    "bring the value as a Pulumi secret under phiward:secrets, name it under `secrets` of the service by `from`, and let the program read the file; one that nobody has to know is made on the host without `from`. A program that reads variables alone gets it by `secretEnvironment`",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      // A container may have no environment, but has a name: without one, its arguments are hidden.
      container.at("name").text();
      for (const variable of optionalItems(container, "envs") ?? []) judgeVariable(variable, serviceOf(container), report);
      for (const list of commandsOf(container)) judgeCommand(list, report);
      const texts = [
        ...READABLE.flatMap((key) => optionalItems(container, key) ?? []),
        ...(optionalItems(container, "labels") ?? []).map((label) => label.at("value")),
        ...(optionalItems(container, "uploads") ?? []).flatMap((upload) => (upload.has("content") ? [upload.at("content")] : [])),
        ...(container.has("healthcheck") ? (optionalItems(container.at("healthcheck"), "tests") ?? []) : []),
        ...(container.has("logOpts") ? (container.at("logOpts").keys() ?? []).map((key) => container.at("logOpts").at(key)) : []),
      ].filter((text) => !text.path.split(".").at(-1)?.startsWith("__"));
      for (const upload of optionalItems(container, "uploads") ?? []) judgeUpload(upload, report);
      for (const text of texts) {
        const kind = looksSecret(text.text() ?? "");
        if (kind !== undefined) report({ at: text.path, found: kind, allowed: ALLOWED });
      }
    }
  },
};

// The name of its service, which our containers say in a label; else the container's own.
function serviceOf(container: Value): string {
  const label = (optionalItems(container, "labels") ?? []).find((each) => each.at("label").text() === "phiward.service");
  const name = label === undefined ? container.at("name").text() : label.at("value").text();
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name ?? "") ? `the service ${name ?? ""}` : "this container";
}

// What stands before = is a name where it looks like one: whoever left the name out has the value there.
function called(text: string, name: string): string {
  return text.includes("=") && /^[A-Za-z][A-Za-z_]{0,31}$/.test(name) ? `: ${name}` : "";
}

function judgeVariable(variable: Value, service: string, report: (finding: Finding) => void): void {
  const [, name = "", value = ""] = /^([^=]*)=?([^]*)$/.exec(variable.text() ?? "") ?? [];
  // The form of a value may be told by where it begins.
  const kind = looksSecret(variable.text() ?? "") === undefined ? looksSecret(value) : undefined;
  const whose = `${called(variable.text() ?? "", name)} of ${service}`;
  if (kind !== undefined) report({ at: variable.path, found: `${kind}${whose}`, allowed: ALLOWED });
  const word = secretWord(name);
  if (word === undefined) return;
  if (!/_FILE$/i.test(name)) report({ at: variable.path, found: `a variable with ${word} in its name${whose}`, allowed: ALLOWED });
  else if (!value.startsWith("/"))
    report({ at: variable.path, found: `a variable that ends in _FILE and names no path${whose}`, allowed: ALLOWED });
}

// What a program is started with, and how it is asked: lists of words.
function commandsOf(container: Value): readonly (readonly Value[])[] {
  const tests = container.has("healthcheck") ? (optionalItems(container.at("healthcheck"), "tests") ?? []) : [];
  return [tests, ...["command", "entrypoints"].map((key) => optionalItems(container, key) ?? [])];
}

function judgeCommand(list: readonly Value[], report: (finding: Finding) => void): void {
  const words = list.map((word) => word.text() ?? "");
  const index = secretArgument(words);
  const argument = index === undefined ? undefined : list[index];
  if (argument !== undefined) report({ at: argument.path, found: "a secret behind its option", allowed: ALLOWED });
  for (const [at, text] of words.entries()) {
    const word = secretAssignment(text);
    if (word !== undefined) report({ at: list[at]?.path ?? "command", found: `a variable with ${word} in its name`, allowed: ALLOWED });
  }
}

function judgeUpload(upload: Value, report: (finding: Finding) => void): void {
  const text = Buffer.from(optionalText(upload, "contentBase64") ?? "", "base64").toString("latin1");
  const kind = looksSecret(text);
  if (kind !== undefined) report({ at: upload.at("contentBase64").path, found: kind, allowed: ALLOWED });
}
