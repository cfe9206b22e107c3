/** JSON files of which a rule says again what they must hold, from the settings that a component shows. */
import { isDeepStrictEqual } from "node:util";
import { member, membersOf } from "../../components/config/unknown";
import type { Finding } from "../engine/rule";
import { jsonFile } from "./files";
import type { Value } from "./value";

/** What a file must hold; undefined where something that it follows from is not known. What is nothing is left out. */
export type Expected = (settings: Value) => unknown;

/** A map of these members; undefined if one of them is. */
export function whole(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  return Object.values(members).includes(undefined) ? undefined : members;
}

/** These members of a map, as plain data; those that it has not are left out. */
export function picked(holder: Value, keys: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  return whole(Object.fromEntries(keys.flatMap((key) => (holder.has(key) ? [[key, holder.at(key).plain()]] : []))));
}

/** What `read` gives of each member of a list; undefined if anything of it is. */
export function each<Read>(list: Value, read: (member: Value) => Read | undefined): readonly Read[] | undefined {
  const all = list.items()?.map(read);
  return all?.every((one) => one !== undefined) === true ? all : undefined;
}

/** Reports where the file holds anything else, by the first place alone: what is there is not repeated. */
export function demandJson(unit: Value, path: string, expected: unknown, report: (finding: Finding) => void): void {
  const file = jsonFile(unit, path, report);
  const found = file?.plain();
  if (file === undefined || found === undefined || expected === undefined) return;
  const place = difference(found, expected);
  if (place !== undefined)
    report({
      at: `${file.path} (${path})`,
      found: `another value${place === "" ? "" : ` at ${place}`}`,
      allowed: "what the settings give",
    });
}

// The path of the first difference; undefined if there is none.
function difference(found: unknown, expected: unknown, at = ""): string | undefined {
  if (isDeepStrictEqual(found, expected)) return undefined;
  if (Array.isArray(found) !== Array.isArray(expected) || !isHolder(found) || !isHolder(expected)) return at;
  const keys = [...new Set([...Object.keys(membersOf(expected)), ...Object.keys(membersOf(found))])];
  const key = keys.find((name) => !isDeepStrictEqual(member(found, name), member(expected, name)));
  // A name that is not expected may be anything.
  if (key === undefined || member(expected, key) === undefined) return at;
  const shown = /^\d+$/.test(key) || NAMES.has(key) ? key : "…";
  return difference(member(found, key), member(expected, key), at === "" ? shown : `${at}.${shown}`);
}

// Of the files' own; another one comes from the settings, and may be a secret in the wrong place.
const NAMES: ReadonlySet<string> = new Set(
  [
    "acl address backup base called check command container dataFile databases days definition directory escrow exampleImage first formerHostKeys",
    "from gid group homes host hosts image jobs keep key kind knownHosts last limit limits login mail major megabytes name names offsite",
    "offsiteUnit owner passwordFile paths port product renewBeforeDays repository request restorePeople sealedFile seconds secret secrets server service stopFirst",
    "services site sites to uid user users versions volume volumes watched webhook",
    "CapDrop CgroupParent Cmd Config Dns EndpointsConfig Env ExposedPorts Healthcheck HostConfig Image Init Interval Labels LogConfig Memory",
    "MemorySwap Mounts Name NoCopy NetworkMode NetworkingConfig PortBindings ReadOnly ReadonlyRootfs RestartPolicy Retries SecurityOpt ShmSize Source",
    "StartInterval StartPeriod StopSignal StopTimeout Target Test Timeout Tmpfs Type User VolumeOptions max-file max-size",
  ].flatMap((line) => line.split(" ")),
);

function isHolder(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
