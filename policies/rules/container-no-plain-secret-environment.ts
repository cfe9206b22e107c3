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
  remedy: "declare it under `secrets` of the service, and let the program read the file",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      // A container may have no environment, but has a name: without one, its arguments are hidden.
      container.at("name").text();
      for (const variable of optionalItems(container, "envs") ?? []) judgeVariable(variable, report);
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

function judgeVariable(variable: Value, report: (finding: Finding) => void): void {
  const [, name = "", value = ""] = /^([^=]*)=?([^]*)$/.exec(variable.text() ?? "") ?? [];
  // The form of a value may be told by where it begins.
  const kind = looksSecret(variable.text() ?? "") === undefined ? looksSecret(value) : undefined;
  if (kind !== undefined) report({ at: variable.path, found: kind, allowed: ALLOWED });
  const word = secretWord(name);
  if (word === undefined) return;
  if (!/_FILE$/i.test(name)) report({ at: variable.path, found: `a variable with ${word} in its name`, allowed: ALLOWED });
  else if (!value.startsWith("/"))
    report({ at: variable.path, found: "a variable that ends in _FILE and names no path", allowed: ALLOWED });
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
