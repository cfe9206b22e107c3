/** Values of settings and of resources, as no stack of ours has them. */

import { hasLimits } from "../../../policies/readers/containers";
import { policyFaults } from "../../../policies/readers/contentPolicy";
import { unprotected } from "../../../policies/readers/databases";
import { isWorld, isWorldTogether, prefixOf } from "../../../policies/readers/network";
import { webWords } from "../../../policies/readers/nginxWeb";
import { asChecked } from "../../../policies/readers/providerDefaults";
import { UNKNOWN, type Value } from "../../../policies/readers/value";
import { ofValue, type Reading, reading } from "./reading";

const SITE = { name: "app", names: ["App.Example.org"], readableCookies: ["theme"] };
const ROUTE = { path: "/live", webSocket: true, webSocketOrigins: ["none", "https://other.example.org"] };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Readers of values. */
export const OF_VALUES: readonly Reading[] = [
  reading("a content security policy", policyFaults, [
    ...[
      POLICY,
      `${POLICY};`,
      `; ;${POLICY}`,
      `${POLICY};  img-src   'self'  https://a.example.org `,
      "default-src 'self'",
      "",
      "x-src 'self'",
    ],
    ...["img-src", "script-src", "style-src-attr"].map((name) => `${POLICY}; ${name} 'service-nonce'`),
    ...[
      "'sha256-abc='",
      "'sha384-abc=='",
      "'sha512-ab_-'",
      "x'sha256-abc='",
      "'sha256-abc='x",
      "'sha257-abc='",
      "'sha256-abc==='",
      "'sha256-abc'",
    ].map((source) => `${POLICY}; script-src ${source}`),
    ...[
      "'wasm-unsafe-eval'",
      "'unsafe-eval'",
      "'unsafe-inline'",
      "'nonce-abc'",
      "'other'",
      "data:",
      "blob:",
      "$x",
      "$service_nonce",
    ].flatMap((source) => ["script-src", "style-src", "img-src"].map((name) => `${POLICY}; ${name} ${source}`)),
    ...[
      "*",
      "https:",
      "ftp:",
      "git+ssh:",
      "1x:",
      "x1.y:",
      "https://a.example.org:",
      "*:443",
      "*/x",
      "https://*",
      "https://*:8443",
      "a*",
      "https://a.example.org/*",
    ].map((source) => `${POLICY}; img-src ${source}`),
    ...[
      "*.org",
      "https://*.org",
      "*.example.org",
      "https://*.example.org",
      "a.*.org",
      "x*.org",
      "http://a.example.org",
      "ws://a",
      "ftp://a",
      "https://a/?http://b",
    ].map((source) => `${POLICY}; connect-src ${source}`),
    ...[
      `${POLICY}; report-uri http://a.example.org`,
      `${POLICY}; report-to data:`,
      `${POLICY}; sandbox allow-forms`,
      `${POLICY}; IMG-SRC *`,
    ],
  ]),
  reading("sockets and cookies of sites", (sites: unknown) => ofValue(sites, webWords), [
    [{ ...SITE, routes: [ROUTE] }],
    [
      { ...SITE, routes: [ROUTE, { ...ROUTE, path: "/", webSocket: false }] },
      { ...SITE, name: "b", names: ["b"], routes: [] },
    ],
    ...Object.keys(ROUTE).map((key) => [{ ...SITE, routes: [{ ...ROUTE, [key]: UNKNOWN }] }]),
    ...["name", "names", "readableCookies", "routes"].map((key) => [
      { ...SITE, routes: [ROUTE], [key]: UNKNOWN },
      { ...SITE, routes: [ROUTE] },
    ]),
    ...[[], UNKNOWN, 7],
  ]),
  reading("what a provider fills in", ([type, name, args]: readonly [string, string, unknown]) => asChecked(type, name, args), [
    ["docker:index/container:Container", "a", {}],
    ["docker:index/container:Container", "a", { name: "b", restart: null, start: undefined, mustRun: false }],
    ["docker:index/network:Network", "a", { ipamDriver: "own" }],
    ["docker:index/tag:Tag", "a", { x: 1 }],
    ...[
      "docker:index/plugin:Plugin",
      "docker:index/buildxBuilder:BuildxBuilder",
      "docker:index/secret:Secret",
      "docker:index/service:Service",
    ].map((type) => [type, "a", {}] as const),
    ...["docker:index/serviceConfig:ServiceConfig", "docker:index/volume:Volume", "digitalocean:index/volume:Volume", "", "docker"].map(
      (type) => [type, "a", {}] as const,
    ),
    ...[null, [], "text", UNKNOWN].map((args) => ["docker:index/container:Container", "a", args === UNKNOWN ? "not known" : args] as const),
  ]),
  reading("a network", (network: string) => [prefixOf(network), isWorld(network)], [
    ...[
      "10.0.0.0/8",
      "10.0.0.0/7",
      "10.0.0.1",
      "::/0",
      "2001:db8::/16",
      "2001:db8::/15",
      "2001:db8::1",
      "fe80:",
      "10.0.0.0/33",
      "::/129",
      "::/128",
      "x",
      "10.0.0/8",
    ],
    ...["1.2.3.4/32", "1.2.3.4/", "1.2.3.4x", "x1.2.3.4"],
  ]),
  reading("networks together", isWorldTogether, [
    ...[
      ["20.0.0.0/8"],
      ["20.0.0.0/8", "30.0.0.0/32"],
      ["20.0.0.0/8", "20.0.0.0/8"],
      ["10.0.0.0/8", "20.0.0.0/8"],
      ["2001::/16"],
      ["2001::/16", "2002::/17"],
    ],
    ...[["2001::/17", "2002::/18"], ["0.0.0.0"], ["::"], ["::ffff:1.2.3.4"], ["x"], []],
  ]),
  reading(
    "numbers, texts and ids",
    (raw: unknown) =>
      ofValue({ raw, far: UNKNOWN }, (value) => [
        value.at("raw").number(),
        value.at("raw").id(),
        value.at("raw").plain(),
        value.at("raw").isKnown(),
        value.at("far").isKnown(),
      ]),
    [
      ...[
        1,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        "1",
        "",
        true,
        null,
        [],
        [1, "a"],
        [1, Number.NaN],
        [UNKNOWN],
        { a: 1 },
        { a: null },
        { a: UNKNOWN },
        Symbol("x"),
      ],
    ],
  ),
  reading(
    "a fact that is asked for twice",
    (raw: object) => [1, 2].map(() => ofValue(raw, (value) => [value.once(fact), value.once(fact)])),
    [{ a: 1 }, { a: UNKNOWN }, { a: "x" }],
  ),
  reading("limits of a container", (container: object) => ofValue(container, hasLimits), [
    ...[
      {},
      { memory: 1 },
      { memorySwap: 1 },
      { cgroupParent: "a" },
      { memory: UNKNOWN },
      { memory: "x" },
      { memorySwap: "x" },
      { cgroupParent: 7 },
      { memory: null },
    ],
  ]),
  reading("why a database is not dumped", (because: string) => unprotected({ kind: "none", because }), [
    "",
    "  ",
    "it holds nothing that lasts",
  ]),
];

function fact(value: Value): number | undefined {
  return value.at("a").number();
}
