/** Ports of a Compose service: here it listens on one, which nginx alone reaches. */
import { member } from "../../../components/config/unknown";
import type { Notes } from "./notes";
import { textOf } from "./words";

interface Listening {
  readonly port: number;
  /** Whether Compose publishes it on the host. */
  readonly isPublished: boolean;
}

/** The port that a service answers at, and whether people reach it from outside; undefined if it has none. */
export function portOf(service: string, ports: unknown, expose: unknown, notes: Notes): Listening | undefined {
  const published = list(ports).flatMap((entry) => containerPort(service, entry, notes));
  const exposed = list(expose).flatMap((entry) => containerPort(service, entry, notes));
  const [first, ...others] = [...new Set(published)];
  for (const port of others)
    notes.add(
      service,
      "ports",
      `${String(port)} is not taken over: a service answers at one port here, by HTTP; another one is for a listener, see docs/configuration.md`,
    );
  if (first !== undefined) return { port: first, isPublished: true };
  const [inner] = exposed;
  return inner === undefined ? undefined : { port: inner, isPublished: false };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

// [[address:]published:]container[/protocol], or the long form.
function containerPort(service: string, entry: unknown, notes: Notes): readonly number[] {
  const isLong = typeof entry === "object" && entry !== null;
  const text = isLong ? textOf(member(entry, "target")) : textOf(entry);
  const [address = "", protocol = textOf((isLong ? member(entry, "protocol") : undefined) ?? "tcp")] = text.split("/");
  const last = address.split(":").at(-1) ?? "";
  if (protocol !== "tcp") notes.add(service, "ports", "a UDP port is not taken over: services answer by HTTP, behind nginx");
  else if (/^\d+-\d+$/.test(last)) notes.add(service, "ports", "a range of ports is not taken over");
  else if (!/^\d{1,5}$/.test(last) || Number(last) < 1 || Number(last) > 65_535)
    notes.add(service, "ports", "found no number of a port; give its variable a value with --env-file");
  else return [Number(last)];
  return [];
}
