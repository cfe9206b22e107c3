import type { Rule } from "../engine/rule";
import { PINNED_HOST_KEY } from "../readers/hostKey";
import { shown } from "../readers/value";

/**
 * A deploy talks to the host it means, as nobody's root. Judged are the component's own arguments: while an address is
 * unknown, the connection of a command reaches policies as one made up by the engine.
 */
export const connectionHostKeyPinned: Rule = {
  id: "connection-host-key-pinned",
  description: "Every connection to a host pins its Ed25519 host key and logs in as a user other than root.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-14"],
  remedy: "give the host's ssh-ed25519 key, which `npx phiward adopt` shows, and the deploy user",
  notWaivable: "whoever answers in the host's place is sent its secrets",
  appliesTo: ["phiward:host:*", "phiward:docker:*"],
  judge(unit, report) {
    const hostKey = unit.at("connection").at("hostKey");
    const key = hostKey.text();
    if (key !== undefined && !PINNED_HOST_KEY.test(key))
      report({
        at: hostKey.path,
        found: `${shown(key.split(" ")[0] ?? "", ["ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-ed25519"])}, not a complete Ed25519 key`,
        allowed: "ssh-ed25519 and the base64 of the key",
      });
    const user = unit.at("connection").at("user");
    const name = user.text();
    if (name === "root" || name === "") report({ at: user.path, found: shown(name, ["root"]), allowed: "a user other than root" });
  },
};
