/** The checks that are asked from outside, and the control that each belongs to. */
import type { ControlId } from "../../components/compliance/controls";
import type { CheckResult } from "./agent";

/** Of each host; the id is `outside-<key>`. */
export const OUTSIDE_HOST = {
  "ports-declared": "MON-05",
  "host-key-pinned": "SSH-14",
  "ssh-key-exchange": "SSH-11",
  "ssh-host-key-algorithms": "SSH-14",
  "ssh-ciphers": "SSH-12",
  "ssh-macs": "SSH-13",
} as const satisfies Readonly<Record<string, ControlId>>;

/** Of each site; the id is `outside-<site>-<key>`. */
export const OUTSIDE_SITE = {
  tls13: "TLS-01",
  certificate: "CRT-05",
  "no-tls12": "TLS-01",
  "unknown-sni-rejected": "TLS-16",
  "post-quantum": "TLS-03",
  headers: "TLS-07",
  "http-redirects": "TLS-16",
} as const satisfies Readonly<Record<string, ControlId>>;

/** A check of a host. */
export type OutsideHostCheck = keyof typeof OUTSIDE_HOST;
/** A check of a site. */
export type OutsideSiteCheck = keyof typeof OUTSIDE_SITE;

/** What a check from outside came to. */
export interface OutsideResult extends CheckResult {
  readonly control: ControlId;
}

/** What names a check of a host in its result. */
export function aboutHost(check: OutsideHostCheck): Pick<OutsideResult, "unit" | "id" | "control"> {
  return { unit: "outside", id: `outside-${check}`, control: OUTSIDE_HOST[check] };
}

/** What names a check of a site in its result. */
export function aboutSite(site: string, check: OutsideSiteCheck): Pick<OutsideResult, "unit" | "id" | "control"> {
  return { unit: "outside", id: `outside-${site}-${check}`, control: OUTSIDE_SITE[check] };
}
