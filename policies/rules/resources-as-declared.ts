/** Whether what a component makes is what it declares: a transformation of the program may change a resource, and not the component. */
import type { Finding, HostRule, HostUnits } from "../engine/rule";
import { CONTAINER, containersOf, DATABASES, SERVICES } from "../readers/containers";
import { DROPLET } from "../readers/droplets";
import type { Value } from "../readers/value";

const NETWORK = "docker:index/network:Network";
const RECORD = "digitalocean:index/dnsRecord:DnsRecord";

/** What is judged in a component's arguments must be what is made. */
export const resourcesAsDeclared: HostRule = {
  id: "resources-as-declared",
  description: "The containers, networks and DNS records that a component makes are those that it declares.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-13", "CRT-04", "CTR-09"],
  remedy: "take out the transformation of the program that changes what a component makes",
  notWaivable: "what other rules find is worth nothing where something else is made",
  judge(host, report) {
    judgeContainers(host, report);
    judgeNetworks(host, report);
    judgeRecords(host, report);
  },
};

// What decides what runs in a container, as whom, and how much of the host it may take. The rest is judged by rules of its own, or is
// filled in by the provider.
const OF_CONTAINER = ["image", "user", "command", "entrypoints", "envs", "memory", "memorySwap", "cgroupParent", "networkMode"];

function judgeContainers(host: HostUnits, report: (finding: Finding) => void): void {
  const declared = [DATABASES, SERVICES].flatMap((type) => host.of(type)).flatMap(containersOf);
  const byName = new Map(declared.map((container) => [container.at("name").text(), container] as const));
  for (const made of host.of(CONTAINER)) {
    const name = made.at("name").text();
    const wanted = name === undefined ? undefined : byName.get(name);
    if (wanted === undefined) continue;
    for (const key of OF_CONTAINER) {
      const [asked, given] = [argumentOf(wanted, key), argumentOf(made, key)];
      if (asked === undefined || given === undefined || asked === given || (asked === NOTHING && isMade(made))) continue;
      report({ at: made.at(key).path, found: "another value than its component declares", allowed: "the one that is declared" });
    }
  }
}

const NOTHING = "[]";

// Of a container that is made, Pulumi's engine shows its state, in which Docker has filled in what nobody asked for, such as the command
// of its image. What is asked for is judged before: by the gate, and at the preview that makes it.
function isMade(container: Value): boolean {
  return container.has("networkDatas") && container.at("networkDatas").plain() !== undefined;
}

// As JSON; an empty list is as good as none. Undefined where it is not known.
function argumentOf(container: Value, key: string): string | undefined {
  const value = container.has(key) ? container.at(key).plain() : [];
  return value === undefined ? undefined : JSON.stringify(value);
}

function judgeNetworks(host: HostUnits, report: (finding: Finding) => void): void {
  const declared = host
    .of("phiward:docker:Databases")
    .flatMap((unit) => unit.at("networks").items() ?? [])
    .map((network) => ({ name: network.at("name").text(), internal: network.at("internal").flag() }));
  for (const made of host.of(NETWORK)) {
    const name = made.at("name").text();
    const internal = made.has("internal") ? made.at("internal").flag() : false;
    if (name === undefined || internal === undefined) continue;
    if (declared.some((network) => network.name === name && network.internal === true) && !internal)
      report({ at: made.at("internal").path, found: "a network with a way out", allowed: "internal, as its component declares it" });
  }
}

// Without a single one the program leaves records to somebody else, or is judged by its configuration alone.
function judgeRecords(host: HostUnits, report: (finding: Finding) => void): void {
  const records = host.of(RECORD).map(said);
  if (records.length === 0 || records.includes(undefined)) return;
  for (const droplet of host.of(DROPLET)) {
    const settings = droplet.at("settings");
    if (!settings.has("dns")) continue;
    for (const record of settings.at("dns").at("records").items() ?? []) {
      const wanted = said(record);
      if (wanted !== undefined && !records.includes(wanted))
        report({ at: record.path, found: "a record that is made as another one, or not at all", allowed: "the one that is declared" });
    }
  }
}

function said(record: Value): string | undefined {
  const [type, name] = [record.at("type").text(), record.at("name").text()];
  const tag = record.has("tag") ? record.at("tag").text() : "";
  return type === undefined || name === undefined || tag === undefined
    ? undefined
    : JSON.stringify([type, name, type === "CAA" ? tag : ""]);
}
