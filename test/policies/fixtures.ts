/** A stack that every rule lets pass, and ways to spoil it one value at a time. */
import { parseConfig } from "../../components/configFaults";
import type { AnalyzedResource } from "../../policies/analyze";
import { hostUnits, type JudgedUnit } from "../../policies/subject";

/** A stack's configuration with one host, two people and one public port. */
export const CONFIG = parseConfig({
  hosts: [
    {
      kind: "existing",
      name: "web1",
      address: "192.0.2.10",
      hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPbztxAhq75+xLcPDm5/ZKFcrfLYkp9+gDgLg2thhWP",
    },
  ],
  people: [
    { name: "anna", sudo: true, keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4 anna@laptop"] },
    { name: "ben", expires: "2027-01-31", keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"] },
  ],
  adminNetworks: ["198.51.100.0/24", "2001:db8:1::/48"],
  publicPorts: [{ port: 443, purpose: "the web site" }],
  recovery: { publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ" },
});

/** Names of the units of a host. */
export type UnitName = "baseline" | "people" | "ssh" | "ufw" | "fail2ban" | "verify";

/** The units of the one host, as plain data that may be spoilt: made anew at each call. */
export function goodUnits(): readonly JudgedUnit[] {
  return CONFIG.hosts.flatMap((host) => structuredClone(hostUnits(CONFIG, host)));
}

/** One unit of the one host, made anew at each call. */
export function goodUnit(name: UnitName): JudgedUnit {
  const unit = goodUnits().find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  return unit;
}

/** What is at a dotted path; undefined if there is nothing. */
export function valueAt(holder: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), holder);
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

/** The dotted path of the text of a file. */
export function textOf(name: UnitName, file: string): string {
  const files = valueAt(goodUnit(name).args, "files");
  const index = Array.isArray(files) ? files.findIndex((entry) => valueAt(entry, "path") === file) : -1;
  if (index < 0) throw new Error(`no file ${file}`);
  return `files.${String(index)}.text`;
}

/** Every path of a value, its maps and lists included. */
export function pathsOf(value: unknown, at = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [at];
  return [
    ...(at === "" ? [] : [at]),
    ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, at === "" ? key : `${at}.${key}`)),
  ];
}

/** A unit as a resource of a program. */
export function resource({ type, host, unit, args }: JudgedUnit): AnalyzedResource {
  const name = `${host}-${unit}`;
  return { urn: `urn:pulumi:test::phiward::${type}::${name}`, type, name, inputs: Object.fromEntries(Object.entries(args)) };
}

/** The whole stack with one unit in place of the good one. */
export function stackWith(spoilt: JudgedUnit): readonly AnalyzedResource[] {
  return goodUnits().map((unit) => resource(unit.unit === spoilt.unit ? spoilt : unit));
}
