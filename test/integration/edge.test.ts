/** The edge on a real host, seen from a second address, with a small program in the place of the containers. */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { BANNED_CLIENTS } from "../../components/config/names";
import { stackModel } from "../../components/containers/model";
import { certificatePath } from "../../components/edge/certificates/settings";
import { securityHeaders } from "../../components/edge/nginx/headers";
import { nginxPlan } from "../../components/edge/nginx/plan";
import { nginxSettings } from "../../components/edge/nginx/settings";
import type { PlanFile } from "../../components/plan/files";
import { hostPlan } from "../../components/plan/hostPlan";
import { outsideChecks } from "../../ops/lib/outside";
import type { Prefix } from "../../ops/lib/programs";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { adminKey, Bench, benchConfig } from "./bench";
import type { Seen } from "./clinic";
import { crowd } from "./crowd";
import { deviceAuthority } from "./deviceAuthority";
import { passwords } from "./passwords";
import { useBench } from "./useBench";
import { pause, waitFor } from "./waiting";
import { webInterface } from "./webInterface";

const NAME = "api.sandbox.test";
const MARKER = "Jane-Doe-1970";
const ROUTES = [
  { path: "/login", match: "exact", service: "api", methods: ["POST"] },
  { path: "/notes", service: "api", bodyKilobytes: 16, timeoutSeconds: 1 },
  { path: "/health", match: "exact", service: "api", methods: ["GET", "HEAD"], data: "public" },
  { path: "/gone", service: "gone" },
  { path: "/page", service: "pages", methods: ["GET"], data: "public" },
];
const SERVICE = { kind: "container", image: `sha256:${"a".repeat(64)}`, port: 8080, health: { command: ["/health"] } };

const CONFIG = {
  publicPorts: [
    { port: 80, purpose: "HTTP" },
    { port: 443, purpose: "HTTPS" },
  ],
  services: ["api", "gone", "pages"].map((name) => ({ ...SERVICE, name })),
  sites: [
    {
      name: NAME,
      aliases: ["www.sandbox.test"],
      certificate: { kind: "selfSigned" },
      login: "/login",
      // What a page of it may load; an API may load nothing.
      contentSecurityPolicy:
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      routes: ROUTES,
    },
  ],
};

const useIt = useBench({ outsiders: 10, state: "adopted", config: CONFIG });

const UNITS = ["baseline", "ufw", "fail2ban", "certificates", "nginx"] as const;
const deployed = new Set<Bench>();
const PROBE = join(__dirname, "edge.py");

/** The bench with the edge on it; deployed once. */
async function edge(context: TestContext): Promise<Bench> {
  const bench = useIt(context);
  if (deployed.has(bench)) return bench;
  for (const unit of UNITS) await bench.deploy(bench.plan(unit));
  const { upstreams } = nginxSettings(stackModel(bench.config));
  const portOf = (name: string): number => upstreams.find(({ service }) => service === name)?.port ?? 0;
  for (const [unit, program, ...words] of [
    ["upstream-one", "upstream.py", String(portOf("api")), "one"],
    ["upstream-two", "upstream.py", String(portOf("api") + 1), "two"],
    ["pages", "pages.py", String(portOf("pages"))],
  ] as const) {
    await execInHost(bench.host, ["tee", `/root/${program}`], { stdin: readFileSync(join(__dirname, program), "utf8") });
    await bench.inside("systemd-run", "--quiet", `--unit=${unit}`, "python3", `/root/${program}`, ...words);
  }
  await trust(bench);
  await waitFor("the service", async () =>
    (await probe(bench, 0, "GET /health HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 200"),
  );
  deployed.add(bench);
  return bench;
}

function authority(bench: Bench): string {
  return join(bench.sandbox.dir, "site.pem");
}

async function trust(bench: Bench): Promise<void> {
  writeFileSync(authority(bench), await bench.inside("cat", certificatePath(NAME)));
}

async function python(bench: Bench, outsider: number, order: object): Promise<unknown> {
  const stdin = JSON.stringify({ address: bench.host.address, name: NAME, ca: authority(bench), ...order });
  const { code, stdout, stderr } = await execFromOutsider(bench.sandbox, outsider, ["python3", PROBE], { stdin });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Sends one request as it is; `@` in it stands for the site's name. */
async function probe(bench: Bench, outsider: number, bytes: string, options: object = {}): Promise<string> {
  const answers = await python(bench, outsider, { what: "raw", requests: [{ bytes: bytes.replace("@", NAME), ...options }] });
  return Array.isArray(answers) ? String(answers[0]) : "";
}

function request(method: string, path: string, headers = "", body = ""): string {
  const length = body === "" ? "" : `Content-Length: ${String(body.length)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: @\r\nConnection: close\r\n${headers}${length}\r\n${body}`;
}

function login(bench: Bench, outsider: number, password: string): Promise<string> {
  return probe(bench, outsider, request("POST", "/login", "", password)).catch(() => "refused");
}

/** Makes the host's certificate one that is not as declared. */
function due(bench: Bench, alias: string): Promise<string> {
  return bench.inside("sed", "-i", `s/"[a-z0-9]*\\.sandbox\\.test"$/"${alias}.sandbox.test"/`, "/etc/phiward/certificates.json");
}

describe("the edge", () => {
  it("comes to the declared state, and stays in it", async (context) => {
    const bench = await edge(context);
    for (const unit of UNITS) expect((await bench.deploy(bench.plan(unit))).changed, unit).toEqual([]);
    const ours = (await bench.verify()).filter(
      ({ unit, id }) => ["certificates", "nginx", "fail2ban"].includes(unit) && id !== `${unit}-generation`,
    );
    expect(ours.filter(({ status }) => status === "fail")).toEqual([]);
    expect(ours.length).toBeGreaterThan(80);
  });

  it("shows a stranger TLS 1.3 with the right name, its headers, and nothing else", async (context) => {
    const bench = await edge(context);
    const outside: Prefix = ["nsenter", `--net=/run/netns/${bench.sandbox.outsiders[0]?.netns ?? ""}`, "--"];
    const checks = await outsideChecks(bench.config, bench.host, { file: "", patience: bench.patience, outside, scanRate: 30_000 });
    const ours = checks.filter(({ id }) => id.includes(NAME) || id.includes("ports"));
    expect(ours.filter(({ status }) => status === "fail")).toEqual([]);
    expect(ours.length).toBe(8);
  });

  it.for([
    ["a route", request("GET", "/notes/1"), 200],
    ["a public route", request("GET", "/health"), 200],
    ["a refused login", request("POST", "/login", "", "wrong"), 401],
    ["an unknown path", request("GET", "/admin"), 404],
    ["a neighbour of a path", request("GET", "/notes-of-others"), 404],
    ["a method that is not allowed", request("DELETE", "/health"), 405],
    ["TRACE", request("TRACE", "/notes"), 405],
    ["a body that is too large", request("POST", "/notes", "", "x".repeat(17 * 1024)), 413],
    [
      "a chunked body that is too large",
      request("POST", "/notes", "Transfer-Encoding: chunked\r\n", "") + `5000\r\n${"x".repeat(0x5000)}\r\n0\r\n\r\n`,
      413,
    ],
    ["a path that is too long", request("GET", `/${"x".repeat(17_000)}`), 414],
    ["cookies of 15 KB", request("GET", "/notes/1", `Cookie: a=${"x".repeat(15_000)}\r\n`), 200],
    ["headers that are too long", request("GET", "/notes", `X-Long: ${"x".repeat(17_000)}\r\n`), 431],
    ["a line that is no request", "GET /a b HTTP/1.1\r\nHost: @\r\n\r\n", 400],
    ["a length and chunks", request("POST", "/notes", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400],
    ["a service that is not there", request("GET", "/gone"), 502],
    ["a service that hangs up", request("GET", "/notes/drop"), 502],
    ["a service that is too slow", request("GET", "/notes/slow"), 504],
  ] as const)("answers %s with all headers, each once", async ([, bytes, status], context) => {
    const bench = await edge(context);
    const answer = await probe(bench, 0, bytes, { seconds: 5 });
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    const lines = head.split("\r\n");
    expect(lines[0]).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    const [site] = bench.config.sites;
    for (const [name, value] of securityHeaders({ contentSecurityPolicy: site?.contentSecurityPolicy ?? "" }))
      expect(lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))).toEqual([`${name}: ${value}`]);
    const isPublic = bytes.startsWith("GET /health");
    expect(lines.filter((line) => /^cache-control:/i.test(line))).toEqual([
      `Cache-Control: ${isPublic ? "public, max-age=60" : "no-store"}`,
    ]);
    expect(answer).not.toMatch(/leaky|nginx\/|x-powered-by|samesite=none/i);
    if (status >= 400 && status !== 401) expect(JSON.parse(body)).toMatchObject({ status });
    if (status === 405) expect(lines).toEqual(expect.arrayContaining(bytes.startsWith("TRACE") ? [] : ["Allow: GET, HEAD"]));
    if (status === 200) expect(lines).toContain("Set-Cookie: session=1; Path=/; Secure; HttpOnly; SameSite=Strict");
  });

  it("tells the service who asks and what nginx read, whatever the client says", async (context) => {
    const bench = await edge(context);
    const lies =
      "X-Forwarded-For: 192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\nX-Request-ID: mine\r\nX-HTTP-Method-Override: DELETE\r\nProxy: evil\r\n";
    const answer = await probe(bench, 0, request("GET", "/admin/%2e%2e/notes/a%2Fb?q=1", lies));
    const seen = JSON.parse(answer.split("\r\n\r\n")[1] ?? "") as { path: string; headers: Readonly<Record<string, string>> };
    const from = bench.sandbox.outsiders[0]?.address;
    expect(seen.path).toBe("/notes/a/b?q=1");
    expect([seen.headers["X-Forwarded-For"], seen.headers["X-Real-IP"], seen.headers["X-Forwarded-Proto"]]).toEqual([from, from, "https"]);
    expect(seen.headers["X-Request-ID"]).toMatch(/^[0-9a-f]{32}$/);
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(["X-HTTP-Method-Override"]));
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(["Proxy"]));
  });

  it.for([
    ["a request of another name over HTTPS", "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", {}, ""],
    ["a request of another name over HTTP", "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", { plain: true }, ""],
    ["nonsense over HTTP", "\u0016\u0003\u0001\r\n\r\n", { plain: true }, ""],
    ["a request in the clear at the port of HTTPS", request("GET", "/health"), { clear: true }, ""],
    ["a request in the clear of another name there", "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", { clear: true }, ""],
    ["a post over HTTP", request("POST", "/notes", "", "x"), { plain: true }, "HTTP/1.1 308 "],
  ] as const)("gives %s nothing", async ([, bytes, options, start], context) => {
    const bench = await edge(context);
    const answer = await probe(bench, 0, bytes, options);
    expect(answer.slice(0, Math.max(start.length, 1))).toBe(start);
    expect(answer).not.toContain("version");
  });

  // Each from an address of its own: whoever does this is banned as well, a little later.
  it.for([
    [443, 5],
    [80, 6],
  ] as const)(
    "holds no more connections of an address than declared, also such as never end a request: port %i",
    async ([port, from], context) => {
      const bench = await edge(context);
      const held = await python(bench, from, { what: "hold", port, count: 8600 });
      await context.annotate(`${String(held)} of 8600 half requests held`);
      expect(held).toBeGreaterThan(100);
      expect(held).toBeLessThanOrEqual(500);
      expect((await probe(bench, 0, request("GET", "/health"))).slice(0, 12)).toBe("HTTP/1.1 200");
    },
  );

  it("logs each request by its route, and no path, query, header or body", async (context) => {
    const bench = await edge(context);
    const referrer = `Referer: https://x.test/?${MARKER}\r\nUser-Agent: ${MARKER}\r\nCookie: a=${MARKER}\r\nAuthorization: Bearer ${MARKER}\r\n`;
    const query = `?name=${MARKER}`;
    for (const bytes of [
      ...[
        `/notes/${MARKER}`,
        `/notes${query}`,
        `/${MARKER}`,
        `/notes/drop${query}`,
        `/gone${query}`,
        `/notes/slow${query}`,
        `/%zz${query}`,
      ].map((path) => request("GET", path, referrer)),
      request("TRACE", `/notes${query}`, referrer),
      request("POST", `/notes${query}`, referrer, "x".repeat(17 * 1024)),
      request("POST", "/notes", referrer, MARKER),
      `GET /a b${query} HTTP/1.1\r\n\r\n`,
      `GET /notes${query} HTTP/1.1\r\nHost: a ${MARKER}\r\n\r\n`,
    ])
      for (const plain of [false, true]) await probe(bench, 2, bytes, { seconds: 2, plain });
    for (let tries = 0; tries < 7; tries += 1) await login(bench, 3, MARKER);
    const journal = await bench.journal("--quiet", "--output=export", "--no-pager");
    expect(journal).toContain("route=/notes method=GET status=504");
    expect(journal).toContain("route=/gone method=GET status=502");
    expect(journal).not.toContain(MARKER);
    expect((await execInHost(bench.host, ["grep", "-rl", MARKER, "/var/log", "/var/lib/nginx", "/run/nginx-bodies"])).stdout).toBe("");
  });

  const status = (answer: string): string => answer.slice(9, 12);

  it("slows the logins of an address down after five failed ones, closes them after fifteen, and leaves all else open", async (context) => {
    const bench = await edge(context);
    const address = bench.sandbox.outsiders[1]?.address ?? "none";
    // fail2ban lists a ban before it acts.
    const isIn = async (jail: string): Promise<boolean> =>
      (await execInHost(bench.host, ["test", "-e", `${BANNED_CLIENTS}/${jail}/${address}`])).code === 0;
    for (let tries = 0; tries < 5; tries += 1) expect(status(await login(bench, 1, "wrong"))).toBe("401");
    await waitFor("the slower pace", () => isIn("nginx-login"));
    expect([status(await login(bench, 1, "right")), status(await login(bench, 1, "right"))]).toEqual(["200", "429"]);
    // Those that were under way.
    for (let tries = 0; tries < 12; tries += 1) await bench.inside("fail2ban-client", "set", "nginx-guesser", "attempt", address);
    await waitFor("the end of logins", () => isIn("nginx-guesser"));
    const closed = await login(bench, 1, "right");
    expect([status(closed), /^Retry-After: \d+\r$/m.test(closed)]).toEqual(["429", true]);
    expect(status(await probe(bench, 1, request("GET", "/notes/1")))).toBe("200");
    expect(await bench.inside("fail2ban-client", "banned")).not.toMatch(
      new RegExp(`'nginx-(scanner|unknown|limits)': \\[[^\\]]*'${address}'`),
    );
  });

  it("never limits or bans thirty people behind one address who open a page of 150 files twice, while it stops a guesser among them", async (context) => {
    const bench = await edge(context);
    const address = bench.sandbox.outsiders[7]?.address ?? "none";
    const entered = join(bench.sandbox.dir, "clinic-entered");
    const order = { address: bench.host.address, name: NAME, ca: authority(bench), people: 30, assets: 150, rounds: 2, entered };
    const program = ["-r", "ts-node/register/transpile-only", join(__dirname, "clinic.ts")];
    const load = execFromOutsider(bench.sandbox, 7, ["node", ...program], { stdin: JSON.stringify(order) });
    // Who comes behind the guesser logs in more slowly.
    await waitFor("their logins", () => existsSync(entered));
    const guesses = (await python(bench, 7, {
      what: "raw",
      requests: Array.from({ length: 100 }, () => ({ bytes: request("POST", "/login", "", "wrong").replace("@", NAME) })),
    })) as readonly string[];
    const { code, stdout, stderr } = await load;
    expect([code, stderr]).toEqual([0, ""]);
    const { seconds, largest, statuses } = JSON.parse(stdout) as Seen;
    const refused = guesses.filter((answer) => status(answer) === "429").length;
    await context.annotate(
      `${String(Object.values(statuses).reduce((sum, times) => sum + times))} requests in ${seconds.toFixed(1)} s, the slowest ${largest.toFixed(1)} s; ${String(refused)} of 100 guesses refused`,
    );
    expect(statuses).toEqual({
      ...{ "mistyped 401": 3, "login 200": 30, "page 200": 60, "file 200": 9000, "icon 404": 60, "logo 404": 60, "preflight 405": 60 },
    });
    expect(refused).toBeGreaterThan(30);
    expect(guesses.filter((answer) => status(answer) === "200")).toEqual([]);
    // Once fail2ban has read all of it.
    await waitFor("the guesser", async () => (await bench.inside("fail2ban-client", "status", "nginx-login")).includes(address));
    await pause("fail2ban reads the rest", 5);
    const banned = await bench.inside("fail2ban-client", "banned");
    expect(banned.split("{").filter((jail) => jail.includes(`'${address}'`) && !/'nginx-(login|guesser)'/.test(jail))).toEqual([]);
    expect(status(await probe(bench, 7, request("GET", "/page/")))).toBe("200");
    const lifted = await bench.inside("python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "bans", "lift", address);
    expect(lifted.split("\n")).toContain("nginx-login");
    expect(status(await login(bench, 7, "right"))).toBe("200");
  });

  it("believes a declared proxy alone about who asks: in records, for named networks, in bans, and for passwords with each request", async (context) => {
    const bench = await edge(context);
    const [site] = bench.config.sites;
    const [first] = site?.routes ?? [];
    if (site === undefined || first === undefined) throw new Error("the configuration has no route");
    const routes = [
      ...site.routes,
      { ...first, path: "/inside", methods: ["GET" as const], allow: ["198.51.100.7/32"] },
      { ...first, path: "/basic", methods: ["GET" as const], authentication: "basic" as const },
    ];
    const trustedProxies = [`${bench.sandbox.outsiders[8]?.address ?? ""}/32`];
    const behind = new Bench(bench.sandbox, { ...bench.config, trustedProxies, sites: [{ ...site, routes }] });
    for (const unit of ["ufw", "fail2ban", "nginx"]) await behind.deploy(behind.plan(unit));
    const failed = (await behind.verify()).filter(
      ({ unit, status: result }) => ["ufw", "fail2ban", "nginx"].includes(unit) && result === "fail",
    );
    // What stands in for the containers listens as no container does.
    expect(failed.map(({ id }) => id).filter((id) => id !== "listening-sockets-declared")).toEqual([]);
    const ask = (outsider: number, path: string, from: string, more = ""): Promise<string> =>
      probe(bench, outsider, request("GET", path, `X-Forwarded-For: ${from}\r\n${more}`)).catch(() => "HTTP/1.1 refused");
    const seenFrom = async (outsider: number, from: string): Promise<unknown> =>
      (JSON.parse((await ask(outsider, "/notes/1", from)).split("\r\n\r\n")[1] ?? "") as { headers: Record<string, string> }).headers[
        "X-Real-IP"
      ];
    expect([await seenFrom(8, "198.51.100.7"), await seenFrom(8, "192.0.2.1, 198.51.100.7")]).toEqual(["198.51.100.7", "198.51.100.7"]);
    expect(await seenFrom(0, "198.51.100.7")).toBe(bench.sandbox.outsiders[0]?.address);

    const inside = [
      await ask(8, "/inside", "198.51.100.7"),
      await ask(8, "/inside", "198.51.100.8"),
      await ask(0, "/inside", "198.51.100.7"),
    ];
    expect(inside.map(status)).toEqual(["200", "403", "403"]);

    for (let tries = 0; tries < 20; tries += 1) await ask(8, "/wp-login.php", "198.51.100.9");
    await waitFor("the ban", async () => status(await ask(8, "/notes/1", "198.51.100.9")) === "403");
    expect(status(await ask(8, "/notes/1", "198.51.100.7"))).toBe("200");

    const tries = [];
    for (let count = 0; count < 20; count += 1)
      tries.push(status(await ask(8, "/basic", "198.51.100.10", "Authorization: Basic wrong\r\n")));
    expect(tries.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => "401"));
    await waitFor(
      "the end of passwords",
      async () => status(await ask(8, "/basic", "198.51.100.10", "Authorization: Basic right\r\n")) === "429",
    );
    expect(status(await ask(8, "/basic", "198.51.100.10"))).toBe("401");
    expect(status(await ask(8, "/notes/1", "198.51.100.10"))).toBe("200");
    expect(status(await ask(8, "/basic", "198.51.100.7", "Authorization: Basic right\r\n"))).toBe("200");
    for (const unit of ["ufw", "fail2ban", "nginx"]) await bench.deploy(bench.plan(unit));
    expect(await seenFrom(8, "198.51.100.7")).toBe(bench.sandbox.outsiders[8]?.address);
  });

  it("notes that a request has SQL, and nothing of it", async (context) => {
    const bench = await edge(context);
    for (const query of ["?name=O%27Brien", "?id=1%20UNION%20SELECT%20password"]) await probe(bench, 1, request("GET", `/notes/1${query}`));
    const logged = await bench.journal("--unit=nginx", "--output=cat", "--no-pager", "--lines=20");
    const lines = logged.split("\n").filter((line) => line.includes(`client=${bench.sandbox.outsiders[1]?.address ?? "none"} `));
    expect(lines.slice(-2).map((line) => / tries=(\S*) /.exec(line)?.[1])).toEqual(["no", "sql"]);
    expect(logged).not.toMatch(/union|password/i);
  });

  it("bans who asks for what is not there, again and again", async (context) => {
    const bench = await edge(context);
    const scan = (): Promise<string> => probe(bench, 4, request("GET", "/wp-login.php")).catch(() => "refused");
    for (let tries = 0; tries < 20; tries += 1) expect((await scan()).slice(0, 12)).toBe("HTTP/1.1 404");
    await waitFor("the ban", async () => (await scan()) === "refused");
  });

  it("loses no request while certificates are renewed and services switched", async (context) => {
    const bench = await edge(context);
    const running = join(bench.sandbox.dir, "edge-load");
    const load = (kept: boolean): Promise<unknown> => python(bench, 0, { what: "load", running, rate: 150, kept, path: "/notes/1" });
    const settings = nginxSettings(stackModel(bench.config));
    for (const kept of [false, true]) {
      writeFileSync(running, "");
      const asked = load(kept);
      try {
        for (const shift of [1, 0]) {
          const upstreams = settings.upstreams.map(({ service, port }) => ({ service, port: port + shift }));
          await bench.deploy(hostPlan("nginx", null, nginxPlan({ ...settings, upstreams })));
          await pause("requests reach the version that was switched to", 1.5);
        }
        await due(bench, kept ? "kept" : "new");
        await bench.inside("systemctl", "start", "phiward-certificates.service");
        await pause("requests meet the renewed certificate", 1);
      } finally {
        rmSync(running);
      }
      const { seen, versions } = (await asked) as { seen: Readonly<Record<string, number>>; versions: Readonly<Record<string, number>> };
      expect(Object.keys(seen)).toEqual(["200"]);
      expect(Object.keys(versions).sort()).toEqual(["one", "two"]);
      expect(seen["200"]).toBeGreaterThan(10);
      await context.annotate(`${String(seen["200"])} requests over ${kept ? "kept" : "new"} connections, none lost`);
    }
    await bench.deploy(bench.plan("certificates"));
    await trust(bench);
  });

  it("refuses a setting that nginx refuses, while the old ones answer", async (context) => {
    const bench = await edge(context);
    const plan = bench.plan("nginx");
    const path = `/etc/nginx/phiward/site-${NAME}.conf`;
    const before = await bench.inside("sha256sum", "/etc/nginx/nginx.conf", path);
    const files = plan.files.map(
      (file): PlanFile => (file.path === path ? { ...file, content: { kind: "text", text: "server { listen 443 quik; }\n" } } : file),
    );
    const answer = await bench.apply({ ...plan, files });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain(`${path}: rejected by nginx; nothing was changed`);
    expect(await bench.inside("sha256sum", "/etc/nginx/nginx.conf", path)).toBe(before);
    expect((await probe(bench, 0, request("GET", "/notes"))).slice(0, 12)).toBe("HTTP/1.1 200");
  });
});

describe("a clinic behind one address", () => {
  crowd({ edge, login, ask: (bench, outsider, path) => probe(bench, outsider, request("GET", path)) });
});

describe("passwords", () => {
  // The server closes, so that a slow answer is waited for and a quick one ends at once.
  passwords({ edge, ask: (bench, outsider, path, headers) => probe(bench, outsider, request("GET", path, headers), { seconds: 20 }) });
});

/** The same host with listeners. */
function withListeners(bench: Bench, listeners: readonly object[]): Bench {
  return new Bench(bench.sandbox, benchConfig({ ...bench.sandbox, key: adminKey(bench.sandbox) }, { ...CONFIG, listeners }));
}

async function deployListeners(bench: Bench): Promise<readonly string[]> {
  for (const unit of ["ufw", "nginx"]) await bench.deploy(bench.plan(unit));
  const results = await bench.verify();
  const failed = results.filter(({ unit, status }) => ["ufw", "nginx"].includes(unit) && status === "fail").map(({ id }) => id);
  // What stands in for the containers listens as no container does.
  return failed.filter((id) => id !== "listening-sockets-declared");
}

describe("listeners", () => {
  const bytes = request("GET", "/notes", `X-Patient: ${MARKER}\r\n`);
  const ask = async (bench: Bench, outsider: number, options: object): Promise<unknown> =>
    python(bench, outsider, { what: "listener", bytes: bytes.replace("@", NAME), ...options });
  const OK = "HTTP/1.1 200";

  it("let named networks in by TLS 1.3, as many connections as declared, and nobody else", async (context) => {
    const bench = await edge(context);
    const [device] = bench.sandbox.outsiders;
    const networks = [`${device?.address ?? ""}/32`, "2001:db8:5::/64"];
    const listening = withListeners(bench, [{ name: "dicom", port: 2762, networks, site: NAME, service: "api", connections: 2 }]);
    expect(await deployListeners(listening)).toEqual([]);
    expect((await listening.deploy(listening.plan("nginx"))).changed).toEqual([]);
    expect(await ask(bench, 0, { port: 2762 })).toEqual([expect.stringMatching(OK)]);
    expect(await ask(bench, 2, { port: 2762 })).toEqual(["TimeoutError"]);
    expect(await ask(bench, 0, { port: 2762, newest: "TLSv1_2" })).toEqual(["SSLError"]);
    const several = (await ask(bench, 0, { port: 2762, count: 4 })) as readonly string[];
    expect(several.filter((answer) => answer.startsWith(OK))).toHaveLength(2);
    const journal = await bench.journal("--quiet", "--unit=nginx.service", "--grep=listener=", "--output=cat", "--no-pager");
    expect(journal).toMatch(new RegExp(`client=${device?.address ?? ""} listener=dicom status=200 .* tls=TLSv1\\.3 `));
    expect(journal).toContain("limited=REJECTED");
    expect(journal).not.toContain(MARKER);
  });

  it("are renamed, moved to another port, and ask for certificates, in one deploy; and go in one", async (context) => {
    const bench = await edge(context);
    const networks = [`${bench.sandbox.outsiders[0]?.address ?? ""}/32`];
    const { authority, certificate, stranger, revocations } = deviceAuthority(bench.sandbox.dir);
    const listener = { name: "hl7", port: 2575, networks, site: NAME, service: "api", minimumTls: "TLSv1.2" };
    const clientCertificates = { authorities: [authority] };
    const listening = withListeners(bench, [{ ...listener, clientCertificates }]);
    expect(await deployListeners(listening)).toEqual([]);
    expect(await ask(bench, 0, { port: 2762 })).toEqual(["TimeoutError"]);
    expect(await ask(bench, 0, { port: 2575, certificate })).toEqual([expect.stringMatching(OK)]);
    expect(await ask(bench, 0, { port: 2575, certificate, newest: "TLSv1_2" })).toEqual([expect.stringMatching(OK)]);
    expect(await ask(bench, 0, { port: 2575 })).toEqual([""]);
    expect(await ask(bench, 0, { port: 2575, certificate: stranger })).toEqual([""]);
    const revoking = withListeners(bench, [{ ...listener, clientCertificates: { ...clientCertificates, revocations: [revocations] } }]);
    expect(await deployListeners(revoking)).toEqual([]);
    expect(await ask(bench, 0, { port: 2575, certificate })).toEqual([""]);
    // Whoever opens it by hand is reported.
    await bench.inside("sed", "-i", "s/ssl_verify_client on;/ssl_verify_client off;/", "/etc/nginx/phiward/listeners.conf");
    await bench.inside("systemctl", "reload", "nginx.service");
    const failed = (await revoking.verify()).filter(({ unit, status }) => unit === "nginx" && status === "fail").map(({ id }) => id);
    expect(failed).toEqual(
      expect.arrayContaining(["nginx-listener-hl7-clients-verified", "nginx-listener-hl7-closed-without-certificate"]),
    );
    expect(await deployListeners(bench)).toEqual([]);
    expect(await ask(bench, 0, { port: 2575, certificate })).toEqual(["TimeoutError"]);
    expect(await bench.inside("nginx", "-T", "-q")).not.toMatch(/^(stream|load_module)/m);
  });
});

describe("certificates", () => {
  const served = (bench: Bench): Promise<string> =>
    bench.inside(
      "sh",
      "-c",
      `openssl s_client -connect 127.0.0.1:443 -servername ${NAME} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint`,
    );
  const servedUntil = (bench: Bench): Promise<string> =>
    bench.inside(
      "sh",
      "-c",
      `date +%s -d "$(openssl s_client -connect 127.0.0.1:443 -servername ${NAME} </dev/null 2>/dev/null | openssl x509 -noout -enddate | cut -d= -f2)"`,
    );
  const stored = (bench: Bench): Promise<string> => bench.inside("openssl", "x509", "-noout", "-fingerprint", "-in", certificatePath(NAME));

  it("are renewed by the sandboxed service, and served after it", async (context) => {
    const bench = await edge(context);
    const before = await served(bench);
    await due(bench, "w1");
    await bench.inside("systemctl", "start", "phiward-certificates.service");
    expect(await stored(bench)).not.toBe(before);
    await waitFor("the new certificate", async () => (await served(bench)) === (await stored(bench)));
    const metrics = "/var/lib/prometheus/node-exporter/phiward-certificates.prom";
    const shown = await bench.inside("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "cat", metrics);
    expect(shown).toContain(`phiward_certificate_expiry_seconds{site="${NAME}"} ${(await servedUntil(bench)).trim()}\n`);
  });

  it("stay as they are when nginx refuses its settings, and are new once it takes them", async (context) => {
    const bench = await edge(context);
    const before = await stored(bench);
    await due(bench, "w2");
    await bench.inside("sh", "-c", "echo 'nonsense;' >> /etc/nginx/nginx.conf");
    const { code } = await execInHost(bench.host, ["systemctl", "start", "phiward-certificates.service"]);
    expect(code).not.toBe(0);
    expect([await stored(bench), await served(bench)]).toEqual([before, before]);
    expect(await bench.journal("-u", "phiward-certificates", "-o", "cat")).toContain("the previous ones were restored");
    await bench.deploy(bench.plan("nginx"));
    await bench.deploy(bench.plan("certificates"));
    expect((await bench.verify()).filter(({ unit, status }) => unit === "certificates" && status === "fail").map(({ id }) => id)).toEqual(
      [],
    );
  });

  it("of a site that is taken out stay until nothing reads them, so a deploy cut off before nginx leaves the other site served", async (context) => {
    const bench = await edge(context);
    const [site] = bench.config.sites;
    if (site === undefined) throw new Error("the configuration has no site");
    const other = "other.sandbox.test";
    const two = new Bench(bench.sandbox, { ...bench.config, sites: [site, { ...site, name: other, aliases: [] }] });
    const names = async (): Promise<readonly string[]> => (await bench.inside("ls", "/etc/phiward/tls")).trim().split("\n");
    const answer = async (name: string): Promise<string> =>
      (
        await execInHost(bench.host, [
          ...["curl", "--silent", "--max-time", "5", "--cacert", certificatePath(NAME), "--output", "/dev/null"],
          ...["--write-out", "%{http_code}", "--resolve", `${name}:443:127.0.0.1`, `https://${name}/health`],
        ])
      ).stdout;
    for (const unit of ["certificates", "nginx"]) await two.deploy(two.plan(unit));
    expect(await names()).toEqual([NAME, other]);
    // The deploy that takes it out is cut off here, and the host restarts its web server.
    await bench.deploy(bench.plan("certificates"));
    await bench.inside("systemctl", "restart", "nginx.service");
    expect([await answer(NAME), await names()]).toEqual(["200", [NAME, other]]);
    // The next one ends it.
    await bench.deploy(bench.plan("nginx"));
    expect([await answer(NAME), await answer(other), await names()]).toEqual(["200", "000", [NAME]]);
  });

  it.for([
    ["may be written by anybody", "chmod -R 0777 /etc/phiward/tls"],
    ["are closed, and another's", "chown -R nobody /etc/phiward/tls; chmod -R 0000 /etc/phiward/tls"],
    ["are cut off", "truncate --size=100 /etc/phiward/tls/.*/*.pem"],
  ] as const)("that %s are named, and replaced by the next deploy", async ([, damage], context) => {
    const bench = await edge(context);
    const before = await served(bench);
    await bench.inside("sh", "-ec", damage);
    const failed = (await bench.verify()).filter(({ unit, status }) => unit === "certificates" && status === "fail");
    expect(failed.map(({ id }) => id)).toContain("certificates-as-declared");
    expect((await bench.deploy(bench.plan("certificates"))).changed.length).toBeGreaterThan(0);
    expect(await stored(bench)).not.toBe(before);
    await waitFor("the new certificate", async () => (await served(bench)) === (await stored(bench)));
    expect((await bench.verify()).filter(({ unit, status }) => unit === "certificates" && status === "fail")).toEqual([]);
    expect((await bench.deploy(bench.plan("certificates"))).changed).toEqual([]);
  });

  it("match their keys whenever a renewal is killed, and are served by the next", async (context) => {
    const bench = await edge(context);
    for (let tries = 0; tries < 8; tries += 1) {
      await due(bench, `k${String(tries)}`);
      await bench.inside(
        "sh",
        "-c",
        `timeout -s KILL 0.${String(8 + tries * 4).padStart(2, "0")} python3 -I /usr/local/lib/phiward/phiward.pyz certificates renew || true`,
      );
      await bench.inside("/usr/sbin/nginx", "-t", "-q");
      await bench.inside("systemctl", "reload", "nginx.service");
    }
    await bench.inside("systemctl", "start", "phiward-certificates.service");
    await waitFor("the last certificate", async () => (await served(bench)) === (await stored(bench)));
    expect((await bench.inside("ls", "-A", "/etc/phiward/tls")).trim().split("\n")).toHaveLength(2);
    await bench.deploy(bench.plan("certificates"));
  });
});

describe("a web interface", () => {
  webInterface({ edge, python });
});
