import type { Finding, Rule } from "../engine/rule";
import { containersOf, optionalFlag, optionalItems, optionalText, WITH_CONTAINERS } from "../readers/containers";
import { shown, type Value } from "../readers/value";

// What opens the host's hardware, by the names of Docker's provider.
const DEVICES = ["devices", "deviceCgroupRules", "deviceRequests"];
const NO_NEW_PRIVILEGES = /^no-new-privileges([:=]true)?$/;
// What else may be said: Docker's own profiles, which are in force without it. A profile of one's own may allow everything.
const PROFILES = /^(seccomp[:=]builtin|apparmor[:=]docker-default)$/;

/** Who breaks a program in a container has the container, and neither root's powers nor the host's hardware. */
export const containerNotPrivileged: Rule = {
  id: "container-not-privileged",
  description: "No container has a capability, a device or a means of gaining privileges.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CTR-04", "CTR-03", "CTR-08", "CTR-13"],
  remedy: "drop all capabilities, set no-new-privileges, and write the program so that it needs no privileges of root",
  notWaivable: "a program in such a container can become root on the host",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      if (optionalFlag(container, "privileged") === true)
        report({ at: container.at("privileged").path, found: "a privileged container", allowed: "false" });
      judgeCapabilities(container.at("capabilities"), report);
      judgeOptions(container.at("securityOpts"), report);
      for (const key of DEVICES)
        if ((optionalItems(container, key) ?? []).length > 0)
          report({ at: container.at(key).path, found: "devices of the host", allowed: "none" });
      if ((optionalText(container, "gpus") ?? "") !== "")
        report({ at: container.at("gpus").path, found: "devices of the host", allowed: "none" });
      if ((optionalItems(container, "groupAdds") ?? []).length > 0)
        report({ at: container.at("groupAdds").path, found: "additional groups, which may be the host's", allowed: "none" });
    }
  },
};

function judgeCapabilities(capabilities: Value, report: (finding: Finding) => void): void {
  const drops = capabilities.at("drops");
  const dropped = drops.items()?.map((drop) => drop.text());
  if (dropped?.every((drop) => drop !== undefined && !/^(CAP_)?ALL$/i.test(drop)) === true)
    report({ at: drops.path, found: "no ALL", allowed: "ALL" });
  for (const add of optionalItems(capabilities, "adds") ?? []) {
    const found = add.text();
    if (found !== undefined)
      report({ at: add.path, found: `a capability (${shown(found, ["ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"])})`, allowed: "none" });
  }
}

function judgeOptions(options: Value, report: (finding: Finding) => void): void {
  const members = options.items();
  const texts = members?.map((option) => ({ at: option.path, text: option.text() }));
  if (texts?.every(({ text }) => text !== undefined && !NO_NEW_PRIVILEGES.test(text)) === true)
    report({ at: options.path, found: "no-new-privileges is not set", allowed: "a list with no-new-privileges:true in it" });
  for (const { at, text } of texts ?? [])
    if (text !== undefined && !NO_NEW_PRIVILEGES.test(text) && !PROFILES.test(text))
      report({ at, found: "an option that removes a protection, or may", allowed: "Docker's own profiles of seccomp and AppArmor" });
}
