import type { Finding, Rule } from "../engine/rule";
import { CONTAINER_ARGUMENTS } from "../readers/containerArguments";
import { containersOf, optionalFlag, optionalItems, optionalText, WITH_CONTAINERS } from "../readers/containers";
import { shown, type Value } from "../readers/value";

type Report = (finding: Finding) => void;

/** What is on only by being said, and why it is to be off. */
const FLAGS: readonly (readonly [string, string])[] = [
  ["attach", "output of the container in Pulumi's state"],
  ["logs", "output of the container in Pulumi's state"],
  ["stdinOpen", "a standard input that anybody at the engine can write to"],
  ["tty", "a terminal that anybody at the engine can take over"],
];
const DRIVERS = ["", "local", "json-file", "journald"];
const LOG_OPTIONS: ReadonlyMap<string, RegExp> = new Map([
  ["max-size", /^\d+[kmg]$/],
  ["max-file", /^\d+$/],
  ["max-buffer-size", /^\d+[kmg]$/],
  ["compress", /^(true|false)$/],
  ["mode", /^(blocking|non-blocking)$/],
  ["tag", /^[^]*$/],
]);
// It is the program's name in the journal, and none of the host's has a slash: before what a template makes, so that it stays.
const TAG = /^[\w.-]+\/[^]*$/;
// In the container's own network; none of them routes, answers for others, or lets a program be a lower port's server.
const SYSCTLS = /^net\.(core\.somaxconn|ipv4\.(ip_local_port_range|tcp_(fin_timeout|keepalive_\w+|max_syn_backlog|syncookies|tw_reuse)))$/;
const RUNTIMES = ["", "runc", "runsc"];
// An address that leads to the host, to its cloud's metadata, or to the container itself.
const SPECIAL_ADDRESS = /^(host-gateway|127\.|169\.254\.|0\.|::1?$|fe80:)/i;

// Two labels or more: names of containers have one.
const DOMAIN_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i;

/** What is not known to be harmless in a container's arguments is refused: Docker's provider has more than seventy of them. */
export const containerArgumentsHarmless: Rule = {
  id: "container-arguments-harmless",
  description: "Every argument of a container is known, and changes nothing of the kernel, of names or of where its output goes.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-13", "CTR-03", "LOG-03"],
  remedy: "leave the argument out",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      // A container may have none of these, but has a name: without one, its arguments are hidden.
      container.at("name").text();
      for (const key of container.keys() ?? [])
        if (!CONTAINER_ARGUMENTS.has(key) && !key.startsWith("__") && container.has(key))
          report({
            at: container.path,
            found: "an argument that is not recognised",
            allowed: "those of Docker's provider that were reviewed",
          });
      for (const [key, what] of FLAGS)
        if (optionalFlag(container, key) === true) report({ at: container.at(key).path, found: what, allowed: "false" });
      judgeNames(container, report);
      judgeKernel(container, report);
      judgeLog(container, report);
      for (const upload of optionalItems(container, "uploads") ?? []) judgeUpload(upload, report);
    }
  },
};

function judgeNames(container: Value, report: Report): void {
  for (const server of optionalItems(container, "dns") ?? []) {
    const address = server.text();
    if (address !== undefined && !/^(127\.\d+\.\d+\.\d+|::1)$/.test(address))
      report({ at: server.path, found: "a name server that learns every name in plaintext", allowed: "a loopback address, or none" });
  }
  for (const host of optionalItems(container, "hosts") ?? []) {
    const address = host.at("ip").text();
    const name = host.at("host").text();
    if (name !== undefined && !DOMAIN_NAME.test(name))
      report({
        at: host.at("host").path,
        found: "a name that a container of the stack may have",
        allowed: "the full name of another machine, such as lab.example.org",
      });
    if (address !== undefined && SPECIAL_ADDRESS.test(address))
      report({
        at: host.at("ip").path,
        found: "a name for the host itself, or for its cloud's metadata",
        allowed: "another machine's address",
      });
  }
  for (const network of optionalItems(container, "networksAdvanced") ?? []) {
    const name = network.at("name").text();
    if ((optionalItems(network, "aliases") ?? []).length > 0 && (name === undefined || name.startsWith("phiward-")))
      report({ at: network.at("aliases").path, found: "a further name in a network of the stack's services", allowed: "none" });
    for (const key of ["driverOpts", "linkLocalIps"])
      if ((optionalItems(network, key) ?? []).length > 0)
        report({ at: network.at(key).path, found: "a setting of the network that is not reviewed", allowed: "none" });
  }
}

function judgeKernel(container: Value, report: Report): void {
  const runtime = optionalText(container, "runtime");
  if (runtime !== undefined && !RUNTIMES.includes(runtime))
    report({ at: container.at("runtime").path, found: "another runtime", allowed: "nothing, runc or runsc" });
  for (const key of keysOf(container, "sysctls"))
    if (!SYSCTLS.test(key))
      report({
        at: container.at("sysctls").path,
        found: "a kernel setting that is not reviewed",
        allowed: "net.core.somaxconn, or of TCP",
      });
  for (const key of keysOf(container, "tmpfs")) {
    const options = container.at("tmpfs").at(key).text();
    if (options?.split(",").some((option) => ["suid", "dev"].includes(option)) === true)
      report({ at: container.at("tmpfs").path, found: "a memory file system with suid or dev", allowed: "nosuid, nodev" });
  }
}

function judgeLog(container: Value, report: Report): void {
  const driver = optionalText(container, "logDriver");
  if (driver !== undefined && driver !== "none" && !DRIVERS.includes(driver))
    report({
      at: container.at("logDriver").path,
      found: "a log that leaves the host, or is not recognised",
      allowed: DRIVERS.slice(1).join(", "),
    });
  const options = container.at("logOpts");
  const keys = keysOf(container, "logOpts");
  for (const key of keys) {
    const value = options.at(key).text();
    if (value !== undefined && LOG_OPTIONS.get(key)?.test(value) !== true)
      report({
        at: options.path,
        found: `an option of the log (${shown(key, [...LOG_OPTIONS.keys()])}) that is not reviewed`,
        allowed: [...LOG_OPTIONS.keys()].join(", "),
      });
  }
  const tag = keys.includes("tag") ? options.at("tag").text() : undefined;
  if (tag !== undefined && !TAG.test(tag))
    report({
      at: options.at("tag").path,
      found: "a tag by which its lines may be taken for those of the host's programs",
      allowed: "a word and a slash first, such as container/{{.Name}}",
    });
  if (driver === "json-file" && !keys.includes("max-size"))
    report({
      at: container.at("logDriver").path,
      found: "a log without a limit",
      allowed: "logOpts with max-size, or the daemon's driver",
    });
}

function judgeUpload(upload: Value, report: Report): void {
  upload.at("file").text();
  if ((optionalText(upload, "source") ?? "") !== "")
    report({ at: upload.at("source").path, found: "a file of the machine that deploys", allowed: "content, or a mounted file" });
  const mode = optionalText(upload, "permissions");
  if (mode !== undefined && !/^(0?[0-7]{3})?$/.test(mode))
    report({ at: upload.at("permissions").path, found: "a mode with more than read, write and execute", allowed: "three octal digits" });
}

// The engine puts names of its own among them, which begin with underscores.
function keysOf(holder: Value, key: string): readonly string[] {
  return holder.has(key) ? (holder.at(key).keys() ?? []).filter((name) => !name.startsWith("__")) : [];
}
