/** Certificates of an authority on a real host: pebble, which checks each name as a real one does, refuses, limits, and goes away. */
import { afterAll, describe, expect, it, type TestContext } from "vitest";
import { certificatePath } from "../../components/edge/certificates/settings";
import { RESTORE_COMMAND } from "../../ops/commands/restore";
import { ask, type CheckResult, verifyAnswer } from "../../ops/lib/agent";
import { overSsh } from "../../ops/lib/ssh";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { AcmeServer, type AuthorityName } from "./acmeServer";
import { adminKey, Bench, benchConfig } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const SITE = "api.sandbox.test";
const SERVICE = "phiward-certificates.service";
const useIt = useBench({ outsiders: 2, state: "adopted" });
let server: AcmeServer | undefined;
afterAll(() => server?.close());

/** What of a configuration differs between the tests. */
interface Wanted {
  /** Names of each site, the first one its own. */
  readonly sites: readonly (readonly string[])[];
  readonly from?: AuthorityName;
  readonly certificate?: object;
  readonly formerHostKeys?: readonly string[];
}

async function authorities(context: TestContext): Promise<{ bench: Bench; acme: AcmeServer }> {
  const bench = useIt(context);
  server ??= await AcmeServer.start(bench.sandbox, bench.host);
  return { bench, acme: server };
}

function declared(bench: Bench, acme: AcmeServer, { sites, from = "real", certificate, formerHostKeys = [] }: Wanted): Bench {
  const authority = {
    kind: "acme",
    email: "ops@sandbox.test",
    directory: acme.directory(from),
    rehearsal: acme.directory("rehearsal"),
    ca: acme.ca,
  };
  const service = { kind: "container", name: "api", image: `sha256:${"a".repeat(64)}`, port: 8080, health: { command: ["/health"] } };
  const isBrought = JSON.stringify(certificate ?? {}).includes("site-key");
  const config = benchConfig(
    { ...bench.sandbox, key: adminKey(bench.sandbox) },
    {
      publicPorts: [80, 443].map((port) => ({ port, purpose: "the sites" })),
      services: [service],
      // Who deploys hands the value over.
      ...(isBrought ? { secrets: [{ name: "site-key", version: "1" }] } : {}),
      sites: sites.map(([name, ...aliases]) => ({
        ...{ name, aliases, certificate: certificate ?? authority },
        routes: [{ path: "/notes", service: "api" }],
      })),
      backup: { every: "day" },
      alerts: { webhook: `http://${bench.sandbox.adminAddress}:9/` },
    },
  );
  return new Bench(bench.sandbox, { ...config, hosts: config.hosts.map((host) => ({ ...host, formerHostKeys: [...formerHostKeys] })) });
}

/** Deploys what serves sites; returns what changed. */
async function deploy(bench: Bench, secrets: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const certificates = await bench.deploy(bench.plan("certificates"), secrets);
  const nginx = await bench.deploy(bench.plan("nginx"));
  return [...certificates.changed, ...nginx.changed];
}

async function failed(bench: Bench): Promise<readonly CheckResult[]> {
  // Of what serves sites alone: there is no more on this host.
  const plans = ["certificates", "nginx"].map((unit) => bench.plan(unit));
  const { results } = await ask(bench.target(), { mode: "verify", plans, generations: {}, strict: false }, verifyAnswer, bench.patience);
  return results.filter(({ id, status }) => status === "fail" && !id.endsWith("-generation"));
}

async function failedIds(bench: Bench): Promise<readonly string[]> {
  return (await failed(bench)).map(({ id }) => id);
}

async function served(bench: Bench, name = SITE): Promise<string> {
  const ask = `openssl s_client -connect 127.0.0.1:443 -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -issuer -serial`;
  return bench.inside("sh", "-c", ask);
}

function kept(bench: Bench, name = SITE): Promise<string> {
  return bench.inside("openssl", "x509", "-noout", "-serial", "-in", certificatePath(name));
}

/** Lets the time pass that the host waits after a refusal. */
async function waited(bench: Bench): Promise<void> {
  await bench.inside("sed", "-i", 's/"after": [0-9.]*/"after": 0.0/', "/etc/phiward/acme/orders.json");
}

const renew = async (bench: Bench): Promise<number> => (await execInHost(bench.host, ["systemctl", "start", SERVICE])).code;

describe("a certificate of an authority", () => {
  it("is there after the first deploy, with a rehearsal first, and a second one changes nothing", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    const bench = declared(fresh, acme, { sites: [[SITE, "www.sandbox.test"]] });
    await bench.deploy(bench.plan("baseline"));
    await acme.seen();
    await deploy(bench);
    expect(await failed(bench)).toEqual([]);
    expect(await served(bench)).toContain("Pebble Intermediate CA");
    expect(await bench.inside("systemctl", "show", "certbot.timer", "--property=ActiveState,UnitFileState")).toBe(
      "ActiveState=inactive\nUnitFileState=disabled\n",
    );
    expect(await acme.seen()).toMatchObject({ rehearsal: { accounts: 1, orders: 1 }, real: { accounts: 1, orders: 1 } });
    expect(await deploy(bench)).toEqual([]);
    expect(await acme.seen()).toMatchObject({ rehearsal: { orders: 0 }, real: { orders: 0 } });
  });

  it("has the web server answer one path over plain HTTP, from one directory, and nothing else", async (context) => {
    const { bench } = await authorities(context);
    const ask = async (...words: string[]): Promise<string> => {
      const target = ["--resolve", `${SITE}:80:${bench.host.address}`, "--path-as-is", ...words];
      const format = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"];
      return (await execFromOutsider(bench.sandbox, 1, ["curl", ...format, ...target])).stdout;
    };
    const challenge = `http://${SITE}/.well-known/acme-challenge`;
    await bench.inside("sh", "-c", "echo found > /var/lib/phiward-acme/.well-known/acme-challenge/there");
    await bench.inside("ln", "-s", "/etc/hostname", "/var/lib/phiward-acme/.well-known/acme-challenge/link");
    expect(await ask(`${challenge}/there`)).toBe("200");
    expect(await ask(`${challenge}/link`)).toBe("403");
    expect(await ask(`${challenge}/missing`)).toBe("404");
    expect(await ask(`${challenge}/../../../../etc/hostname`)).toMatch(/308|400|000/);
    expect(await ask("--data", "x", `${challenge}/there`)).toBe("405");
    expect(await ask(`http://${SITE}/.well-known/other`)).toBe("308");
    await bench.inside(
      "rm",
      "/var/lib/phiward-acme/.well-known/acme-challenge/there",
      "/var/lib/phiward-acme/.well-known/acme-challenge/link",
    );
  });

  it("follows its site: one renamed and one added in one deploy, and nothing of the former name stays", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    const bench = declared(fresh, acme, { sites: [["renamed.sandbox.test"], ["added.sandbox.test"]] });
    await deploy(bench);
    expect(await failed(bench)).toEqual([]);
    expect((await bench.inside("ls", "/etc/phiward/acme/certificates")).trim().split("\n")).toEqual([
      "added.sandbox.test.pem",
      "renamed.sandbox.test.pem",
    ]);
    expect((await bench.inside("ls", "/etc/phiward/tls")).trim().split("\n")).toEqual(["added.sandbox.test", "renamed.sandbox.test"]);
    // The account is the same.
    expect(await acme.seen()).toMatchObject({ rehearsal: { accounts: 0, orders: 2 }, real: { accounts: 0, orders: 2 } });
  });

  it("that the authority refuses fails no deploy, counts at no real directory, and is reported with the reason", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    const bench = declared(fresh, acme, { sites: [[SITE], ["elsewhere.sandbox.test"]] });
    await acme.leads("elsewhere.sandbox.test", bench.sandbox.outsiders[1]?.address ?? "");
    await deploy(bench);
    const found = await failed(bench);
    expect(found.map(({ id }) => id)).toEqual(["certificates-last-renewal-succeeded", "certificate-elsewhere.sandbox.test-trusted"]);
    expect(JSON.stringify(found)).toContain(
      "self-signed until one is issued: at the rehearsal: elsewhere.sandbox.test: it could not connect",
    );
    expect(await served(bench, "elsewhere.sandbox.test")).toContain("CN=elsewhere.sandbox.test");
    expect(await served(bench)).toContain("Pebble Intermediate CA");
    expect(await acme.seen()).toMatchObject({ rehearsal: { orders: 2 }, real: { orders: 1 } });
    // It is tried again by itself, and not before.
    expect(await bench.inside("systemctl", "list-timers", "--all", "--no-legend")).toContain("phiward-certificates-retry.timer");
    expect(await renew(bench)).toBe(0);
    expect(await acme.seen()).toMatchObject({ rehearsal: { orders: 0 } });
    await acme.leads("elsewhere.sandbox.test", bench.host.address);
    await waited(bench);
    expect(await renew(bench)).toBe(0);
    expect(await failedIds(bench)).toEqual([]);
  });

  it("is not asked for again while the rate limit of the authority lasts, and what is there stays", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    await acme.turn("real", "limit");
    const bench = declared(fresh, acme, { sites: [[SITE, "further.sandbox.test"]] });
    const before = await kept(bench);
    await acme.seen();
    await deploy(bench);
    expect(JSON.stringify(await failed(bench))).toMatch(/it is not for further\.sandbox\.test yet: its rate limit is reached/);
    expect(await kept(bench)).toBe(before);
    const { orders } = JSON.parse(await bench.inside("cat", "/etc/phiward/acme/orders.json")) as {
      orders: Record<string, { after: number }>;
    };
    expect((orders[SITE]?.after ?? 0) - Date.now() / 1000).toBeGreaterThan(7000);
    expect(await acme.seen()).toMatchObject({ real: { orders: 1 } });
    expect(await renew(bench)).toBe(0);
    expect(await acme.seen()).toMatchObject({ real: { orders: 0 } });
    await acme.turn("real", "open");
    await waited(bench);
    expect(await renew(bench)).toBe(0);
    expect(await failedIds(bench)).toEqual([]);
  });

  it("is restored with its account: no new one, and nothing is ordered", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    const bench = declared(fresh, acme, { sites: [[SITE, "further.sandbox.test"]], formerHostKeys: [fresh.host.hostKey] });
    const before = await kept(bench);
    for (const unit of ["secrets", "backup"]) await bench.deploy(bench.plan(unit));
    // As a new server in its place.
    await bench.inside("sh", "-c", "rm -r /etc/phiward/acme /etc/phiward/tls; systemctl stop nginx");
    await acme.seen();
    await deploy(bench);
    expect(JSON.stringify(await failed(bench))).toContain("waits for the restore of its backup");
    expect(await served(bench)).toContain(`CN=${SITE}`);
    const request = JSON.stringify({ what: "all", from: "local", who: "alice", why: "the host was lost" });
    const restored = await overSsh(bench.target(), RESTORE_COMMAND, request, bench.patience);
    expect(restored.stderr).toBe("");
    expect(restored.code).toBe(0);
    await deploy(bench);
    expect(await failedIds(bench)).toEqual([]);
    expect(await kept(bench)).toBe(before);
    expect(await acme.seen()).toMatchObject({ rehearsal: { accounts: 0, orders: 0 }, real: { accounts: 0, orders: 0 } });
  });

  it("is renewed in time, and stays while the authority is away", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    const bench = declared(fresh, acme, { sites: [[SITE]], from: "short" });
    await deploy(bench);
    const before = await kept(bench);
    await acme.turn("short", "away");
    // Two thirds of its thirty seconds.
    await waitFor("the renewal is due", async () => (await renew(bench)) !== 0);
    expect(await bench.journal("--unit", SERVICE, "--output=cat", "--no-pager")).toContain("it could not be reached");
    expect(await kept(bench)).toBe(before);
    await acme.turn("short", "open");
    await waited(bench);
    expect(await renew(bench)).toBe(0);
    const renewed = await kept(bench);
    expect(renewed).not.toBe(before);
    // nginx answers a reload before its new processes are there.
    await waitFor("the renewed certificate is served", async () => (await served(bench)).split("\n")[1] === renewed.trim());
  });

  it("makes way for the host's own, for one that the owner brings, and comes back, each in one deploy", async (context) => {
    const { bench: fresh, acme } = await authorities(context);
    const own = declared(fresh, acme, { sites: [[SITE]], certificate: { kind: "selfSigned" } });
    await deploy(own);
    expect(await failedIds(own)).toEqual([]);
    expect(await served(own)).toContain(`issuer=CN=${SITE}`);
    await own.inside(
      "sh",
      "-c",
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60 -subj /CN=brought -addext subjectAltName=DNS:${SITE} -keyout /root/own.key -out /root/own.pem`,
    );
    const chain = await own.inside("cat", "/root/own.pem");
    const key = await own.inside("cat", "/root/own.key");
    const brought = declared(fresh, acme, { sites: [[SITE]], certificate: { kind: "provided", chain, key: "site-key" } });
    await deploy(brought, { "site-key": key });
    expect(await failedIds(brought)).toEqual([]);
    expect(await served(brought)).toContain("issuer=CN=brought");
    const back = declared(fresh, acme, { sites: [[SITE]] });
    await deploy(back);
    expect(await failedIds(back)).toEqual([]);
    expect(await served(back)).toContain("Pebble Intermediate CA");
    expect((await execInHost(back.host, ["ls", "/etc/phiward/provided"])).stdout).toBe("");
  });
});
