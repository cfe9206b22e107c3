import type { Finding, Rule } from "../engine/rule";
import { containersOf, optionalItems, WITH_CONTAINERS } from "../readers/containers";
import { looksSecret, secretWord } from "../readers/secretTexts";
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
      const texts = [
        ...READABLE.flatMap((key) => optionalItems(container, key) ?? []),
        ...(optionalItems(container, "labels") ?? []).map((label) => label.at("value")),
        ...(optionalItems(container, "uploads") ?? []).flatMap((upload) => (upload.has("content") ? [upload.at("content")] : [])),
        ...(container.has("healthcheck") ? (optionalItems(container.at("healthcheck"), "tests") ?? []) : []),
      ];
      for (const text of texts) {
        const kind = looksSecret(text.text() ?? "");
        if (kind !== undefined) report({ at: text.path, found: kind, allowed: ALLOWED });
      }
    }
  },
};

function judgeVariable(variable: Value, report: (finding: Finding) => void): void {
  const [, name = "", value = ""] = /^([^=]*)=?([^]*)$/.exec(variable.text() ?? "") ?? [];
  const word = secretWord(name);
  if (word === undefined) return;
  if (!/_FILE$/i.test(name)) report({ at: variable.path, found: `a variable with ${word} in its name`, allowed: ALLOWED });
  else if (!value.startsWith("/"))
    report({ at: variable.path, found: "a variable that ends in _FILE and names no path", allowed: ALLOWED });
}
