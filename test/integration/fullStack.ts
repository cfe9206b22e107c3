/** The whole card on real hosts: an API with its databases behind nginx, backed up off-site, changed under load, lost and restored. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { hostPlans } from "../../components/registry";
import { SESSIONS_DIRECTORY } from "../../components/system/people/recording";
import { applyAnswer, ask } from "../../ops/lib/agent";
import { stackContext } from "../../ops/lib/context";
import { deployTarget } from "../../ops/lib/ssh";
import { readStack, readStackFile } from "../../ops/lib/stack";
import { notesSite, SITE } from "../../sandbox/journey";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import { rebootHost } from "../../sandbox/machines/power";
import { askNotes, logIn, type NotesSite, noteReaders, readNote, writeNote } from "../../sandbox/notes";
import { type Answer, command, engine, expectDone, failedChecks, phiward } from "./deployCommands";
import { watching } from "./frames";
import { stealLog, stolenWith } from "./stolenCopies";
import { stopTimer } from "./timers";
import type { Stack } from "./useStack";
import { pause, waitFor } from "./waiting";

/** Deploys by the embedded engine, with changed sections of the configuration. */
function deploy({ id, hosts }: Sandbox, changes: Readonly<Record<string, unknown>>): Promise<Answer> {
  return engine(
    id,
    changes,
    hosts.map(({ address }) => address),
    "changed",
  );
}

/** Asks the API all the time while `work` goes on, and no longer; tells what was not answered as it should be. */
async function underLoad<T>(
  site: NotesSite,
  cookie: string,
  work: () => Promise<T>,
): Promise<{ result: T; asked: number; failures: readonly string[] }> {
  let goes = true;
  const failures: string[] = [];
  let asked = 0;
  const one = async (number: number): Promise<void> => {
    while (goes) {
      asked += 1;
      const isWrite = asked % 4 === 0;
      const answer = await askNotes(
        site,
        isWrite ? "POST" : "GET",
        isWrite ? "/notes" : "/notes?patient=kept",
        isWrite ? { patient: "load", text: String(number) } : undefined,
        cookie,
      ).catch((error: unknown) => ({ status: String(error) }));
      if (answer.status !== (isWrite ? 201 : 200)) failures.push(`${new Date().toISOString()} ${String(answer.status)}`);
      await pause("a client asks, and asks again", 0.1);
    }
  };
  const workers = [0, 1, 2, 3].map(one);
  try {
    const result = await work();
    return { result, asked, failures };
  } finally {
    goes = false;
    await Promise.all(workers);
  }
}

/** Defines the tests, on the stack that `useIt` gives. */
export function fullStackTests(useIt: (context: TestContext) => Stack): void {
  let kept = { id: "", text: "" };

  function running(context: TestContext): Stack {
    const stack = useIt(context);
    expectDone(stack.first);
    return stack;
  }

  function sections(sandbox: Sandbox): Record<string, unknown> {
    return readStackFile(join(sandbox.dir, "Pulumi.sandbox.yaml"));
  }

  function services(sandbox: Sandbox, changes: Readonly<Record<string, Readonly<Record<string, unknown>>>>): unknown {
    const { services: all } = sections(sandbox);
    if (!Array.isArray(all)) throw new Error("the sandbox's stack has no services");
    return all.map((service: Readonly<Record<string, unknown>>) => ({ ...service, ...changes[String(service["name"])] }));
  }

  async function session(sandbox: Sandbox): Promise<{ site: NotesSite; cookie: string }> {
    const { site, password } = await notesSite(sandbox);
    return { site, cookie: await logIn(site, "admin", password) };
  }

  it("ends with a note that was written and read over TLS 1.3", async (context) => {
    const { sandbox, first } = running(context);
    expect(first.output).toMatch(/a clinical note was written and read over TLS 1\.3/);
    expect(first.output).not.toContain("FAIL");
    const { site, cookie } = await session(sandbox);
    kept = { id: "", text: `kept ${randomBytes(8).toString("hex")}` };
    kept = { ...kept, id: await writeNote(site, cookie, "kept", kept.text) };
    expect((await askNotes(site, "GET", "/health")).tls).toMatch(/^TLSv1\.3 /);
  });

  it("ends the sessions of a person who is locked in the application too, and nobody else's", async (context) => {
    const { sandbox, web } = running(context);
    const { site, password } = await notesSite(sandbox);
    const sql = "INSERT INTO users SELECT 'bob', password_hash FROM users WHERE name = 'admin' ON CONFLICT DO NOTHING";
    const program = `const { Client } = require("/app/node_modules/pg"); const url = require("fs").readFileSync(process.env.DB_URL_FILE, "utf8").trim();
      const client = new Client({ connectionString: url }); client.connect().then(() => client.query(process.argv[1])).then(() => client.end());`;
    const api = "$(docker ps -q --filter label=phiward.service=api)";
    expect(await execInHost(web, ["sh", "-c", `docker exec ${api} /usr/bin/node -e "$0" "$1"`, program, sql])).toMatchObject({ code: 0 });
    const [bob, admin] = [await logIn(site, "bob", password), await logIn(site, "admin", password)];
    const read = async (cookie: string) => (await askNotes(site, "GET", "/notes?patient=kept", undefined, cookie)).status;
    expect([await read(bob), await read(admin)]).toEqual([200, 200]);
    const words = ["--as", "alice", "--host", "web", "--yes", "--why", "a trial"];
    const locked = await phiward("lock", "bob", ...words);
    expect([locked.code, locked.output]).toEqual([0, expect.stringContaining("bob is locked")]);
    expect([await read(bob), await read(admin)]).toEqual([401, 200]);
    expectDone(await phiward("unlock", "bob", ...words.filter((word) => word !== "--yes")));
  });

  it("lets no stranger reach a container that is published to the world by hand", async (context) => {
    const { sandbox, web } = running(context);
    const image = (
      await execInHost(web, ["sh", "-c", "docker inspect -f '{{.Image}}' $(docker ps -q --filter label=phiward.service=api)"])
    ).stdout.trim();
    const canary = "require('http').createServer((q,r)=>r.end('canary')).listen(8080,'::')";
    await execInHost(web, [
      "docker",
      "run",
      "--detach",
      "--name=canary",
      "--publish=0.0.0.0:8098:8080",
      "--publish=[::]:8098:8080",
      "--entrypoint=/usr/bin/node",
      image,
      "-e",
      canary,
    ]);
    const reach = (address: string): Promise<{ stdout: string }> =>
      execFromOutsider(sandbox, 0, ["curl", "--silent", "--max-time", "4", `http://${address}:8098/`]);
    await waitFor(
      "the canary answers on its own host",
      async () => (await execInHost(web, ["curl", "--silent", `http://${web.address}:8098/`])).stdout === "canary",
    );
    expect((await reach(web.address)).stdout).toBe("");
    expect((await reach(`[${web.address6}]`)).stdout).toBe("");
    await execInHost(web, ["docker", "rm", "--force", "canary"]);
  });

  it("sends nothing of its containers once it is isolated, in either family, though Docker hangs", async (context) => {
    const { sandbox, web } = running(context);
    const api = "$(docker ps -q --filter label=phiward.service=api)";
    const image = (await execInHost(web, ["sh", "-c", `docker inspect -f '{{.Image}}' ${api}`])).stdout.trim();
    const [{ address, address6 } = { address: "", address6: "" }] = sandbox.outsiders;
    // What an intruder left: in the host's own network, so that nothing of Docker's is in its way.
    const beacon = `const { createSocket } = require("dgram"); const [four, six] = [createSocket("udp4"), createSocket("udp6")];
      setInterval(() => { four.send("x", 443, "${address}", () => {}); six.send("x", 443, "${address6}", () => {}); }, 20);`;
    const run = [
      "docker",
      "run",
      "--detach",
      "--name=beacon",
      "--network=host",
      "--entrypoint=/usr/bin/node",
      image,
      "-e",
      beacon,
    ] as const;
    expect(await execInHost(web, run)).toMatchObject({ code: 0 });
    const sent = async (seconds: number): Promise<readonly string[]> => {
      const watch = await watching(sandbox, "web");
      await pause("what is left sends, where it can", seconds);
      return Object.keys(await watch.end()).filter((kind) => /^ip6? udp .*:443$/.test(kind));
    };
    // Docker answers before its program sends.
    await waitFor("it sends in both families", async () => (await sent(1)).length === 2);
    const words = ["web", "--as", "alice", "--yes", "--why", "a trial"];
    try {
      expect(await execInHost(web, ["sh", "-c", "pkill -STOP -x dockerd"])).toMatchObject({ code: 0 });
      expectDone(await phiward("isolate", ...words));
      expect(await sent(2)).toEqual([]);
      // Nor where it is let go on: the table is before whatever it sends.
      const thaw = `for f in $(find /sys/fs/cgroup -path '*docker*' \\( -name cgroup.freeze -o -name freezer.state \\)); do case $f in */cgroup.freeze) echo 0 > $f;; *) echo THAWED > $f;; esac; done 2>/dev/null
        pkill -CONT -f createSocket; true`;
      await execInHost(web, ["sh", "-c", thaw]);
      expect(await sent(1)).toEqual([]);
    } finally {
      await execInHost(web, ["sh", "-c", "pkill -CONT -x dockerd"]);
      expectDone(await phiward("unisolate", ...words, "--no-verify"));
    }
    await waitFor("it sends again", async () => (await sent(1)).length === 2);
    await execInHost(web, ["docker", "rm", "--force", "beacon"]);
    const { site, cookie } = await session(sandbox);
    await waitFor(
      "the API answers again",
      async () => (await askNotes(site, "GET", "/notes?patient=kept", undefined, cookie)).status === 200,
    );
  });

  it("rotates all secrets under load without a failed request, and the old ones open nothing", async (context) => {
    const { sandbox, web } = running(context);
    const { site, cookie } = await session(sandbox);
    const oldUrl = (await execInHost(web, ["cat", "/var/lib/phiward/services/api/secrets/db-url.1.tls"])).stdout.replace(/\?.*/, "");
    const oldPassword = (await notesSite(sandbox)).password;
    const next = { db: { epoch: 2 }, cache: { epoch: 2 }, api: { secrets: [{ name: "admin-password", epoch: 2 }] } };
    const rotating = (): Promise<Answer> => deploy(sandbox, { services: services(sandbox, next) });
    const { result: rotated, asked, failures } = await underLoad(site, cookie, rotating);
    expect(rotated.output).not.toContain("FAIL");
    expectDone(rotated);
    expect(failures.join("\n")).toBe("");
    expect(asked).toBeGreaterThan(100);
    const old = await execInHost(web, ["docker", "exec", "db", "psql", oldUrl.replace("@db:", "@127.0.0.1:"), "-c", "SELECT 1"]);
    expect(old.code).not.toBe(0);
    expect((await askNotes(site, "POST", "/login", { user: "admin", password: oldPassword })).status).toBe(401);
    expect(
      (
        await execInHost(web, [
          "sh",
          "-c",
          "find /var/lib/phiward -name '*.1' -path '*secrets*' | grep -v -e postgres -e redis -e metrics -e backup -e phi-master",
        ])
      ).stdout,
    ).toBe("");
    expect((await execInHost(web, ["grep", "-rlF", oldPassword, "/var/lib/phiward", "/etc", "/var/log"])).stdout).toBe("");
  });

  it("keeps the old service answering when the new image is broken, and says what to do", async (context) => {
    const { sandbox } = running(context);
    const [, cache] = readStack(stackContext("sandbox").file).services;
    const { site } = await notesSite(sandbox, 2);
    const broken = await deploy(sandbox, {
      services: services(sandbox, {
        db: { epoch: 2 },
        cache: { epoch: 2 },
        // Redis, in place of the API: it starts, and never gets healthy.
        api: {
          secrets: [{ name: "admin-password", epoch: 2 }],
          image: cache?.image,
          health: { command: ["/usr/bin/node", "/app/health.js"], everySeconds: 1, startSeconds: 2, retries: 2 },
        },
      }),
    });
    expect(broken.code).not.toBe(0);
    expect(broken.output).toMatch(/api/);
    expect((await askNotes(site, "GET", "/health")).status).toBe(200);
  });

  it("has its services back in order after a reboot, and verifies", async (context) => {
    const { sandbox, web } = running(context);
    const restored = await deploy(sandbox, {});
    expectDone(restored);
    await rebootHost(web);
    const site = async (): Promise<number> =>
      (await askNotes((await notesSite(sandbox)).site, "GET", "/health").catch(() => ({ status: 0 }))).status;
    await waitFor("the API answers after the reboot", async () => (await site().catch(() => 0)) === 200);
    const { site: again, cookie } = await session(sandbox);
    expect(await readNote(again, cookie, kept.id)).toBe(kept.text);
    expect(await failedChecks()).toEqual([]);
  });

  it("opens a database to the person on call as its owner, and records who and why", async (context) => {
    const { web } = running(context);
    // It encrypts what was recorded, each minute.
    await stopTimer((...words) => execInHost(web, words), "phiward-sessions");
    const opened = await command(
      [...(["node", "ops/phiward.cjs", "psql", "api"] as const), "--stack=sandbox", "--as=alice", "--why=a test asks"],
      "SELECT session_user, current_user, current_database(); CREATE ROLE mallory;",
    );
    expect(opened.output).toMatch(/phiward_api +\| api +\| api/);
    expect(opened.output).toContain("permission denied to create role");
    const { stdout } = await execInHost(web, ["sh", "-c", "journalctl --sync && journalctl --identifier=phiward --output=cat"]);
    expect(stdout).toContain("database api opened by alice on web: a test asks");
    const { stdout: recorded } = await execInHost(web, ["sh", "-c", `cat ${SESSIONS_DIRECTORY}/alice-*/stdout`]);
    await execInHost(web, ["systemctl", "start", "phiward-sessions.timer"]);
    expect(recorded).toMatch(/CREATE ROLE mallory;[^]*phiward_api +\| api +\| api|phiward_api +\| api +\| api[^]*CREATE ROLE mallory;/);
  });

  it("keeps notes so that a dump, a volume, its log, a backup with its password and the vault's disk hold neither one nor its keys", async (context) => {
    const { sandbox, web, store } = running(context);
    const { site, cookie } = await session(sandbox);
    const [patient, note] = [randomBytes(12).toString("hex"), `Planted note ${randomBytes(12).toString("hex")}: the left knee hurts.`];
    const id = await writeNote(site, cookie, patient, note);
    await stealLog(web);
    expect(await readNote(site, cookie, id)).toBe(note);
    expect(await noteReaders(site, cookie, id)).toEqual(["admin"]);
    expectDone(await phiward("backup", "--host", "web"));
    expect(await stolenWith(web, store, note, patient)).toEqual([]);
  });

  it("brings a dropped database back by one command", async (context) => {
    const { sandbox, web } = running(context);
    expectDone(await phiward("backup", "--host", "web"));
    await execInHost(web, ["docker", "exec", "db", "psql", "-U", "postgres", "-c", "DROP DATABASE api WITH (FORCE)"]);
    const restored = await phiward("restore", "--host=web", "--what=database:api", "--from=local", "--why=a test drops it");
    expect(restored.output).not.toContain("FAIL");
    expectDone(restored);
    const { site, cookie } = await session(sandbox);
    expect(await readNote(site, cookie, kept.id)).toBe(kept.text);
  });

  it("is let go on its own word alone, and goes on as it is", async (context) => {
    const { sandbox, web } = running(context);
    const unconfirmed = await phiward("release", "--host", "web");
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.output).toContain("--confirm: found nothing, allowed: web");
    expect((await execInHost(web, ["test", "-e", "/var/lib/phiward/agent.pyz"])).code).toBe(0);
    const released = await phiward("release", "--host", "web", "--confirm", "web");
    expectDone(released);
    expect((await execInHost(web, ["test", "-e", "/var/lib/phiward/agent.pyz"])).code).toBe(1);
    const { site, cookie } = await session(sandbox);
    expect(await readNote(site, cookie, kept.id)).toBe(kept.text);
  });

  it("renames a site in one go, and serves the former name for as long as it is half done", async (context) => {
    const { sandbox, web } = running(context);
    expectDone(await deploy(sandbox, {}));
    const { sites } = sections(sandbox);
    if (!Array.isArray(sites)) throw new Error("the sandbox's stack has no sites");
    const renamed = { sites: sites.map((site: object) => ({ ...site, name: NEW_SITE })) };
    const config = parseConfig({ ...sections(sandbox), ...renamed });
    const certificates = hostPlans(config, "web").find(({ unit }) => unit === "certificates");
    if (certificates === undefined) throw new Error("no plan for certificates");
    // As if the deploy had been cut off between certificates and web server.
    const target = deployTarget(web);
    await ask(target, { mode: "apply", plan: certificates, secrets: {} }, applyAnswer, { identity: sandbox.keyFile });
    expect((await execInHost(web, ["systemctl", "restart", "nginx.service"])).code).toBe(0);
    expect(await servedAs(web, SITE)).toContain(SITE);

    expectDone(await deploy(sandbox, renamed));
    expect(await servedAs(web, NEW_SITE)).toContain(NEW_SITE);
    expect(await servedAs(web, SITE)).not.toContain("CN");
    const keys = (await execInHost(web, ["ls", "-A", "/etc/phiward/tls"])).stdout.trim().split("\n");
    expect(keys.filter((name) => name.includes(SITE))).toEqual([]);
    expect(keys).toContain(NEW_SITE);
  });

  it("takes down what is no longer declared, keeps data and backups, and finds nothing to do the next time", async (context) => {
    const { sandbox, web } = running(context);
    const lines = async (...argv: readonly string[]): Promise<readonly string[]> =>
      (await execInHost(web, argv)).stdout.split("\n").filter((line) => line !== "");
    const { hosts } = sections(sandbox);
    if (!Array.isArray(hosts)) throw new Error("the sandbox's stack has no hosts");
    const bare = { hosts: hosts.slice(0, 1), sites: [], services: [], jobs: [], phi: null, backup: null };
    const volumes = await lines("find", "/var/lib/docker/volumes", "-mindepth", "1", "-maxdepth", "1", "-name", "phiward-*");
    expect(volumes.length).toBeGreaterThan(0);

    const down = await deploy(sandbox, bare);
    expectDone(down);
    expect(down.output).toMatch(/web-removal-apply +changed/);
    expect(down.output).toContain("web: docker was taken down");
    expect(await lines("ss", "-Htln", "sport = :443 or sport = :80")).toEqual([]);
    const units = await lines("systemctl", "list-units", "--plain", "--no-legend", "nginx*", "docker*", "containerd*", "phiward-*.timer");
    // What every host has, whatever it is for.
    expect(
      units.filter(
        (line) => !/^phiward-(?:people|integrity|sealing|sessions|vulnerabilities|vulnerability-data|lynis|isolation)\.timer /.test(line),
      ),
    ).toEqual([]);
    expect(await lines("find", "/etc/phiward/tls", "/etc/nginx/phiward", "-mindepth", "1")).toEqual([]);
    expect(await lines("ls", "-A", "/var/lib/phiward/secrets")).toEqual(["backup.1", "phi-master-1.1"]);
    expect(await lines("find", "/var/lib/docker/volumes", "-mindepth", "1", "-maxdepth", "1", "-name", "phiward-*")).toEqual(volumes);
    expect(await lines("ls", "/var/backups/phiward/restic/config")).toHaveLength(1);

    const again = await deploy(sandbox, bare);
    expectDone(again);
    expect(again.output).not.toMatch(/ changed /);
    expect(again.output).not.toContain("taken down");
  });

  it("brings all of it back, with its data", async (context) => {
    const { sandbox, web } = running(context);
    expectDone(await deploy(sandbox, {}));
    const psql = ["docker", "exec", "db", "psql", "--host=/run/postgresql", "--username=phiward_api", "--dbname=api", "--tuples-only"];
    const rows = await execInHost(web, [...psql, "--command=SELECT count(*) FROM notes WHERE patient = 'kept'"]);
    expect(rows.stdout.trim()).toBe("1");
    expect(await servedAs(web, SITE)).toContain(SITE);
  });
}

const NEW_SITE = "www.sandbox.test";

/** What the host's certificate for a name says of its subject; empty where the name is refused. */
async function servedAs(host: SandboxHost, name: string): Promise<string> {
  const command = `openssl s_client -connect 127.0.0.1:443 -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -subject -ext subjectAltName`;
  return (await execInHost(host, ["sh", "-c", command])).stdout;
}
