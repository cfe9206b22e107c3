import type { Finding, Rule } from "../engine/rule";
import { filesWhere, jsonFile } from "../readers/files";
import { iniEntries } from "../readers/ini";
import { shown, type Value } from "../readers/value";

const DAEMON = "/etc/docker/daemon.json";
// Switches that must stand so in so many words: what is not said has Docker's default, which is the other way round.
const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ["icc", false],
  ["live-restore", true],
  ["no-new-privileges", true],
  ["userland-proxy", false],
]);
// What must not be there at all: a way in over the network, or images that nobody vouches for.
const FORBIDDEN = [
  "hosts",
  "insecure-registries",
  "authorization-plugins",
  "seccomp-profile",
  "cgroup-parent",
  "tlsverify",
  "tls",
  "data-root",
];
const LOG_DRIVERS = ["local", "json-file", "journald"];

/** Who commands the engine is root: nobody does from the network, and containers cannot reach each other unasked. */
export const dockerDaemonHardened: Rule = {
  id: "docker-daemon-hardened",
  description: "The Docker daemon listens only on its socket, grants no privileges, and limits its logs.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["DKD-02", "DKD-01", "DKD-06", "DKD-07", "LOG-03"],
  remedy: "leave daemon.json as the component renders it; what may be chosen is under docker in the stack's configuration",
  notWaivable: "whoever reaches the daemon is root on the host",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    const daemon = jsonFile(unit, DAEMON, report);
    if (daemon !== undefined) judgeDaemon(daemon, report);
    judgeService(unit, report);
  },
};

function judgeDaemon(daemon: Value, report: (finding: Finding) => void): void {
  const said = (key: string, found: string, allowed: string): void => {
    report({ at: `${daemon.path} (${DAEMON})`, found, allowed: `${key}: ${allowed}` });
  };
  for (const [key, allowed] of SWITCHES) {
    const found = daemon.has(key) ? daemon.at(key).flag() : !allowed;
    if (found === !allowed) said(key, daemon.has(key) ? `${key} ${String(found)}` : `no ${key}`, String(allowed));
  }
  for (const key of FORBIDDEN) if (daemon.has(key)) said(key, `unexpected key ${JSON.stringify(key)}`, "nothing");
  // Its default is true, and without it containers would be out of the firewall's sight.
  if (daemon.has("iptables") && daemon.at("iptables").flag() === false) said("iptables", "iptables false", "true");
  const driver = daemon.has("log-driver") ? daemon.at("log-driver").text() : "json-file";
  if (driver !== undefined && !LOG_DRIVERS.includes(driver)) said("log-driver", shown(driver, ["none"]), LOG_DRIVERS.join(" or "));
  if (driver === "journald") return;
  const size = daemon.at("log-opts").at("max-size").text();
  if (size !== undefined && !/^[1-9]\d{0,3}[km]$/.test(size))
    said("log-opts.max-size", "no limit, or one that is not recognised", "a size such as 10m");
  const files = daemon.at("log-opts").at("max-file").text();
  if (files !== undefined && !/^[1-9]\d{0,2}$/.test(files))
    said("log-opts.max-file", "no limit, or one that is not recognised", "a number, as a string");
}

// A drop-in may start the daemon with its own options, which count beside the file.
function judgeService(unit: Value, report: (finding: Finding) => void): void {
  const { files } = filesWhere(unit, (path) => /^\/etc\/systemd\/system\/docker\.(service|socket)(\.d\/.*)?$/.test(path));
  for (const { at, texts } of files)
    for (const text of texts)
      if (iniEntries(text).some(({ key }) => ["execstart", "environment", "environmentfile", "listenstream"].includes(key)))
        report({
          at,
          found: "a unit that starts the daemon with other options",
          allowed: `options in ${DAEMON}, where they are evaluated`,
        });
}
