import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stackModel } from "../../../../../components/containers/model";
import { TLS_DIRECTORY } from "../../../../../components/edge/certificates/settings";
import { nginx } from "../../../../../components/edge/nginx/concern";
import { mainText } from "../../../../../components/edge/nginx/mainText";
import { nginxPlan } from "../../../../../components/edge/nginx/plan";
import { type NginxRoute, type NginxSite, nginxSettings } from "../../../../../components/edge/nginx/settings";
import { siteText } from "../../../../../components/edge/nginx/siteText";
import { CONFINEMENT } from "../../../../../components/plan/confinement";
import { textsOf } from "../../../../../components/plan/files";
import { expectGolden, textOf } from "../../golden";
import { SITED } from "../../siteExamples";

// Ports follow from the services' definitions, which other concerns determine.
const STATE = {
  ...nginxSettings(stackModel(SITED)),
  upstreams: [
    { service: "api", port: 20_001 },
    { service: "docs", port: 20_002 },
  ],
};
const plan = nginxPlan(STATE);

const routes: fc.Arbitrary<readonly NginxRoute[]> = fc.uniqueArray(
  fc.record({
    path: fc.stringMatching(/^\/([a-z0-9._~-]{1,8}\/){0,2}[a-z0-9_~-]{0,8}$/),
    match: fc.constantFrom("prefix", "exact"),
    service: fc.constantFrom("api", "docs"),
    methods: fc.uniqueArray(fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE"), { minLength: 1 }),
    data: fc.constantFrom("patients", "public"),
    bodyKilobytes: fc.integer({ min: 1, max: 1_048_576 }),
    timeoutSeconds: fc.integer({ min: 1, max: 3600 }),
    clientTimeoutSeconds: fc.integer({ min: 5, max: 300 }),
    webSocket: fc.boolean(),
    webSocketIdleSeconds: fc.integer({ min: 10, max: 7200 }),
    webSocketOrigins: fc.constantFrom([], ["none"], ["https://portal.example.org"]),
    cacheSeconds: fc.option(fc.integer({ min: 1, max: 31_536_000 }), { nil: undefined }),
    cacheImmutable: fc.boolean(),
    compress: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5, selector: ({ path }) => path.replace(/\/$/, "") },
);

const site = (of: readonly NginxRoute[]): NginxSite => ({
  name: "api.example.org",
  names: ["api.example.org"],
  routes: of,
  login: undefined,
  contentSecurityPolicy: "default-src 'none'",
  sameSite: "strict",
  readableCookies: [],
  requestsPerSecond: 20,
  burst: 40,
  connections: 40,
});

/** The locations of a site's secure server block: what they are for, and their lines. */
function locations(text: string): ReadonlyMap<string, string> {
  const found = [...text.slice(text.lastIndexOf("\nserver {")).matchAll(/^ {4}location (.*) \{\n((?: {8}.*\n)*) {4}\}/gm)];
  return new Map(found.map(([, at = "", lines = ""]) => [at, lines]));
}

describe("the web server's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, { ...nginx, planned: () => ({ settings: STATE, plan }) });
  });

  it("sets what the maps of all sites read, also where no site has a login: nginx refuses a variable that nothing sets", () => {
    const without = nginxPlan({ ...STATE, sites: STATE.sites.map((site) => ({ ...site, login: undefined })) });
    const texts = without.files.flatMap(({ content }) => textsOf(content)).join("\n");
    for (const name of ["logins", "route_basic"]) {
      expect(texts).toContain(`$${name}`);
      expect(texts).toMatch(new RegExp(`^ *set \\$${name} `, "m"));
    }
  });

  it("keeps the keys of declared sites, and discards the others without a copy", () => {
    expect(plan.directories.find(({ path }) => path === TLS_DIRECTORY)).toEqual({
      path: TLS_DIRECTORY,
      owner: "root:root",
      mode: "0700",
      exclusive: {
        noun: "certificates",
        keep: ["api.example.org", ".api.example.org.[0-9]*", "www.example.org", ".www.example.org.[0-9]*"],
        discard: true,
      },
    });
  });

  it("adds headers in one file for each site and nowhere else: a location's own would drop all others", () => {
    const adding = plan.files.filter(({ content }) => JSON.stringify(content).includes("add_header")).map(({ path }) => path);
    expect(adding).toEqual(["api.example.org", "www.example.org"].map((name) => `/etc/nginx/phiward/headers-${name}.conf`));
    for (const { name } of STATE.sites) {
      const lines = textOf(plan, `/etc/nginx/phiward/site-${name}.conf`).split("\n");
      expect(lines.filter((line) => line.includes("headers-"))).toEqual([`    include /etc/nginx/phiward/headers-${name}.conf;`]);
    }
  });

  it("offers the hybrid group where OpenSSL has it, and never where it may not", () => {
    const content = plan.files.find(({ path }) => path.endsWith("/tls.conf"))?.content;
    if (content?.kind !== "versioned") throw new Error("tls.conf is not versioned");
    const { cases, otherwise } = content.versioned;
    expect(cases.map(({ atLeast, text }) => [atLeast, text.includes("X25519MLKEM768")])).toEqual([[[3, 5], true]]);
    expect(otherwise).not.toContain("MLKEM");
    for (const text of [...cases.map((entry) => entry.text), otherwise]) {
      expect(text).toMatch(/^ssl_protocols TLSv1\.3;$/m);
      expect(text).not.toContain("ssl_ciphers");
    }
  });

  it("has two locations for a prefix, and asks the method in each, whatever the routes", () => {
    fc.assert(
      fc.property(routes, (declared) => {
        const found = locations(siteText(site(declared), {}));
        const bare = (path: string): string => path.replace(/\/$/, "");
        const expected = declared.flatMap(({ path, match }) => {
          if (match === "exact") return [`= ${path}`];
          return bare(path) === "" ? ["/"] : [`= ${bare(path)}`, `^~ ${bare(path)}/`];
        });
        expect([...found.keys()].sort()).toEqual([...expected, ...(expected.includes("/") ? [] : ["/"])].sort());
        for (const [at, lines] of found)
          if (at === "/" && !expected.includes("/")) expect(lines).toMatch(/limit_req_dry_run on;\n.*\n {8}try_files \S+ =404;\n$/);
          else {
            expect(lines, at).toMatch(/if \(\$request_method !~ \^\(\?:[A-Z|]+\)\$\) \{\n {12}return 405;/);
            expect(lines, at).toContain(`${at.replace(/^\S+ /, "")};\n`);
            expect(lines, at).toMatch(/client_max_body_size \d+k;\n {8}client_body_buffer_size/);
          }
      }),
    );
  });

  it("logs nothing that a client chose", () => {
    const format = /log_format phiward '(.*)';/.exec(mainText(STATE))?.[1] ?? "";
    const fields = format.split(" ").map((field) => /^[a-z_]+=(\$[a-z_]+)$/.exec(field)?.[1]);
    expect(fields).not.toContain(undefined);
    const chosen = [
      "$request",
      "$request_uri",
      "$uri",
      "$args",
      "$query_string",
      "$http_referer",
      "$http_user_agent",
      "$remote_user",
      "$host",
    ];
    expect(fields.filter((field) => chosen.includes(field ?? ""))).toEqual([]);
  });

  it("counts each spelling of a login that a service may take for it, and its posts alone", () => {
    const pattern = /"~\*(\^api\\\.example\\\.org POST .*)\\z" yes;/.exec(mainText(STATE))?.[1] ?? "";
    const counted = (text: string): boolean => new RegExp(`${pattern}$`, "i").test(text);
    expect(["/session/login", "/session/login/", "/Session/LOGIN"].map((path) => counted(`api.example.org POST ${path}`))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ["api.example.org GET /session/login", "apixexample.org POST /session/login", "api.example.org POST /session/loginx"].some(counted),
    ).toBe(false);
  });

  it.for([
    [5, 900, 1],
    [10, 60, 10],
    [2, 86_400, 1],
  ] as const)("slows logins down to the pace of %i in %i seconds, as far as nginx can", ([maxRetry, findTime, aMinute]) => {
    expect(nginxSettings(stackModel({ ...SITED, bans: { ...SITED.bans, maxRetry, findTime } })).slowedLogins).toBe(aMinute);
  });

  it("ends what was begun before a reload, however long it may take", () => {
    expect(mainText(STATE)).toContain("worker_shutdown_timeout 120s;");
  });

  it("confines the service by every setting that our own programs are confined by, but for the mask of files", () => {
    const text = textOf(plan, "/etc/systemd/system/nginx.service.d/phiward.conf");
    for (const line of CONFINEMENT.split("\n").filter((setting) => setting !== "UMask=0077")) expect(text.split("\n")).toContain(line);
    const asked = plan.checks.find(({ id }) => id === "nginx-sandboxed")?.expect;
    for (const line of asked?.kind === "set" ? asked.lines : ["none"]) expect(text.split("\n")).toContain(line);
  });

  it("files each setting of TLS under the control that asks for it", () => {
    const controls = Object.fromEntries(plan.checks.map(({ id, control }) => [id, control]));
    expect(controls).toMatchObject({
      "nginx-ssl-protocols": "TLS-01",
      "nginx-ssl-conf-command": "TLS-02",
      "nginx-ssl-prefer-server-ciphers": "TLS-04",
      "nginx-ssl-session-tickets": "TLS-05",
      "nginx-ssl-stapling": "TLS-20",
    });
  });

  it("asks each site for its headers, its version and its redirect", () => {
    const ids = new Set(plan.checks.map(({ id }) => id));
    for (const { name } of STATE.sites)
      for (const what of ["headers", "tls13", "post-quantum", "no-tls12", "unknown-sni-rejected", "http-redirects"])
        expect(ids).toContain(`nginx-${name}-${what}`);
    expect(ids.size).toBe(plan.checks.length);
  });
});
