/** Rules of the sites' certificates: what is allowed separately and not together, and what a brought one must hold. */
import { X509Certificate } from "node:crypto";
import { isCertificate, issuedInOrder, pemBlocks } from "./certificateChain";
import { asText, type Disallowed, each, type Found, inside } from "./paths";
import { member } from "./unknown";

/** The authority behind the directories `production` and `staging`, as CAA records name it. */
export const LETS_ENCRYPT = "letsencrypt.org";

/** Everything about certificates that is allowed separately and not together. */
export function certificateRules(stack: unknown, sites: readonly Found[]): readonly Disallowed[] {
  return [...sites.flatMap(certificateFaults), ...accountFaults(sites), ...challengeFaults(stack, sites), ...issuerFaults(stack, sites)];
}

/** The names of secrets that certificates need: the key of a brought one, and the token of dns-01. */
export function certificateSecrets(stack: unknown): readonly Found[] {
  return each(stack, ["sites", "*", "certificate"]).flatMap((certificate) => {
    const kind = member(certificate.value, "kind");
    return inside([certificate], kind === "provided" ? ["key"] : kind === "acme" ? ["token"] : ["none"]);
  });
}

function certificateFaults(site: Found): readonly Disallowed[] {
  const certificate = member(site.value, "certificate");
  const path = [...site.path, "certificate"];
  switch (member(certificate, "kind")) {
    case "selfSigned":
      return selfSignedFaults(certificate, path);
    case "acme":
      return acmeFaults(certificate, path);
    case "provided":
      return providedFaults(site, certificate, path);
    default:
      return [];
  }
}

function selfSignedFaults(certificate: unknown, path: Disallowed["path"]): readonly Disallowed[] {
  const [days, before] = [member(certificate, "days"), member(certificate, "renewBeforeDays")];
  return typeof days === "number" && typeof before === "number" && before >= days
    ? [{ path: [...path, "renewBeforeDays"], message: `less than days, which is ${String(days)}` }]
    : [];
}

function acmeFaults(certificate: unknown, path: Disallowed["path"]): readonly Disallowed[] {
  const isDns = member(certificate, "challenge") === "dns-01";
  const hasToken = member(certificate, "token") !== undefined;
  const isLetsEncrypt = usesLetsEncrypt(certificate);
  return [
    ...(isDns && !hasToken ? [{ path: [...path, "token"], message: "the name of a secret in phiward:secrets: dns-01 needs it" }] : []),
    ...(!isDns && hasToken ? [{ path: [...path, "token"], message: "nothing: only dns-01 uses it" }] : []),
    ...["rehearsal", "ca"]
      .filter((key) => isLetsEncrypt && member(certificate, key) !== undefined)
      .map((key) => ({ path: [...path, key], message: "nothing: only a directory of your own, by its address, uses it" })),
  ];
}

/** Whether a certificate of kind acme comes from Let's Encrypt. */
function usesLetsEncrypt(certificate: unknown): boolean {
  return ["production", "staging"].includes(asText(member(certificate, "directory") ?? "production") ?? "");
}

function providedFaults(site: Found, certificate: unknown, path: Disallowed["path"]): readonly Disallowed[] {
  const chain = asText(member(certificate, "chain"));
  const blocks = chain === undefined ? [] : pemBlocks(chain);
  const [leaf] = blocks;
  if (leaf === undefined) return [];
  const at = [...path, "chain"];
  if (!blocks.every(isCertificate)) return [{ path: at, message: "certificates as PEM: one of these cannot be read" }];
  const names = [member(site.value, "name"), ...each(site.value, ["aliases", "*"]).map(({ value }) => value)];
  const lacking = names.filter((name) => typeof name === "string" && new X509Certificate(leaf).checkHost(name) === undefined).length;
  return [
    ...(lacking > 0
      ? [{ path: at, message: `first a certificate for the site's name and all its aliases: it lacks ${String(lacking)} of them` }]
      : []),
    ...(issuedInOrder(blocks) ? [] : [{ path: at, message: "each certificate followed by the one that it was issued by" }]),
  ];
}

// A host has one account at a directory, and an account one address.
function accountFaults(sites: readonly Found[]): readonly Disallowed[] {
  const first = new Map<unknown, unknown>();
  return sites.flatMap(({ value, path }) => {
    const certificate = member(value, "certificate");
    if (member(certificate, "kind") !== "acme") return [];
    const directory = member(certificate, "directory") ?? "production";
    const email = member(certificate, "email");
    if (!first.has(directory)) first.set(directory, email);
    return first.get(directory) === email
      ? []
      : [
          {
            path: [...path, "certificate", "email"],
            message: "the same as at the first site of this directory: a host has one account there",
          },
        ];
  });
}

// Each application host serves every site, and the authority asks the one that the name leads it to.
function challengeFaults(stack: unknown, sites: readonly Found[]): readonly Disallowed[] {
  const hosts = each(stack, ["hosts", "*"]).filter(({ value }) => (member(value, "role") ?? "application") === "application");
  if (hosts.length < 2) return [];
  return sites
    .filter(({ value }) => member(member(value, "certificate"), "kind") === "acme")
    .filter(({ value }) => (member(member(value, "certificate"), "challenge") ?? "http-01") === "http-01")
    .map(({ path }) => ({
      path: [...path, "certificate", "challenge"],
      message: `dns-01: the site is on ${String(hosts.length)} hosts, and by http-01 the authority asks only one of them`,
    }));
}

// The records would forbid what the site asks for.
function issuerFaults(stack: unknown, sites: readonly Found[]): readonly Disallowed[] {
  const names = sites
    .filter(({ value }) => member(member(value, "certificate"), "kind") === "acme" && usesLetsEncrypt(member(value, "certificate")))
    .flatMap(({ value }) => [member(value, "name"), ...each(value, ["aliases", "*"]).map((alias) => alias.value)])
    .flatMap((name) => asText(name) ?? []);
  return each(stack, ["hosts", "*", "dns"])
    .filter(({ value }) => {
      const zone = asText(member(value, "zone"));
      const issuers: unknown = member(value, "issuers") ?? [];
      const holds = zone !== undefined && names.some((name) => name === zone || name.endsWith(`.${zone}`));
      return holds && Array.isArray(issuers) && !issuers.includes(LETS_ENCRYPT);
    })
    .map(({ path }) => ({
      path: [...path, "issuers"],
      message: `a list with ${LETS_ENCRYPT} in it: sites in the zone have certificates of it`,
    }));
}
