/** What a web interface needs of the edge, on a second site of edge.test.ts: sockets, policies, cookies, stored files and large bodies. */
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { certificatePath } from "../../components/edge/certificates/settings";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { Bench } from "./bench";

const NAME = "web.sandbox.test";
const GIGABYTES = 2;
const SIZE = GIGABYTES * 1024 ** 3;
const POLICY =
  "default-src 'self'; script-src 'self' 'service-nonce'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
const NONCE = "'nonce-c2l4dGVlbiByYW5kb20gYg=='";

const SITE = {
  name: NAME,
  certificate: { kind: "selfSigned" },
  contentSecurityPolicy: POLICY,
  sameSite: "lax",
  readableCookies: ["csrftoken"],
  requestsPerSecond: 1000,
  burst: 1000,
  connections: 100,
  routes: [
    { path: "/", service: "api" },
    {
      path: "/live",
      service: "api",
      webSocket: true,
      webSocketIdleSeconds: 10,
      timeoutSeconds: 1,
      webSocketOrigins: ["https://portal.test"],
    },
    { path: "/study", service: "api", bodyKilobytes: SIZE / 1024, clientTimeoutSeconds: 60, timeoutSeconds: 120 },
    { path: "/assets", service: "api", data: "public", cacheSeconds: 600, cacheImmutable: true, compress: true },
    { path: "/patient", service: "api", clientTimeoutSeconds: 30 },
  ],
};

/** What of edge.test.ts these tests are run with. */
export interface Edge {
  readonly edge: (context: TestContext) => Promise<Bench>;
  readonly python: (bench: Bench, outsider: number, order: object) => Promise<unknown>;
}

interface Streamed {
  readonly head: string;
  readonly bytes: number;
  readonly seconds: number;
}

const deployed = new Map<Bench, Bench>();

/** The tests, in the group of the caller. */
export function webInterface({ edge, python }: Edge): void {
  // The site beside the others, deployed once.
  const web = async (context: TestContext): Promise<Bench> => {
    const base = await edge(context);
    const known = deployed.get(base);
    if (known !== undefined) return known;
    const bench = new Bench(base.sandbox, withSite(base.config));
    for (const unit of ["certificates", "nginx"]) await bench.deploy(bench.plan(unit));
    deployed.set(base, bench);
    return bench;
  };
  const ask = async (bench: Bench, order: object): Promise<unknown> => {
    const ca = join(bench.sandbox.dir, "web.pem");
    writeFileSync(ca, await bench.inside("cat", certificatePath(NAME)));
    return python(bench, 0, { ...order, name: NAME, ca });
  };
  // The head of an answer, with the names of its headers in lowercase.
  const curl = async (bench: Bench, path: string, ...options: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await execFromOutsider(bench.sandbox, 0, [
      "curl",
      ...["--silent", "--insecure", "--dump-header", "-", "--output", "/dev/null", "--max-time", "20", ...options],
      ...["--resolve", `${NAME}:443:${bench.host.address}`, `https://${NAME}${path}`],
    ]);
    return stdout.split("\r\n").map((line) => line.replace(/^[A-Za-z-]+:/, (name) => name.toLowerCase()));
  };
  const headers = (lines: readonly string[], name: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));

  it("comes to the declared state, with every check", async (context) => {
    const bench = await web(context);
    const ours = (await bench.verify()).filter(({ unit, id }) => unit === "nginx" && id !== "nginx-generation");
    expect(ours.filter(({ status }) => status === "fail")).toEqual([]);
    expect(ours.map(({ id }) => id)).toContain(`nginx-${NAME}-socket-1-own-origin`);
    expect((await bench.deploy(bench.plan("nginx"))).changed).toEqual([]);
  });

  it("opens WebSockets for its own pages and declared ones, there alone, and for nobody else", async (context) => {
    const bench = await web(context);
    const asked = ["Upgrade: websocket"];
    const requests = [
      ["/live/1", [...asked, `Origin: https://${NAME}`], 0],
      ["/live", [...asked, "Origin: https://portal.test"], 3],
      ["/live", [...asked, "Origin: https://evil.test"], 0],
      ["/live", [...asked, `Origin: https://${NAME}.evil.test`], 0],
      ["/live", [...asked, "Origin: null"], 0],
      ["/live", asked, 0],
      ["/live", ["Upgrade: h2c", `Origin: https://${NAME}`], 0],
      ["/patient", [...asked, `Origin: https://${NAME}`], 0],
      ["/live", [...asked, `Origin: https://${NAME}`], 12],
    ];
    const answers = (await ask(bench, { what: "upgrade", requests })) as readonly (readonly [string, string])[];
    const statuses = answers.map(([head]) => /^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    expect(statuses).toEqual(["101", "101", "403", "403", "403", "403", "200", "200", "101"]);
    // The second outlasts the second that a plain answer may take; the last does not outlast its idle time.
    expect([0, 1, 8].map((index) => answers[index]?.[1])).toEqual(["\u0081\u0002hi", "\u0081\u0002hi", ""]);
  });

  it("has its policy with the service's nonce, and the service's own beside it unless that one reports", async (context) => {
    const bench = await web(context);
    const policies = async (path: string): Promise<readonly string[]> => headers(await curl(bench, path), "content-security-policy");
    const [plain = "", ...none] = await policies("/patient/1");
    expect([plain.replace(/ (?=;)/, ""), none]).toEqual([POLICY.replace(" 'service-nonce'", ""), ["frame-ancestors 'self'"]]);
    expect(await policies("/patient/own")).toEqual([
      POLICY.replace("'service-nonce'", NONCE),
      "frame-ancestors 'self'",
      `default-src 'self'; script-src ${NONCE}`,
    ]);
    expect(await policies("/patient/reports")).toEqual([plain, "frame-ancestors 'self'"]);
    // Of frames the service says it in an older header, which a browser passes over beside a policy.
    const framed = await curl(bench, "/patient/denied");
    expect(headers(framed, "x-frame-options")).toEqual(["SAMEORIGIN"]);
    expect(headers(framed, "content-security-policy")).toEqual([plain, "frame-ancestors 'none'"]);
  });

  it("sends its cookies with links, and shows scripts the named one alone", async (context) => {
    const bench = await web(context);
    expect(headers(await curl(bench, "/patient/cookies"), "set-cookie")).toEqual([
      "csrftoken=2; Path=/; SameSite=Lax; Secure",
      "session=1; Path=/; Secure; HttpOnly; SameSite=Lax",
    ]);
  });

  it("has public files stored and compressed, and nothing else", async (context) => {
    const bench = await web(context);
    const said = async (path: string, name: string): Promise<readonly string[]> =>
      headers(await curl(bench, path, "--header", "Accept-Encoding: gzip"), name);
    expect(await said("/assets/app.js", "cache-control")).toEqual(["public, max-age=600, immutable"]);
    expect(await said("/assets/app.js", "content-encoding")).toEqual(["gzip"]);
    for (const path of ["/assets/visitor", "/assets/missing", "/patient/1"])
      expect(await said(path, "cache-control")).toEqual(["no-store"]);
    expect(await said("/patient/1", "content-encoding")).toEqual([]);
  });

  it.for(["--http1.1", "--http2"])("takes cookies of 9 KB: %s", async (version, context) => {
    const bench = await web(context);
    for (const size of [9000, 15_000]) {
      const [status] = await curl(bench, "/patient/1", version, "--header", `Cookie: a=${"x".repeat(size)}`);
      expect(status).toMatch(/^HTTP\/\S+ 200/);
    }
  });

  it("waits for a slow line as long as its route says, and no longer elsewhere", async (context) => {
    const bench = await web(context);
    const [waited, cut] = await Promise.all(["/patient", "/"].map((path) => ask(bench, { what: "slow", path, pause: 13 })));
    expect(waited).toBe("HTTP/1.1 200");
    expect(cut).not.toBe("HTTP/1.1 200");
  });

  it(`passes a study of ${String(GIGABYTES)} GB up and down, and ranges of one, without a copy on the host's disk`, async (context) => {
    const bench = await web(context);
    const used = async (): Promise<number> => {
      const { stdout } = await execInHost(bench.host, ["du", "-sk", "/var/lib/nginx", "/run/nginx-bodies", "/var/tmp", "/tmp"]);
      return stdout
        .trim()
        .split("\n")
        .reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
    };
    const before = await used();
    for (const order of [
      { up: true, size: SIZE },
      { up: true, size: 64 << 20, chunked: true },
      { up: false, size: SIZE },
    ]) {
      const running = ask(bench, { what: "stream", path: "/study", ...order }) as Promise<Streamed>;
      const ended = new AbortController();
      const watching = most(used, ended.signal);
      const { head, bytes, seconds } = await running.finally(() => {
        ended.abort();
      });
      const grown = (await watching) - before;
      expect([head.slice(0, 12), bytes]).toEqual(["HTTP/1.1 200", order.size]);
      expect(grown).toBeLessThan(1024);
      await context.annotate(
        `${String(bytes / 1024 ** 2)} MB ${order.up ? "up" : "down"} in ${String(seconds)} s, ${String(grown)} KB on the disk`,
      );
    }
    // As a browser sends it.
    const sent = join(bench.sandbox.dir, "study");
    writeFileSync(sent, "");
    truncateSync(sent, 256 << 20);
    expect((await curl(bench, "/study", "--http2", "--max-time", "600", "--upload-file", sent))[0]).toBe("HTTP/2 200 ");
    expect((await used()) - before).toBeLessThan(1024);
    const part = await curl(bench, `/study?${String(SIZE)}`, "--range", "1000000-1999999");
    expect([part[0]?.includes(" 206"), headers(part, "content-range"), headers(part, "content-length")]).toEqual([
      true,
      [`bytes 1000000-1999999/${String(SIZE)}`],
      ["1000000"],
    ]);
    // The most memory that any process of nginx has ever had.
    const peaks = (await bench.inside("sh", "-c", "for p in $(pgrep -x nginx); do grep VmHWM /proc/$p/status; done")).match(/\d+/g) ?? [];
    expect(peaks.length).toBeGreaterThan(1);
    for (const peak of peaks) expect(Number(peak)).toBeLessThan(200 * 1024);
    await context.annotate(`at most ${String(Math.max(...peaks.map(Number)))} KB of memory`);
  });
}

async function most(measured: () => Promise<number>, signal: AbortSignal): Promise<number> {
  let highest = await measured();
  while (!signal.aborted) highest = Math.max(highest, await measured());
  return highest;
}

function withSite(config: StackConfig): StackConfig {
  const { sites } = parseConfig({ ...config, sites: [SITE] });
  return { ...config, sites: [...config.sites, ...sites] };
}
