/**
 * Numbers of the users and groups that containers run as. The kernel knows no names: a number that a person, a daemon or another
 * container has as well is the same user to it, with the same files, and may look into its processes by proc(5). So containers have a
 * range that nothing else on a host takes from: below are people and the system's accounts (UID_MAX in login.defs(5), which the
 * host's baseline sets), above are the restore test's server (30000) and the ranges of systemd and subuid(5).
 */
import { createHash } from "node:crypto";
import { lastingName } from "./names";

/** First and last number that a container may have. */
export const CONTAINER_IDS = { first: 10_000, last: 29_999 } as const;

/** User and group of the restore test's server (components/host/phiward_host/backup/scratch.py). */
export const RESTORE_TEST_ID = 30_000;

// The upper half; the lower one is for the numbers that an image was built for.
const FIRST_DERIVED = 20_000;
const DERIVED = 10_000;

/** `uid:gid`, as a configuration declares it. */
export const USER_RULE = `uid:gid, both numbers from ${String(CONTAINER_IDS.first)} to ${String(CONTAINER_IDS.last)}: no other account of a host has these`;

/** The user and group of a service. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
}

/** What a service runs as. Throws Error where its declared user is not allowed. */
export function containerUser(service: {
  readonly name: string;
  readonly formerly: readonly string[];
  readonly user?: string | undefined;
}): ContainerUser {
  const { name, user } = service;
  const found = user === undefined ? derivedUser(lastingName(service)) : declaredUser(user);
  if (found === undefined) throw new Error(`services.${name}.user: found another text, allowed: ${USER_RULE}`);
  return found;
}

/** What a service that declares no user runs as: it follows from the name that the service keeps, as its volumes do, and so outlasts other services' changes. */
export function derivedUser(service: string): ContainerUser {
  const id = FIRST_DERIVED + (createHash("sha256").update(service).digest().readUInt32BE() % DERIVED);
  return { uid: id, gid: id };
}

/** The numbers of a declared user; undefined where the text is not allowed. */
export function declaredUser(text: string): ContainerUser | undefined {
  const [, uid, gid] = /^([1-9]\d{4}):([1-9]\d{4})$/.exec(text) ?? [];
  const user = { uid: Number(uid), gid: Number(gid) };
  return isContainerId(user.uid) && isContainerId(user.gid) ? user : undefined;
}

function isContainerId(id: number): boolean {
  return id >= CONTAINER_IDS.first && id <= CONTAINER_IDS.last;
}
