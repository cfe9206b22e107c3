/** What an outsider sees of a site: its TLS, its certificate, its headers, and plain HTTP. */

import { X509Certificate } from "node:crypto";
import { HTTP_PORTS } from "../../components/config/names";
import { policyPattern } from "../../components/edge/nginx/contentPolicy";
import { securityHeaders } from "../../components/edge/nginx/headers";
import type { NginxSite } from "../../components/edge/nginx/settings";
import { aboutSite, type OutsideResult, type OutsideSiteCheck } from "./outsideControls";
import { type Prefix, through } from "./programs";
import { type ToolAnswer, tool } from "./tool";

const HYBRID_GROUP = "X25519MLKEM768";

/** Probes one site at a host's address; `from` is put before each command. */
export async function siteChecks(site: NginxSite, address: string, from: Prefix): Promise<readonly OutsideResult[]> {
  const handshake = (name: string, ...options: readonly string[]): Promise<ToolAnswer> =>
    tool(through(from, ["openssl", "s_client", "-connect", at(address, HTTP_PORTS.tls), "-servername", name, ...options]));
  const ask = (scheme: string, port: number, path: string): Promise<ToolAnswer> =>
    tool(
      through(from, [
        ...(["curl", "--silent", "--show-error", "--include", "--max-time", "20"] as const),
        // Whether its certificate is to be trusted is asked elsewhere; a self-signed one is known to its clients alone.
        ...["--insecure", "--connect-to", `${site.name}:${String(port)}:${at(address, port)}`, `${scheme}://${site.name}${path}`],
      ]),
    );
  const [tls13, tls12, unknownName, hybrid, secure, plain] = await Promise.all([
    handshake(site.name, "-tls1_3"),
    handshake(site.name, "-tls1_2"),
    handshake(`not-${site.name}`, "-tls1_3"),
    handshake(site.name, "-tls1_3", "-groups", HYBRID_GROUP),
    ask("https", HTTP_PORTS.tls, answeredPath(site)),
    ask("http", HTTP_PORTS.plain, "/"),
  ]);
  const result = judge(site.name);
  return [
    result("tls13", tls13, "TLS 1.3", /New, TLSv1\.3, Cipher is TLS_/.test(tls13.stdout)),
    certificateCheck(site, tls13),
    // OpenSSL that was built without TLS 1.2 cannot ask.
    unless(/no protocols available/.test(tls12.stderr), aboutSite(site.name, "no-tls12"), "openssl here has no TLS 1.2", () =>
      result("no-tls12", tls12, "a refusal of the version", /alert protocol version/.test(tls12.stderr)),
    ),
    result("unknown-sni-rejected", unknownName, "a refusal of the name", /unrecognized name/.test(unknownName.stderr)),
    unless(/SSL_CONF_cmd/.test(hybrid.stderr), aboutSite(site.name, "post-quantum"), `openssl here has no ${HYBRID_GROUP}`, () =>
      result("post-quantum", hybrid, `TLS 1.3 with ${HYBRID_GROUP}`, /New, TLSv1\.3, Cipher is TLS_/.test(hybrid.stdout)),
    ),
    headerCheck(site, secure),
    result(
      "http-redirects",
      plain,
      `a redirect to https://${site.name}/`,
      /^HTTP\/1\.1 308 /.test(plain.stdout) && lines(plain.stdout).includes(`location: https://${site.name}/`),
    ),
  ];
}

// A path or method that the site has not would count as a scanner's with the host's bans.
function answeredPath({ routes }: NginxSite): string {
  return routes.find(({ methods }) => methods.includes("GET"))?.path ?? "/";
}

function at(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${String(port)}`;
}

type Judge = (what: OutsideSiteCheck, answer: ToolAnswer, expected: string, holds: boolean) => OutsideResult;

function judge(site: string): Judge {
  return (what, { stdout, stderr, missing }, expected, holds) => {
    const check = aboutSite(site, what);
    if (missing) return { ...check, status: "skipped", reason: "openssl or curl is not installed here" };
    if (holds) return { ...check, status: "pass" };
    return { ...check, status: "fail", expected, seen: (stderr.trim() || stdout).slice(0, 500) };
  };
}

function unless(cannot: boolean, about: ReturnType<typeof aboutSite>, reason: string, check: () => OutsideResult): OutsideResult {
  return cannot ? { ...about, status: "skipped", reason } : check();
}

function certificateCheck(site: NginxSite, answer: ToolAnswer): OutsideResult {
  const pem = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(answer.stdout)?.[0];
  const certificate = pem === undefined ? undefined : new X509Certificate(pem);
  const named = certificate !== undefined && site.names.every((name) => certificate.checkHost(name) !== undefined);
  const valid =
    certificate !== undefined && Date.parse(certificate.validFrom) <= Date.now() && Date.now() < Date.parse(certificate.validTo);
  return judge(site.name)("certificate", answer, `a certificate that is valid now, for ${site.names.join(", ")}`, named && valid);
}

// Header names in lowercase, as HTTP/2 has them.
function lines(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => line.replace(/^[A-Za-z-]+:/, (name) => name.toLowerCase()));
}

function headerCheck(site: NginxSite, answer: ToolAnswer): OutsideResult {
  const seen = lines(answer.stdout);
  const policy = new RegExp(policyPattern(site));
  const missing = securityHeaders(site)
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .filter((header) => {
      const isIt = (line: string): boolean => (header.startsWith("content-security-policy:") ? policy.test(line) : line === header);
      return seen.filter(isIt).length !== 1;
    });
  return judge(site.name)("headers", answer, missing.join("\n"), missing.length === 0);
}
