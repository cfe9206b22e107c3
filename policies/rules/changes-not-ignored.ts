import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** What may stay as it was set elsewhere, by type: it makes a machine or a request anew, or follows from what only a deploy knows. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  // Read when a droplet is made, and never again: a change would replace it with all its data.
  [cloudType("Droplet")]: ["image", "sshKeys", "userData"],
  // A record of a name's authority, which the component writes as DigitalOcean shows it.
  [cloudType("DnsRecord")]: ["value"],
  // The key of a droplet is made once.
  "command:remote:Command": ["connection", "create", "stdin"],
};

/** An argument whose changes are ignored is judged here as the program says it, and stays on the resource as it was set elsewhere. */
export const changesNotIgnored: Rule = {
  id: "changes-not-ignored",
  description: "What a program declares of a resource is set by each deploy, whoever has changed it meanwhile.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-06"],
  remedy: "take the argument out of the option ignoreChanges of the resource",
  appliesTo: ["digitalocean:*", "docker:*", "command:*"],
  judge(_unit, report, { type = "", ignoreChanges = [] }) {
    const allowed = HARMLESS[type] ?? [];
    if (ignoreChanges.some((path) => !allowed.includes(path)))
      report({
        at: "options.ignoreChanges",
        found: "an argument whose changes are ignored",
        allowed: allowed.length === 0 ? "none" : `none, or of ${allowed.join(", ")}`,
      });
  },
};
