import { type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { ANY, type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { metricsChecks, PUBLISHED, SENDER, SOCKET } from "./checks";
import { EXPORTER, EXPORTER_TEXT } from "./exporter";
import type { MetricsSettings } from "./settings";
import { RECEIVER_TEXT, SOCKET_TEXT, senderText } from "./units";

// Whatever else lies there could have the exporter listen for everybody.
const DROP_INS: PlanDirectory = {
  path: `/etc/systemd/system/${EXPORTER}.d`,
  owner: "root:root",
  mode: "0755",
  exclusive: { noun: "exporter settings", keep: [] },
};
const VAULT_KEY = "/etc/phiward/metrics-vault-key";

export function metricsPlan(settings: MetricsSettings): ConcernPlan {
  const exporter = textFile(`${DROP_INS.path}/phiward.conf`, EXPORTER_TEXT);
  const sender = textFile(`/etc/systemd/system/${SENDER}`, senderText(settings));
  const files = senderFiles(settings);
  const socket = textFile(`/etc/systemd/system/${SOCKET}`, SOCKET_TEXT);
  const receiver = settings.vault === null ? [...receiverFiles(settings), socket] : [];
  return {
    ...EMPTY_PLAN,
    // curl and ss are what checks ask by.
    packages: ["prometheus-node-exporter", "openssh-client", "python3", "curl", "iproute2"],
    directories: [DROP_INS],
    writes: settings.vault === null ? [] : ["/var/lib/dpkg/statoverride"],
    files: [exporter, sender, ...files, ...receiver],
    steps: [
      readUnits([ANY]),
      ...(settings.vault === null ? [] : [KEPT_BY_ROOT]),
      ...serviceSteps(EXPORTER),
      restart("exporter", EXPORTER, [exporter]),
      ...(receiver.length === 0 ? [] : [...serviceSteps(SOCKET), restart("metrics-receiver", SOCKET, [socket])]),
      ...serviceSteps(SENDER),
      restart("metrics-sender", SENDER, [sender, ...files]),
    ],
    checks: metricsChecks(settings),
  };
}

// The package gives its account the directory above the one in which root's programs publish: who owns it could have them write elsewhere.
const KEPT_BY_ROOT: Step = {
  id: "metrics-published-by-root",
  argv: ["dpkg-statoverride", "--force-statoverride-add", "--update", "--add", "root", "root", "0755", PUBLISHED],
  phase: "after",
  when: {
    kind: "state",
    unless: { argv: ["dpkg-statoverride", "--list", PUBLISHED], expect: { kind: "matches", pattern: `^root root 0?755 ${PUBLISHED}$` } },
  },
  undo: { kind: "none" },
};

// One that runs goes on with what it was started with.
function restart(what: string, unit: string, on: readonly PlanFile[]): Step {
  return {
    id: `restart-${what}`,
    argv: ["systemctl", "restart", unit],
    phase: "after",
    when: { kind: "change", on },
    undo: { kind: "again" },
  };
}

function senderFiles({ host, exporters, served, vault }: MetricsSettings): readonly PlanFile[] {
  const to = vault === null ? null : { address: vault.address, port: vault.port, user: vault.user, knownHosts: VAULT_KEY };
  return [
    textFile("/etc/phiward/metrics.json", `${JSON.stringify({ host, exporters, served, vault: to }, null, 2)}\n`, "0600"),
    // The program asks for it by this name, whatever the vault's address is.
    ...(vault === null ? [] : [textFile(VAULT_KEY, `vault ${vault.hostKey}\n`)]),
  ];
}

function receiverFiles({ senders }: MetricsSettings): readonly PlanFile[] {
  return [
    // Read by what runs without root's rights; it has names alone.
    textFile("/etc/phiward/metrics-remote.json", `${JSON.stringify({ senders }, null, 2)}\n`),
    textFile("/etc/systemd/system/phiward-metrics-taken@.service", RECEIVER_TEXT),
  ];
}

/** Ends the measuring, the bringing and the taking. The package stays, and does not run. */
export const METRICS_REMOVAL: ConcernPlan = stoppedUnits([SENDER, EXPORTER, SOCKET], "MON-02");
