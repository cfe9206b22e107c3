import type { Rule } from "../engine/rule";
import { looksSecret, secretWord } from "../readers/secretTexts";

// What a line sets, as files of configuration write it: name, = or :, value. A switch, a path and a place to be filled in are no secret.
const SETTING = /^[\s"'{\[,]*([A-Za-z][A-Za-z0-9_.-]{0,63})["']?\s*[:=]\s*["']?([^\s"',;]+)/;
const HARMLESS = /^(true|false|yes|no|on|off|null|none|[[{].*|[./~$<].*)$/i;

/** What is in the file of the stack is read by all who read that; in a configuration file, a place for it is filled in on the host. */
export const configurationFilesNoPlainSecret: Rule = {
  id: "configuration-files-no-plain-secret",
  description: "No configuration file of a service has a secret in it as plain text.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-16"],
  remedy: "bring it under phiward:secrets, name it under `secrets` of the service, and write {{secret:NAME}} in its place",
  appliesTo: ["phiward:host:Secrets"],
  judge(unit, report) {
    for (const file of unit.at("files").items() ?? []) {
      if (!file.has("filled")) continue;
      for (const piece of file.at("texts").items() ?? [])
        for (const line of (piece.text() ?? "").split("\n")) {
          const found = looksSecret(line) ?? namedSecret(line);
          if (found !== undefined) report({ at: piece.path, found, allowed: "{{secret:NAME}} in place of a secret" });
        }
    }
  },
};

function namedSecret(line: string): string | undefined {
  const [, name = "", value = ""] = SETTING.exec(line) ?? [];
  const word = HARMLESS.test(value) ? undefined : secretWord(name);
  return word === undefined || value === "" ? undefined : `a setting with ${word} in its name`;
}
