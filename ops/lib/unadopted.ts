/** Servers of a stack whose host keys are not in its file yet, since each is adopted by itself. */
import { createHash } from "node:crypto";
import { member, membersOf } from "../../components/config/unknown";

/** Names of the existing servers without a host key in the file's values, in order. */
export function unadopted(raw: unknown): readonly string[] {
  return hostsOf(raw).flatMap((host) => (isUnadopted(host) ? [String(member(host, "name"))] : []));
}

/**
 * The file's values with a key that nobody has for each server but `adopting` that has none: the rules hold for the rest of the file, and
 * an adoption dials no other server. Never for a deploy.
 */
export function withStandInKeys(raw: Readonly<Record<string, unknown>>, adopting: string): Record<string, unknown> {
  if (!Array.isArray(raw["hosts"])) return { ...raw };
  const hosts = hostsOf(raw).map((host, index) =>
    isUnadopted(host) && member(host, "name") !== adopting ? { ...membersOf(host), hostKey: standIn(index) } : host,
  );
  return { ...raw, hosts };
}

function hostsOf(raw: unknown): readonly unknown[] {
  const hosts = member(raw, "hosts");
  return Array.isArray(hosts) ? hosts : [];
}

function isUnadopted(host: unknown): boolean {
  return member(host, "kind") === "existing" && member(host, "hostKey") === undefined;
}

// A well-formed Ed25519 key (RFC 8709 section 4): its private half is nobody's.
function standIn(index: number): string {
  const type = "ssh-ed25519";
  const point = createHash("sha256")
    .update(`not adopted ${String(index)}`)
    .digest();
  const blob = Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type), Buffer.from([0, 0, 0, point.length]), point]);
  return `${type} ${blob.toString("base64")}`;
}
