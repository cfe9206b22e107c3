/** The stack's file as it is written first: what was chosen, each section with its reason, laid out as Pulumi.prod.yaml is. */
import { stringify } from "yaml";
import { NAMESPACE } from "../../../components/config/keys";
import type { InitAnswers } from "./answers";

/** What the keys and lookups of `phiward init` came to. */
export interface InitFacts {
  readonly recoveryKey: string;
  readonly firstHostKey?: string;
  /** Images of the answers, by their digests. */
  readonly images: ReadonlyMap<string, string>;
}

/** Name of the host that keeps the backups. */
export const VAULT = "store";

// A second person is declared later, if ever.
const ALONE = { people: 1, reason: "phiward init knows of one person; name a second one here" };

/** The sections of the stack, as the schema takes them. */
export function stackSections(
  { host, person, adminNetworks, vault, alert, service, incidentPhone }: InitAnswers,
  facts: InitFacts,
): Record<string, unknown> {
  const image = (name: string): string => facts.images.get(name) ?? name;
  return {
    hosts: [
      host.kind === "existing"
        ? { kind: "existing", name: host.name, address: host.address }
        : {
            kind: "droplet",
            name: host.name,
            region: host.region,
            size: host.size,
            firstHostKey: facts.firstHostKey,
            alerts: { emails: [host.email], ...(service === undefined ? {} : { uptimePath: "/" }) },
          },
      ...(vault === undefined ? [] : [{ kind: "existing", name: VAULT, role: "vault", address: vault }]),
    ],
    people: [{ name: person.name, keys: [person.key], sudo: true }],
    adminNetworks: [...adminNetworks],
    ...(service === undefined
      ? {}
      : {
          publicPorts: [
            { port: 443, purpose: "HTTPS" },
            { port: 80, purpose: "HTTP, which only redirects to HTTPS" },
          ],
        }),
    recovery: { publicKey: facts.recoveryKey },
    ...(service === undefined
      ? {}
      : {
          services: [
            ...(service.postgres === undefined ? [] : [{ kind: "postgres", name: "db", image: image(service.postgres) }]),
            ...(service.redis === undefined ? [] : [{ kind: "redis", name: "cache", image: image(service.redis) }]),
            {
              kind: "container",
              name: service.name,
              image: image(service.image),
              port: service.port,
              health: { command: [...service.health] },
              uses: [...(service.postgres === undefined ? [] : ["db"]), ...(service.redis === undefined ? [] : ["cache"])],
            },
          ],
          sites: [{ name: service.site, certificate: { kind: "selfSigned" }, routes: [{ path: "/", service: service.name }] }],
        }),
    ...(vault === undefined ? {} : { backup: { every: "day", offsite: VAULT, restores: ALONE } }),
    ...(alert === undefined ? {} : { alerts: { ...alert } }),
    incidents: { contacts: [{ name: person.name, roles: ["technical", "security", "privacy", "legal"], phone: incidentPhone }] },
  };
}

const COMMENTS: Readonly<Record<string, readonly string[]>> = {
  hosts: ["The servers of this stack. An existing one gets its `hostKey` from `npx phiward adopt`, which shows it and pins it here."],
  people: ["Everybody who may log in, each with keys of their own (164.312(a)(2)(i)); at least one with sudo and without `expires`."],
  adminNetworks: ["Where you come from: never limited, never banned. Check that it is what the servers see of you, and add a second way."],
  publicPorts: ["Ports open to the world, beside SSH."],
  recovery: ["Emergency access (164.312(a)(2)(ii)). The private half is in the file that `phiward init` named: off line, in two places."],
  services: ["What runs in containers, each image by its digest."],
  sites: ["What the world reaches by HTTPS. The Content-Security-Policy of an API is the default: a web interface needs its own."],
  backup: ["Encrypted, checked daily, restored for a test every week (164.308(a)(7)(ii))."],
  incidents: ["Whom to call in an incident, by role: name a data protection officer and a lawyer who are others, once you have them."],
  alerts: ["Who hears of a backup, a check or a restore test that fails."],
};

/** The sections as text of a stack's file, with its heading. */
export function stackText(sections: Readonly<Record<string, unknown>>, heading = HEADING): string {
  const parts = Object.entries(sections).map(([section, value]) => {
    const comments = (COMMENTS[section] ?? []).map((line) => `  # ${line}\n`).join("");
    const body = stringify({ [`${NAMESPACE}:${section}`]: value }, { lineWidth: 0 });
    return `${comments}${body.replaceAll(/^(?=.)/gm, "  ")}`;
  });
  return [heading, `config:\n${parts.join("\n")}`].join("\n");
}

const HEADING = `# Written by \`npx phiward init\`. Pulumi.prod.yaml shows every key with its default and its reason, docs/configuration.md the limits of each.
# No secret is in this file, only public keys, addresses and choices: keep it under version control, where each change is reviewed.
`;
