import type { Finding, Rule } from "../engine/rule";
import { sshOptionFaults } from "../readers/sshOptions";
import { shown, type Value } from "../readers/value";

const HOST = /^ssh:\/\/(?!root@)[a-z0-9._-]+@([a-z0-9][a-z0-9.-]*|\[[0-9a-f:]+\])(:\d{1,5})?$/i;
// What else a provider may be told. The engine and the SDK put in those with a version in them, or with underscores.
const LEADING_ELSEWHERE = ["caMaterial", "certMaterial", "certPath", "context", "keyMaterial", "pluginDownloadURL"];
const KNOWN = ["host", "sshOpts", "registryAuth", "disableDockerDaemonCheck", "version", "__internal", "__defaults"];

/** Containers are made on the host that is meant: its engine is reached over SSH as the units are. */
export const dockerEngineHostKeyPinned: Rule = {
  id: "docker-engine-host-key-pinned",
  description: "Every connection to a Docker daemon is over SSH, pins the host's Ed25519 key and logs in as a user other than root.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["DKD-06"],
  remedy: "create the provider with dockerEngine, which takes the host's key from the stack",
  notWaivable: "whoever answers in the host's place is sent its secrets",
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
    for (const key of unit.keys() ?? [])
      if (!KNOWN.includes(key) && unit.has(key))
        report({
          at: host.path,
          found: `another setting of the connection beside it (${shown(key, LEADING_ELSEWHERE)})`,
          allowed: KNOWN.slice(0, 4).join(", "),
        });
    judgeOptions(unit.at("sshOpts"), report);
    if (unit.has("registryAuth")) judgeRegistries(unit.at("registryAuth"), report);
  },
};

// The provider is handed its lists as JSON.
function judgeOptions(json: Value, report: (finding: Finding) => void): void {
  const options = json.json();
  const words = options.texts();
  for (const { index, allowed } of words === undefined ? [] : sshOptionFaults(words))
    report({
      at: index === undefined ? options.path : `${options.path}.${String(index)}`,
      found: "a connection that trusts other keys, or may lead elsewhere",
      allowed,
    });
}

function judgeRegistries(json: Value, report: (finding: Finding) => void): void {
  for (const registry of json.json().items() ?? []) {
    const address = registry.at("address").text();
    if (address !== undefined && !/^(https:\/\/)?[a-z0-9][a-z0-9.-]*(:\d+)?(\/[\w./-]*)?$/i.test(address))
      report({
        at: `${registry.path}.address`,
        found: "a registry that is not asked over HTTPS",
        allowed: "https:// and a name, or a name",
      });
  }
}
