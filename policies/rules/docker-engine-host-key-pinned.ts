import type { Rule } from "../engine/rule";

const HOST = /^ssh:\/\/(?!root@)[a-z0-9._-]+@[^/@]+$/i;
const PINNED = /^KnownHostsCommand=\/bin\/echo \* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/;
const DEMANDS = [
  ["StrictHostKeyChecking", /^StrictHostKeyChecking=yes$/, "StrictHostKeyChecking=yes"],
  ["KnownHostsCommand", PINNED, "KnownHostsCommand with the host's pinned key"],
] as const;

/** Containers are made on the host that is meant: its engine is reached over SSH as the units are. */
export const dockerEngineHostKeyPinned: Rule = {
  id: "docker-engine-host-key-pinned",
  description: "Every connection to a Docker daemon is over SSH, pins the host's Ed25519 key and logs in as a user other than root.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["DKD-06"],
  remedy: "create the provider with dockerEngine, which takes the host's key from the stack",
  appliesTo: ["pulumi:providers:docker"],
  judge(unit, report) {
    const host = unit.at("host");
    const address = host.text();
    if (address !== undefined && !HOST.test(address))
      report({
        at: host.path,
        found: "a transport other than SSH, or a login as root",
        allowed: "ssh://USER@ADDRESS, of a user other than root",
      });
    // The provider is handed its lists as JSON.
    const options = unit.at("sshOpts").json();
    const words = options.texts();
    if (words === undefined) return;
    const named = (name: string): readonly string[] =>
      words.filter((word) => word.replace(/^-o/, "").toLowerCase().startsWith(`${name.toLowerCase()}=`));
    for (const [name, allowed, says] of DEMANDS) {
      const found = named(name);
      if (found.length === 0 || !found.every((word) => allowed.test(word)))
        report({ at: options.path, found: "a connection that trusts other keys", allowed: says });
    }
  },
};
