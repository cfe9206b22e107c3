/** What there is to do so that a secret becomes another one; pure. */
import type { StackConfig } from "../../../components/config/schema";
import { OperatorError } from "../errors";
import { type EpochPlace, type KnownSecret, knownSecrets } from "./known";

/** What a rotation changes in the file, and what is left to people. */
export interface Rotations {
  /** Each once, with the secrets that it is about. */
  readonly epochs: readonly { readonly place: EpochPlace; readonly names: readonly string[] }[];
  /** Names of those that people bring, with who uses each. */
  readonly brought: readonly { readonly name: string; readonly users: readonly string[] }[];
  /** Keys that `--all` leaves out: something may be locked by each. */
  readonly left: readonly string[];
}

/** The rotation of one secret, or of all logins of one database, by its name. Throws OperatorError where that cannot be rotated. */
export function rotationOfOne(config: StackConfig, name: string): Rotations {
  const known = knownSecrets(config);
  const named = known.filter((secret) => secret.name === name);
  const found = named.length > 0 ? named : known.filter((secret) => isOfDatabase(secret, name));
  const first = found[0];
  if (first === undefined) {
    const names = [...new Set(known.filter(isRotated).map((secret) => secret.name))];
    throw new OperatorError(`NAME: found another name, allowed: ${names.join(", ")}`, 2);
  }
  const { rotation } = first;
  if (rotation.by === "nothing")
    throw new OperatorError(`NAME: found ${name}, which nobody rotates: ${rotation.why}; allowed: another secret`, 2);
  if (rotation.by === "renewal")
    throw new OperatorError(`NAME: found a site, allowed: a secret; the host makes another key with each certificate of ${name}`, 2);
  return together(found, known, []);
}

/** The rotation of all that hosts create, but for keys of services; those that were brought are left to people. */
export function rotationOfAll(config: StackConfig): Rotations {
  const known = knownSecrets(config);
  const isLocking = ({ kind, rotation }: KnownSecret): boolean =>
    kind === "key" && rotation.by === "epoch" && rotation.place.section !== "recovery";
  const left = known.filter(isLocking).map(({ name }) => name);
  return together(
    known.filter((secret) => isRotated(secret) && !isLocking(secret)),
    known,
    [...new Set(left)],
  );
}

function together(chosen: readonly KnownSecret[], known: readonly KnownSecret[], left: readonly string[]): Rotations {
  const places = new Map(
    chosen.flatMap(({ rotation }) => (rotation.by === "epoch" ? [[keyOf(rotation.place), rotation.place] as const] : [])),
  );
  const brought = new Map(chosen.flatMap(({ name, rotation }) => (rotation.by === "bringing" ? [[name, name] as const] : [])));
  return {
    epochs: [...places].map(([key, place]) => ({ place, names: namesAt(known, key) })),
    brought: [...brought.keys()].map((name) => ({ name, users: usersOf(known, name) })),
    left,
  };
}

function namesAt(known: readonly KnownSecret[], key: string): readonly string[] {
  return [...new Set(known.flatMap(({ name, rotation }) => (rotation.by === "epoch" && keyOf(rotation.place) === key ? [name] : [])))];
}

function usersOf(known: readonly KnownSecret[], name: string): readonly string[] {
  return [...new Set(known.filter((secret) => secret.name === name && secret.rotation.by === "bringing").flatMap(({ users }) => users))];
}

function isRotated({ rotation }: KnownSecret): boolean {
  return rotation.by === "epoch" || rotation.by === "bringing";
}

function isOfDatabase({ rotation }: KnownSecret, name: string): boolean {
  return (
    rotation.by === "epoch" &&
    rotation.place.section === "services" &&
    rotation.place.secret === undefined &&
    rotation.place.service === name
  );
}

function keyOf(place: EpochPlace): string {
  return JSON.stringify(place);
}
