/** What the running host must say of its listeners. */
import type { ControlId } from "../../compliance/controls";
import { literal } from "../../plan/patterns";
import type { Check, Expectation } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import type { NginxListener } from "./listenerSettings";
import { authoritiesPath, authorityPath, networksLine, revocationsPath, verificationLine } from "./listenerText";

const HERE = "127.0.0.1";
// A connection that nobody closes in so many seconds was accepted.
const PATIENCE = "3";

export function listenerChecks(listeners: readonly NginxListener[] = []): readonly Check[] {
  return listeners.flatMap((listener) => [...tlsChecks(listener), networksCheck(listener), ...clientChecks(listener)]);
}

function tlsChecks({ name, port, site, minimumTls }: NginxListener): readonly Check[] {
  const handshake = (id: string, version: string, expect: Expectation): Check => ({
    id: `nginx-listener-${name}-${id}`,
    control: "TLS-24",
    argv: [
      ...["openssl", "s_client", "-connect", `${HERE}:${port}`, "-servername", site, `-${version}`],
      // What is served is what is there, whoever issued it; whether clients trust that is asked of the certificates.
      ...["-CAfile", certificatePath(site), "-partial_chain", "-verify_hostname", site, "-verify_return_error"],
    ],
    expect,
  });
  return [
    handshake("tls13", "tls1_3", { kind: "matches", pattern: "^New, TLSv1\\.3, Cipher is TLS_" }),
    minimumTls === "TLSv1.3"
      ? handshake("no-tls12", "tls1_2", { kind: "refused", code: 1, pattern: "alert protocol version" })
      : handshake("no-tls11", "tls1_1", { kind: "refused", code: 1, pattern: "alert protocol version|no protocols available" }),
  ];
}

function networksCheck({ name, networks }: NginxListener): Check {
  return effective(`nginx-listener-${name}-networks-only`, "TLS-24", networksLine(name, networks));
}

function clientChecks({ name, port, site, clientCertificates: clients }: NginxListener): readonly Check[] {
  if (clients === undefined) return [];
  const named = (what: string): Pick<Check, "id" | "control"> => ({ id: `nginx-listener-${name}-${what}`, control: "TLS-25" });
  return [
    effective(named("clients-verified").id, "TLS-25", verificationLine(name, clients.depth)),
    {
      ...named("closed-without-certificate"),
      argv: [
        ...["timeout", PATIENCE, "openssl", "s_client", "-connect", `${HERE}:${port}`, "-servername", site],
        ...["-CAfile", certificatePath(site), "-partial_chain", "-verify_return_error", "-ign_eof"],
      ],
      // Accepted, it would stay open until the time is up, which is another exit code.
      expect: { kind: "exit", code: 0 },
    },
    ...clients.authorities.map(
      (_, index): Check => ({
        ...named(`authority-${index + 1}-valid`),
        argv: ["openssl", "x509", "-noout", "-in", authorityPath(name, index), "-checkend", "0"],
        expect: { kind: "exit", code: 0 },
      }),
    ),
    // With its own list, an authority is as good as the list is new.
    ...clients.authorities.flatMap((_, index): readonly Check[] =>
      clients.revocations.length === 0
        ? []
        : [
            {
              ...named(`revocations-${index + 1}-valid`),
              argv: [
                ...["openssl", "verify", "-partial_chain", "-crl_check", "-CRLfile", revocationsPath(name)],
                ...["-CAfile", authoritiesPath(name), authorityPath(name, index)],
              ],
              expect: { kind: "exit", code: 0 },
            },
          ],
    ),
  ];
}

// Of the whole configuration as nginx reads it.
function effective(id: string, control: ControlId, line: string): Check {
  return { id, control, argv: ["/usr/sbin/nginx", "-T", "-q"], expect: { kind: "matches", pattern: `^\\s*${literal(line)}` } };
}
