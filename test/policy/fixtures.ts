/** A stack that every rule lets pass, and ways to spoil it one value at a time. */

import { parseConfig } from "../../components/config/faults";
import { UNOPENED } from "../../components/config/sections/secrets";
import { member } from "../../components/config/unknown";
import { stackModel } from "../../components/containers/model";
import type { HostPlan } from "../../components/plan/hostPlan";
import { INSTALL_COMMAND, programsVersion } from "../../components/plan/programs";
import { AGENT_COMMAND, shortEnvelope } from "../../components/plan/request";
import { pinnedHostKey } from "../../components/plan/ssh";
import { hostPlans } from "../../components/registry";
import type { AnalyzedResource } from "../../policies/engine/analyze";
import type { Finding, RuleFacts } from "../../policies/engine/rule";
import { type ReviewedComponent, reviewedComponents } from "../../policies/engine/subject";
import { COLLECTOR_AUTHORITY } from "../unit/components/collectorAuthority";
import { DEVICE_AUTHORITY } from "../unit/components/deviceAuthority";
import { CLOUD_UNITS, type CloudUnitName } from "./cloudUnits";

/** Host key of the vault. */
export const VAULT_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GK11";
const DROPLET_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GK22";
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

const WEB = {
  kind: "existing",
  name: "web1",
  address: "192.0.2.10",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPbztxAhq75+xLcPDm5/ZKFcrfLYkp9+gDgLg2thhWP",
};

const STACK = {
  hosts: [WEB, { kind: "existing", role: "vault", name: "store1", address: "192.0.2.20", hostKey: VAULT_KEY }],
  people: [
    { name: "anna", sudo: true, keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4 anna@laptop"] },
    { name: "ben", expires: "2027-01-31", keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"] },
  ],
  adminNetworks: ["198.51.100.0/24", "2001:db8:1::/48"],
  trustedProxies: ["192.0.2.128/29", "2001:db8:7::/64"],
  publicPorts: [
    { port: 443, purpose: "the web site" },
    { port: 80, purpose: "its redirects" },
  ],
  integrity: {
    accepted: [
      {
        host: "web1",
        kind: "job of cron",
        path: "/etc/cron.d/vendor",
        reason: "the laboratory's transfer, ticket 12",
        owner: "anna@example.org",
        expires: "2027-02-28",
      },
    ],
  },
  recovery: { publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ" },
  services: [
    { kind: "postgres", name: "db", image: digest("1") },
    { kind: "redis", name: "cache", image: digest("2"), profile: "cache" },
    {
      kind: "container",
      name: "api",
      image: `registry.example.org/api@${digest("3")}`,
      user: "10001:10001",
      environment: { LOG_LEVEL: "info" },
      port: 8080,
      ports: [{ name: "dicom", port: 4242 }],
      health: { command: ["/app/health"] },
      uses: ["db", "cache"],
      extensions: ["pg_trgm"],
      cpus: 1.5,
      secrets: [{ name: "session-key", escrow: true }],
      volumes: [{ name: "uploads", path: "/data" }],
      initialize: { command: ["/app/migrate"] },
    },
  ],
  retention: { rules: [{ name: "sessions", database: "api", table: "sessions", timeColumn: "last_seen", days: 90 }] },
  subjects: { places: [{ database: "api", table: "visits", column: "patient" }] },
  phi: { databases: [{ service: "api" }] },
  jobs: [{ name: "report", service: "api", command: ["/app/report"], every: "day" }],
  sites: [
    {
      name: "api.example.org",
      certificate: { kind: "selfSigned" },
      routes: [
        { path: "/login", match: "exact", service: "api", methods: ["POST"] },
        { path: "/notes", service: "api", allow: ["203.0.113.0/24", "2001:db8::/48"] },
        { path: "/health", match: "exact", service: "api", data: "public" },
        {
          path: "/staff",
          service: "api",
          basicAuth: { realm: "Staff of the clinic", users: [{ name: "anna", password: "anna-password" }] },
        },
      ],
      login: "/login",
    },
  ],
  listeners: [
    {
      name: "dicom",
      port: 2762,
      networks: ["203.0.113.0/24", "2001:db8:5::/64"],
      site: "api.example.org",
      service: "api",
      servicePort: "dicom",
      clientCertificates: { authorities: [DEVICE_AUTHORITY] },
    },
  ],
  secrets: [{ name: "anna-password", version: UNOPENED }],
  backup: { offsite: "store1", restores: { approvers: ["ben"] } },
  audit: { collector: { address: "192.0.2.60", ca: COLLECTOR_AUTHORITY, name: "siem.example.org", operator: "own" } },
  alerts: { webhook: "https://alerts.example.org/phiward" },
  incidents: { contacts: [{ name: "Anna Adams", roles: ["technical", "security", "privacy", "legal"], phone: "+49 30 5550101" }] },
  monitoring: { heartbeat: { url: "https://beat.example.net/ping" }, escalation: { webhook: "https://alerts.example.org/second" } },
};

/** A stack's configuration with a host that runs services, the vault of its backups, and two people. */
export const CONFIG = parseConfig(STACK);

/** Its secrets as Pulumi writes them, which the gate does not open. */
export const SEALED: Readonly<Record<string, object>> = Object.fromEntries(
  [...CONFIG.secrets.map(({ name }) => name), "version-key"].map((name) => [name, { secure: "v1:c2VhbGVk" }]),
);

export const CLOUD = parseConfig({
  ...STACK,
  firstHostKeys: { web1: "a secret of the stack" },
  hosts: [
    {
      kind: "droplet",
      name: "web1",
      region: "fra1",
      size: "s-2vcpu-4gb",
      firstHostKey: DROPLET_KEY,
      dns: { zone: "example.org" },
      alerts: { emails: ["oncall@example.org"] },
      volume: { gigabytes: 20 },
    },
    STACK.hosts[1],
  ],
});

/** Names of the units that are judged. */
export type UnitName =
  | CloudUnitName
  | "baseline"
  | "people"
  | "storage"
  | "containment"
  | "ssh"
  | "ufw"
  | "fail2ban"
  | "audit"
  | "docker"
  | "secrets"
  | "databases"
  | "accounts"
  | "phi"
  | "services"
  | "certificates"
  | "nginx"
  | "backup"
  | "journal"
  | "sealing"
  | "sessions"
  | "records"
  | "metrics"
  | "collector"
  | "detectors"
  | "jobs"
  | "retention"
  | "retire"
  | "verify"
  | "vault"
  | "duties"
  | "monitor"
  | "vault-people"
  | "integrity"
  | "scans"
  | "droplet"
  | "host-key"
  | "volume"
  | "raw-container"
  | "raw-bridged"
  | "raw-child"
  | "raw-engine"
  | "raw-cloud"
  | "raw-volume"
  | "raw-image"
  | "raw-command"
  | "raw-install"
  | "raw-stack"
  | "made-network"
  | "made-firewall"
  | `made-record-${number}`;

/** The request that applies a plan of the one host, changed. */
export function requestOf(change: (plan: HostPlan) => HostPlan): string {
  const plan = hostPlans(CONFIG, "web1").find(({ unit }) => unit === "fail2ban");
  if (plan === undefined) throw new Error("no plan of fail2ban");
  return shortEnvelope({ mode: "apply", plan: change(plan), secrets: {} }).stdin;
}

const RAW: readonly ReviewedComponent[] = [
  {
    type: "docker:index/container:Container",
    host: "web1",
    unit: "raw-container",
    args: {
      name: "helper",
      image: digest("4"),
      user: "10002:10002",
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 64,
      memorySwap: 64,
      cgroupParent: "phiward-api.slice",
      networksAdvanced: [{ name: "helper" }],
      healthcheck: { tests: ["CMD", "/bin/true"] },
      restart: "on-failure",
    },
  },
  {
    // As the provider fills it in, with limits of its own in place of one of our control groups.
    type: "docker:index/container:Container",
    host: "web1",
    unit: "raw-bridged",
    args: {
      name: "bridged",
      image: digest("4"),
      user: "10003:10003",
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 64,
      memorySwap: 64,
      ulimits: [{ name: "nproc", soft: 64, hard: 64 }],
      networkMode: "bridge",
      networksAdvanced: [{ name: "helper" }],
      healthcheck: { tests: ["CMD", "/bin/true"] },
      restart: "on-failure",
    },
  },
  { type: "docker:index/volume:Volume", host: "web1", unit: "raw-volume", args: { name: "helper" } },
  {
    // As the engine shows what a component of ours has made.
    type: "docker:index/container:Container",
    host: "web1",
    unit: "raw-child",
    args: {
      name: "api-1",
      image: digest("3"),
      user: "10001:10001",
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 512,
      memorySwap: 512,
      cgroupParent: "phiward-api.slice",
      networkMode: "phiward-api",
      networksAdvanced: [{ name: "phiward-api" }],
      healthcheck: { tests: ["CMD", "/app/health"] },
      restart: "unless-stopped",
      labels: [{ label: "phiward.controls", value: "CTR-01" }],
    },
  },
  {
    type: "pulumi:providers:docker",
    host: "web1",
    unit: "raw-engine",
    args: {
      host: "ssh://deploy@192.0.2.10:22",
      sshOpts: JSON.stringify([
        ...["-F", "none"],
        ...Object.entries(pinnedHostKey(WEB.hostKey)).flatMap(([option, value]) => ["-o", `${option}=${value}`]),
      ]),
    },
  },
  {
    type: "pulumi:providers:digitalocean",
    host: "web1",
    unit: "raw-cloud",
    args: { apiEndpoint: "https://api.digitalocean.com", spacesEndpoint: "https://{{.Region}}.digitaloceanspaces.com", version: "4.80.1" },
  },
  {
    type: "docker:index/remoteImage:RemoteImage",
    host: "web1",
    unit: "raw-image",
    args: { name: `registry.example.org/helper@${digest("4")}` },
  },
  {
    type: "command:remote:Command",
    host: "web1",
    unit: "raw-command",
    args: {
      connection: { host: WEB.address, port: 22, user: "deploy", hostKey: WEB.hostKey, dialErrorLimit: 5, perDialTimeout: 9 },
      logging: "none",
      addPreviousOutputInEnv: false,
      create: AGENT_COMMAND,
      stdin: requestOf((plan) => plan),
      triggers: [],
    },
  },
  {
    type: "command:local:Command",
    host: "web1",
    unit: "raw-install",
    args: {
      logging: "none",
      addPreviousOutputInEnv: false,
      create: INSTALL_COMMAND,
      environment: {
        PHIWARD_ADDRESS: WEB.address,
        PHIWARD_PORT: "22",
        PHIWARD_USER: "deploy",
        PHIWARD_HOST_KEY: WEB.hostKey,
        PHIWARD_PROGRAMS: programsVersion(),
        PHIWARD_PACKAGES: "age restic",
      },
    },
  },
];

// What a program exports.
const STACK_OUTPUTS: ReviewedComponent = {
  type: "pulumi:pulumi:Stack",
  host: "web1",
  unit: "raw-stack",
  args: {
    sites: [{ url: "https://notes.example.org/", hostKey: WEB.hostKey, port: 443, isPublic: true }],
    names: ["notes"],
    recoveryKeyFile: "/run/secrets/recovery",
    kubeconfig: "users:\n- name: notes\n",
  },
};

const UNITS: readonly ReviewedComponent[] = everyUnit();

// One host that is everything at once: what a rule judges is there once, and the components that a program may declare beside ours.
function everyUnit(): readonly ReviewedComponent[] {
  const [web, store] = CONFIG.hosts.map((host) => reviewedComponents(stackModel(CONFIG), host));
  const cloud = CLOUD.hosts.slice(0, 1).flatMap((host) => reviewedComponents(stackModel(CLOUD), host));
  const named = (units: readonly ReviewedComponent[], name: string, as = name): readonly ReviewedComponent[] =>
    units.filter(({ unit }) => unit === name).map((unit) => ({ ...unit, host: "web1", unit: as, args: here(unit.args) }));
  return [
    ...(web ?? []),
    ...named(store ?? [], "vault"),
    ...named(store ?? [], "duties"),
    ...named(store ?? [], "monitor"),
    ...named(store ?? [], "records"),
    ...named(store ?? [], "collector"),
    ...named(store ?? [], "detectors"),
    ...named(store ?? [], "people", "vault-people"),
    ...["droplet", "host-key", "volume"].flatMap((name) => named(cloud, name)),
    ...RAW,
    STACK_OUTPUTS,
    ...madeUnits([...(web ?? []), ...cloud]),
    ...CLOUD_UNITS,
  ];
}

/** What components make of their arguments, as far as rules compare the two. */
function madeUnits(units: readonly ReviewedComponent[]): readonly ReviewedComponent[] {
  const of = (name: string, path: string): readonly Readonly<Record<string, unknown>>[] => {
    const list = valueAt(units.find(({ unit }) => unit === name)?.args, path);
    if (!Array.isArray(list)) throw new Error(`no list at ${path} of ${name}`);
    return list.map((entry) => Object.fromEntries(Object.entries(Object(entry) as object)));
  };
  const rulesOf = (direction: string, key: string): readonly object[] =>
    of("droplet", `settings.firewall.${direction}`).map(({ addresses, ...rule }) => ({ ...rule, [key]: structuredClone(addresses) }));
  const inboundRules = rulesOf("inbound", "sourceAddresses");
  const outboundRules = rulesOf("outbound", "destinationAddresses");
  const made = (unit: UnitName, type: string, args: object): ReviewedComponent => ({ type, host: "web1", unit, args });
  return [
    made("made-network", "docker:index/network:Network", of("databases", "networks")[0] ?? {}),
    made("made-firewall", "digitalocean:index/firewall:Firewall", { name: "web1", dropletIds: [1], inboundRules, outboundRules }),
    ...of("droplet", "settings.dns.records").map((record, index) =>
      made(`made-record-${index}`, "digitalocean:index/dnsRecord:DnsRecord", {
        domain: "example.org",
        ttl: 600,
        value: "203.0.113.7",
        ...record,
      }),
    ),
  ];
}

// As if it had been deployed: where it is, is known, and its key.
function here(args: object): object {
  const connection: unknown = Reflect.get(args, "connection");
  const known = { name: WEB.name, address: WEB.address, hostKey: WEB.hostKey };
  return typeof connection === "object" && connection !== null ? { ...args, connection: { ...connection, ...known } } : args;
}

/** The units of the one host, as plain data that may be spoilt: made anew at each call. */
export function goodUnits(): readonly ReviewedComponent[] {
  return structuredClone(UNITS);
}

/** The same without what is declared beside the hosts. */
export function hostUnits(): readonly ReviewedComponent[] {
  const beside: ReadonlySet<string> = new Set([STACK_OUTPUTS, ...CLOUD_UNITS].map(({ unit }) => unit));
  return goodUnits().filter(({ unit }) => !beside.has(unit));
}

/** One unit of the one host, made anew at each call. */
export function goodUnit(name: string): ReviewedComponent {
  const unit = UNITS.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  return structuredClone(unit);
}

/** What is at a dotted path; undefined if there is nothing. */
export function valueAt(holder: unknown, path: string): unknown {
  return path.split(".").reduce(member, holder);
}

/** Puts a value at a dotted path; `undefined` takes away what is there. */
export function putAt(holder: object, path: string, value: unknown): void {
  const keys = path.split(".");
  const parent = keys.length === 1 ? holder : valueAt(holder, keys.slice(0, -1).join("."));
  if (typeof parent !== "object" || parent === null) throw new Error(`nothing at ${path}`);
  const key = keys.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(parent, key);
  else Reflect.set(parent, key, value);
}

/** The dotted path of the text of a file, or of its texts where a version decides. */
export function textOf(name: UnitName, file: string): string {
  const files = valueAt(goodUnit(name).args, "files");
  const index = Array.isArray(files) ? files.findIndex((entry) => valueAt(entry, "path") === file) : -1;
  if (index < 0) throw new Error(`no file ${file}`);
  const path = `files.${String(index)}`;
  return valueAt(goodUnit(name).args, `${path}.texts`) === undefined ? `${path}.text` : `${path}.texts`;
}

/** Every path of a value, its maps and lists included; a name with a dot in it, which no path could say, ends its own. */
export function pathsOf(value: unknown, at = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [at];
  return [
    ...(at === "" ? [] : [at]),
    ...Object.entries(value).flatMap(([key, member]) => (key.includes(".") ? [] : pathsOf(member, at === "" ? key : `${at}.${key}`))),
  ];
}

/** A unit as a resource of a program, protected, and below its host. */
export function resource({ type, host, unit, args }: ReviewedComponent): AnalyzedResource {
  const name = `${host}-${unit}`;
  return {
    urn: `urn:pulumi:test::phiward::${type}::${name}`,
    type,
    name,
    inputs: Object.fromEntries(Object.entries(args)),
    options: { protect: true, ...(isOnHost(unit) ? { parent: HOST_URN } : {}) },
  };
}

function isOnHost(name: string): boolean {
  return name.startsWith("made-") || RAW.some(({ unit }) => unit === name);
}

const HOST_URN = "urn:pulumi:test::phiward::phiward:index:Host::web1";

/** The parent of what belongs to the one host, without arguments. */
export const HOST_RESOURCE: AnalyzedResource = { urn: HOST_URN, type: "phiward:index:Host", name: "web1", inputs: {} };

/** The whole stack with one unit in place of the good one. */
export function stackWith(spoilt: ReviewedComponent): readonly AnalyzedResource[] {
  return [HOST_RESOURCE, ...goodUnits().map((unit) => resource(unit.unit === spoilt.unit ? spoilt : unit))];
}

/** What a finding is about: controls of its own, which the rule must have too, or all of the rule's. */
export function about(rule: RuleFacts, { controls = rule.controls }: Finding): RuleFacts["controls"] {
  for (const control of controls) if (!rule.controls.includes(control)) throw new Error(`${rule.id}: found ${control} in a finding alone`);
  return controls;
}
