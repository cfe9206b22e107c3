/** Passwords that nginx asks for, on the host of edge.test.ts, and by real requests. */
import { expect, it, type TestContext } from "vitest";
import { Bench } from "./bench";
import { waitFor } from "./waiting";

/** What is needed of edge.test.ts. */
interface Edge {
  readonly edge: (context: TestContext) => Promise<Bench>;
  /** The answer to a request for a path, with these headers. */
  readonly ask: (bench: Bench, outsider: number, path: string, headers: string) => Promise<string>;
}

const FIRST = { "desk-password": "correct horse battery", "scan-password": "staple-scanner-0001" };
const SECOND = { ...FIRST, "desk-password": "another horse entirely" };
const USERS = "/etc/nginx/phiward-users";

function basic(name: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString("base64")}\r\n`;
}

/** The host with users on its site, and one route that is open. */
function asking(bench: Bench, users: readonly string[], versions: readonly string[]): Bench {
  const [site] = bench.config.sites;
  const [first] = site?.routes ?? [];
  if (site === undefined || first === undefined) throw new Error("the configuration has no route");
  const route = { ...first, methods: ["GET" as const] };
  const basicAuth = {
    realm: "Front desk",
    passAuthorization: false,
    users: users.map((name) => ({ name, password: `${name}-password` })),
  };
  return new Bench(bench.sandbox, {
    ...bench.config,
    secrets: users.map((name, index) => ({ name: `${name}-password`, version: versions[index] ?? "" })),
    sites: [{ ...site, basicAuth, routes: [...site.routes, { ...route, path: "/open", basicAuthOff: true }] }],
  });
}

/** Tests of passwords with each request. */
export function passwords({ edge, ask }: Edge): void {
  const status = (answer: string): string => answer.slice(9, 12);

  it("are asked of everyone, changed and taken away by a deploy, hashed on the host, and not passed on", async (context) => {
    const bench = await edge(context);
    const asked = asking(bench, ["desk", "scan"], ["1", "1"]);
    const get = (path: string, headers = ""): Promise<string> => ask(bench, 0, path, headers);
    await asked.deploy(asked.plan("nginx"), FIRST);
    expect((await asked.deploy(asked.plan("nginx"), FIRST)).changed).toEqual([]);
    const ofNginx = async (of: Bench): Promise<readonly string[]> =>
      (await of.verify()).filter(({ unit, status: result }) => unit === "nginx" && result === "fail").map(({ id }) => id);
    expect(await ofNginx(asked)).toEqual([]);

    const without = await get("/notes/1");
    expect(without).toMatch(/^HTTP\/1\.1 401 [^]*\r\nWWW-Authenticate: Basic realm="Front desk"\r\n/);
    expect(JSON.parse(without.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status: 401 });
    const right = await get("/notes/1", basic("desk", FIRST["desk-password"]));
    expect(status(right)).toBe("200");
    expect(right.split("\r\n\r\n")[1]).not.toContain("Authorization");
    const tried = [
      await get("/notes/1", basic("desk", FIRST["scan-password"])),
      await get("/notes/1", basic("nobody", FIRST["desk-password"])),
      await get("/notes/1", basic("scan", FIRST["scan-password"])),
      await get("/open"),
      await get("/admin"),
    ];
    expect(tried.map(status)).toEqual(["401", "401", "200", "200", "404"]);

    // The password itself is where the agent put it, and nowhere else.
    const found = await bench.inside(
      ...["sh", "-c", 'grep -rslF "$1" /etc /var/lib /var/log /run /root || true', "sh", FIRST["desk-password"]],
    );
    expect(found.trim().split("\n")).toEqual(["/etc/phiward/basic-auth/desk-password.password"]);
    expect(await bench.inside("journalctl", "--quiet", "--no-pager", "--output=export")).not.toContain(FIRST["desk-password"]);
    const [site = ""] = bench.config.sites.map(({ name }) => name);
    const lines = async (): Promise<readonly string[]> => (await bench.inside("cat", `${USERS}/${site}`)).trim().split("\n");
    const before = await lines();
    expect(before).toEqual([expect.stringMatching(/^desk:\$6\$/), expect.stringMatching(/^scan:\$6\$/)]);
    expect(await bench.inside("stat", "--format=%a %U:%G", `${USERS}/${site}`)).toBe("640 root:www-data\n");

    const changed = asking(bench, ["desk", "scan"], ["2", "1"]);
    await changed.deploy(changed.plan("nginx"), SECOND);
    expect(status(await get("/notes/1", basic("desk", FIRST["desk-password"])))).toBe("401");
    expect(status(await get("/notes/1", basic("desk", SECOND["desk-password"])))).toBe("200");
    expect((await lines())[1]).toBe(before[1]);

    const short = { ...SECOND, "desk-password": "tiny-Zq1" };
    const refused = asking(bench, ["desk", "scan"], ["3", "1"]);
    const answer = await refused.apply(refused.plan("nginx"), short);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("secrets.desk-password: found text that cannot be the password of desk, allowed: 12 to 200 characters");
    expect(answer.stderr).not.toContain(short["desk-password"]);
    expect(status(await get("/notes/1", basic("desk", SECOND["desk-password"])))).toBe("200");

    await bench.inside("sh", "-c", `echo 'other:$6$a$b' >> ${USERS}/${site}`);
    expect(await ofNginx(changed)).toContain("nginx-users-as-declared");
    await changed.deploy(changed.plan("nginx"), SECOND);
    expect(await ofNginx(changed)).toEqual([]);

    const one = asking(bench, ["desk"], ["2"]);
    await one.deploy(one.plan("nginx"), SECOND);
    expect(status(await get("/notes/1", basic("scan", FIRST["scan-password"])))).toBe("401");
    expect(await bench.inside("ls", "/etc/phiward/basic-auth")).toBe("desk-password.password\nusers.json\n");
    expect(await lines()).toEqual([expect.stringMatching(/^desk:/)]);
  });

  it("are guessed at fifteen times by one address, which keeps all else; whoever looks for other programs is banned as ever", async (context) => {
    const bench = await edge(context);
    const one = asking(bench, ["desk"], ["2"]);
    await one.deploy(one.plan("nginx"), SECOND);
    const get = (path: string, headers = ""): Promise<string> => ask(bench, 9, path, headers).catch(() => "HTTP/1.1 refused");
    const right = basic("desk", SECOND["desk-password"]);
    for (let tries = 0; tries < 15; tries += 1)
      expect(status(await get("/notes/1", basic("desk", `guess number ${String(tries)}`)))).toBe("401");
    await waitFor("the end of passwords", async () => status(await get("/notes/1", right)) === "429");
    expect([await get("/notes/1"), await get("/open")].map(status)).toEqual(["401", "200"]);
    expect(status(await ask(bench, 0, "/notes/1", right))).toBe("200");
    for (let tries = 0; tries < 20; tries += 1) await get("/wp-login.php");
    await waitFor("the ban", async () => (await get("/open")) === "HTTP/1.1 refused");
    await bench.deploy(bench.plan("nginx"));
    expect(await bench.inside("find", USERS, "/etc/phiward/basic-auth", "-mindepth", "1")).toBe("");
    expect(status(await ask(bench, 0, "/notes/1", ""))).toBe("200");
  });
}
