import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** One access, as the audit log keeps it (supports 164.312(b)): who did what to which object, never what it says or whom it is about. */
export interface Access {
  /** The account, or null where none is known: what an outsider typed as a name may be a password. */
  readonly user: string | null;
  /** What was tried: a route's action such as `note.read`, or `none` where there is no such route. */
  readonly action: string;
  /** The id of the note, or null. */
  readonly object: string | null;
  /** The HTTP status of the answer. */
  readonly status: number;
  readonly address: string;
  readonly request: string;
}

/** Returns the audit line of an access: one line of JSON without its end. */
export function auditLine(access: Access, time: Date): string {
  const { user, action, object, status, address, request } = access;
  return JSON.stringify({ time: time.toISOString(), audit: 1, user, action, object, outcome: outcomeOf(status), status, address, request });
}

/** Returns the client's address as the proxy in front says it, else the connection's own. */
export function clientAddress(headers: IncomingHttpHeaders, peer: string | undefined): string {
  const told = headers["x-real-ip"];
  if (typeof told === "string" && isIP(told) !== 0) return told;
  // A socket of both families shows an IPv4 address mapped into IPv6 (RFC 4291, 2.5.5.2).
  return (peer ?? "unknown").replace(/^::ffff:/, "");
}

/** Returns the proxy's id of the request, else a new one. */
export function requestId(headers: IncomingHttpHeaders): string {
  const told = headers["x-request-id"];
  return typeof told === "string" && /^[\w.-]{1,64}$/.test(told) ? told : randomUUID();
}

function outcomeOf(status: number): "success" | "denied" | "refused" | "failure" {
  if (status < 400) return "success";
  if (status === 401) return "denied";
  return status < 500 ? "refused" : "failure";
}
