import { KEY_TYPES, sshKeyFault } from "../../components/config/sshKey";
import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { shown } from "../readers/value";

/** A key that the account hands to its droplets opens all of them. */
export const sshKeysStrong: Rule = {
  id: "ssh-keys-strong",
  description: "SSH keys of the cloud account are of strong types, RSA with 3072 bits or more.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SSH-14", "SSH-03"],
  remedy: "create a pair with ssh-keygen -t ed25519, and give its public half",
  appliesTo: [cloudType("SshKey")],
  judge(unit, report) {
    const key = unit.at("publicKey");
    const text = key.text();
    const fault = text === undefined ? undefined : sshKeyFault(text.trimEnd());
    if (text === undefined || fault === undefined) return;
    report({ at: key.path, found: `a key of the type ${shown(text.split(" ")[0] ?? "", KEY_TYPES)}`, allowed: fault });
  },
};
