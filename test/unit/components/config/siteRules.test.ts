/** Rules across sites, services, ports and jails: the smallest change to an allowed configuration, and every sentence it earns. */
import { describe, expect, it } from "vitest";
import { WEB_JAILS } from "../../../../components/config/names";
import { changed, ed25519, faultsOf, GONE, smallest } from "../examples";
import { sited } from "../siteExamples";

const base = (): Record<string, unknown> => ({ ...smallest(), ...sited() });

const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
  [
    "sites without open ports",
    { publicPorts: GONE },
    ["publicPorts: found nothing, allowed: a list with 80/tcp and 443/tcp in it: sites need them"],
  ],
  [
    "a site whose port is open for another protocol",
    { "publicPorts.1.protocol": "udp" },
    ["publicPorts: found a list of 2, allowed: a list with 443/tcp in it: sites need it"],
  ],
  [
    "a droplet whose sites are asked for a path that they have not",
    {
      "hosts.0": {
        kind: "droplet",
        name: "cloud",
        region: "fra1",
        size: "s-2vcpu-4gb",
        firstHostKey: ed25519(3),
        alerts: { emails: ["ops@example.org"], uptimePath: "/alive" },
      },
    },
    [
      "hosts.0.alerts.uptimePath: found text of 6 characters, allowed: a path that a route of every site proxies, with GET among its methods, open to all networks and without a password",
    ],
  ],
  [
    "a droplet whose sites ask a monitor for a password",
    {
      secrets: [{ name: "desk-password", version: "1" }],
      "hosts.0": {
        kind: "droplet",
        name: "cloud",
        region: "fra1",
        size: "s-2vcpu-4gb",
        firstHostKey: ed25519(3),
        alerts: { emails: ["ops@example.org"], uptimePath: "/notes" },
      },
      "sites.0.basicAuth": { realm: "Front desk", users: [{ name: "desk", password: "desk-password" }] },
      "sites.0.routes.3.authentication": "session",
      "sites.1.allow": [],
    },
    [
      "hosts.0.alerts.uptimePath: found text of 6 characters, allowed: a path that a route of every site proxies, with GET among its methods, open to all networks and without a password",
    ],
  ],
  [
    "passwords that are too short, users that are there twice, and realms that ask for nothing",
    {
      secrets: [{ name: "desk-password", version: "1", short: true }],
      "sites.1.routes.0.basicAuth": {
        realm: "off",
        users: [
          { name: "desk", password: "desk-password" },
          { name: "desk", password: "desk-password" },
        ],
      },
    },
    [
      'sites.1.routes.0.basicAuth.realm: found text of 3 characters, allowed: 1 to 64 characters of printable ASCII without ", \\ and $, and another word than off',
      "sites.1.routes.0.basicAuth.users.1.name: found text of 4 characters, allowed: must be unique; already used by sites.1.routes.0.basicAuth.users.0.name",
      ...[0, 1].map(
        (user) =>
          `sites.1.routes.0.basicAuth.users.${String(user)}.password: found text of 13 characters, allowed: the name of a secret of 12 characters at least; set it by pulumi config set --secret --path 'secrets.NAME' < FILE, with its own name and file`,
      ),
    ],
  ],
  [
    "passwords that nothing asks for, or two of one request",
    {
      secrets: [{ name: "desk-password", version: "1" }],
      "sites.0.basicAuth": { realm: "Front desk", users: [{ name: "desk", password: "desk-password" }] },
      "sites.1.routes.0.basicAuthOff": true,
    },
    [
      "sites.0.routes.3.authentication: found text of 5 characters, allowed: session, or `basicAuthOff: true` beside it: a request has one password, for the web server or for the service",
      "sites.1.routes.0.basicAuthOff: found true, allowed: false: its site asks for no password; remove it",
    ],
  ],
  [
    "a route to no service",
    { "sites.1.routes.0.service": "web" },
    ["sites.1.routes.0.service: found text of 3 characters, allowed: the name of a service of kind container with a port"],
  ],
  [
    "a route to a service without a port",
    { "services.1.port": GONE },
    [
      "sites.0.routes.4.service: found text of 4 characters, allowed: the name of a service of kind container with a port",
      "sites.1.routes.0.service: found text of 4 characters, allowed: the name of a service of kind container with a port",
    ],
  ],
  ...["/phiward-error-400", "/phiward-silence", "/phiward-x/y", "/Phiward-x"].map(
    (path) =>
      [
        `a route where nginx answers errors: ${path}`,
        { "sites.1.routes.1": { path, service: "api" } },
        [
          `sites.1.routes.1.path: found text of ${String(path.length)} characters${path.includes("P") ? ", among them capital letters" : ""}, allowed: a path that does not begin with /phiward-: nginx answers errors there`,
        ],
      ] as const,
  ),
  [
    "two sites of one name",
    { "sites.1.name": "api.example.org" },
    ["sites.1.name: found text of 15 characters, allowed: must be unique among names and aliases of sites; already used by sites.0.name"],
  ],
  [
    "an alias that another site has as its name",
    { "sites.0.aliases.0": "www.example.org" },
    [
      "sites.0.aliases.0: found text of 15 characters, allowed: must be unique among names and aliases of sites; already used by sites.1.name",
    ],
  ],
  [
    "a path twice",
    { "sites.0.routes.2.path": "/notes/" },
    [
      "sites.0.routes.2.path: found text of 7 characters, allowed: must be unique, with or without a trailing /; already used by sites.0.routes.1.path",
    ],
  ],
  [
    "a path with dots",
    { "sites.1.routes.0.path": "/a/../b" },
    [
      "sites.1.routes.0.path: found text of 7 characters, allowed: a path without //, /. or /..: nginx resolves them before it selects a route",
    ],
  ],
  [
    "a certificate that is always due",
    { "sites.0.certificate.renewBeforeDays": 60 },
    ["sites.0.certificate.renewBeforeDays: found 60, allowed: less than days, which is 60"],
  ],
  [
    "a login that no route passes on",
    { "sites.0.login": "/login" },
    ["sites.0.login: found text of 6 characters, allowed: a path that one of the routes proxies, with POST among its methods"],
  ],
  [
    "a login that cannot be posted to",
    { "sites.0.routes.0.methods": ["GET"] },
    ["sites.0.login: found text of 14 characters, allowed: a path that one of the routes proxies, with POST among its methods"],
  ],
  [
    "a policy with a variable in it",
    { "sites.0.contentSecurityPolicy": "default-src $host" },
    [
      "sites.0.contentSecurityPolicy: found text of 17 characters, among them spaces, allowed: a string without $: nginx would substitute a variable",
    ],
  ],
  [
    "origins of sockets without sockets",
    { "sites.0.routes.3.webSocket": false },
    [
      "sites.0.routes.3.webSocketOrigins: found a list of 2, allowed: nothing, or `webSocket: true` beside it",
      "sites.0.routes.3.webSocketIdleSeconds: found 300, allowed: nothing, or `webSocket: true` beside it",
    ],
  ],
  [
    "sockets that cannot be opened",
    { "sites.0.routes.3.methods": ["POST"] },
    ["sites.0.routes.3.methods: found a list of 1, allowed: a list with GET, by which a WebSocket is opened"],
  ],
  [
    "an origin of sockets twice",
    { "sites.0.routes.3.webSocketOrigins": ["none", "none"] },
    [
      "sites.0.routes.3.webSocketOrigins.1: found text of 4 characters, allowed: must be unique; already used by sites.0.routes.3.webSocketOrigins.0",
    ],
  ],
  ...[
    "http://a.example.org",
    "https://*.example.org",
    "https://a.example.org/",
    "https://a.example.org:443",
    "https://A.example.org",
    "https://a.example.org:70000",
    "*",
  ].map(
    (origin) =>
      [
        `an origin that no browser sends, or anyone's: ${origin}`,
        { "sites.0.routes.3.webSocketOrigins": [origin] },
        [
          `sites.0.routes.3.webSocketOrigins.0: found text of ${String(origin.length)} ${origin.length === 1 ? "character" : "characters"}${/[A-Z]/.test(origin) ? ", among them capital letters" : ""}, allowed: https:// and a lowercase host name, perhaps with a port, or none for clients that are not browsers`,
        ],
      ] as const,
  ),
  [
    "patients' data that anyone may store, compressed",
    { "sites.0.routes.4.data": "patients" },
    ["cacheSeconds", "compress"].map(
      (key) =>
        `sites.0.routes.4.${key}: found ${key === "compress" ? "true" : "86400"}, allowed: nothing, or \`data: public\` beside it: never with patients' data`,
    ),
  ],
  [
    "what never changes, and is not stored",
    { "sites.0.routes.4.cacheSeconds": GONE },
    ["sites.0.routes.4.cacheImmutable: found true, allowed: false, or `cacheSeconds` beside it"],
  ],
  [
    "a cookie that is named twice",
    { "sites.0.readableCookies": ["csrftoken", "CSRFTOKEN"] },
    [
      "sites.0.readableCookies.1: found text of 9 characters, among them capital letters, allowed: must be unique; already used by sites.0.readableCookies.0",
    ],
  ],
  [
    "a cookie's name that nginx would read as a pattern",
    { "sites.0.readableCookies": ["~."] },
    ["sites.0.readableCookies.0: found text of 2 characters, allowed: 1 to 64 letters, digits and _ . -"],
  ],
  ...WEB_JAILS.map(
    (name) =>
      [
        `a jail that the sites have already: ${name}`,
        { bans: { jails: [{ name, filter: "postfix", journalMatch: "_COMM=app", ports: [80] }] } },
        [
          `bans.jails.0.name: found text of ${String(name.length)} characters, allowed: a name other than ${WEB_JAILS.join(", ")}: the jails of the sites have these names have these names have these names`,
        ],
      ] as const,
  ),
];

describe("rules of sites", () => {
  it("allow the example", () => {
    expect(faultsOf(base())).toEqual([]);
  });

  it.for(FAULTY)("refuse %s", ([, changes, sentences]) => {
    expect(faultsOf(changed(base(), changes))).toEqual(sentences);
  });

  it("allow a login below a prefix", () => {
    expect(faultsOf(changed(base(), { "sites.1.login": "/account/login" }))).toEqual([]);
  });
});
