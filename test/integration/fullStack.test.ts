/** The whole card on real hosts: an API with its databases behind nginx, backed up off-site, changed under load, lost and restored. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { parseDocument } from "yaml";
import { adopt } from "../../ops/commands/adopt";
import { stackContext } from "../../ops/lib/context";
import { sendImages } from "../../ops/lib/images";
import { readStack, readStackFile } from "../../ops/lib/stack";
import { ensureImages } from "../../sandbox/images/images";
import { notesSite, SITE } from "../../sandbox/journey";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { openSandbox, type Sandbox, type SandboxHost } from "../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { rebootHost } from "../../sandbox/machines/power";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { askNotes, logIn, type NotesSite, readNote, writeNote } from "../../sandbox/notes";
import { ALERT_PORT, HOSTS } from "../../sandbox/stackFile";
import { type Answer, command, engine, failedChecks } from "./deployCommands";
import { waitFor } from "./waiting";

const ID = `whole-${randomBytes(3).toString("hex")}`;
process.env["SANDBOX"] = ID;

/** Deploys by the embedded engine, with changed sections of the configuration. */
function deploy({ hosts }: Sandbox, changes: Readonly<Record<string, unknown>>): Promise<Answer> {
  return engine(
    ID,
    changes,
    hosts.map(({ address }) => address),
  );
}

/** Fails with all that was said, where a command did not succeed. */
function expectDone({ code, output }: Answer): void {
  if (code !== 0) throw new Error(`exit code ${String(code)}: ${output}`);
}

/** Asks the API all the time until it is told to stop; tells what was not answered as it should be. */
function load(site: NotesSite, cookie: string): { stop: () => Promise<{ asked: number; failures: readonly string[] }> } {
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
        isWrite ? "/notes" : "/notes?patient=load",
        isWrite ? { patient: "load", text: String(number) } : undefined,
        cookie,
      ).catch((error: unknown) => ({ status: String(error) }));
      if (answer.status !== (isWrite ? 201 : 200)) failures.push(`${new Date().toISOString()} ${String(answer.status)}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const workers = [0, 1, 2, 3].map(one);
  return {
    stop: async () => {
      goes = false;
      await Promise.all(workers);
      return { asked, failures };
    },
  };
}

describe("the whole job", () => {
  const unavailable = sandboxObstacle();
  let first: Answer = { code: 1, output: "" };
  let kept = { id: "", text: "" };
  // Whoever is on call: alerts are posted here.
  const alerts: string[] = [];
  const listener = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (part: string) => alerts.push(part));
    request.on("end", () => response.end());
  });
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    // The third host takes the place of the first when that is lost.
    const { adminAddress } = await createSandbox({ id: ID, hosts: [...HOSTS, "spare"], outsiders: 2, progress: () => undefined });
    listener.listen(ALERT_PORT, adminAddress);
    first = await command("make", ["sandbox"]);
  });
  afterAll(async () => {
    listener.close();
    await destroySandbox(ID);
  });

  function running(context: TestContext): { sandbox: Sandbox; web: SandboxHost; spare: SandboxHost } {
    if (unavailable !== undefined) context.skip(unavailable);
    const sandbox = openSandbox(ID);
    const [web, , spare] = sandbox?.hosts ?? [];
    if (sandbox === undefined || web === undefined || spare === undefined || first.code !== 0)
      throw new Error(`no sandbox: ${first.output}`);
    return { sandbox, web, spare };
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
    const { sandbox } = running(context);
    expect(first.output).toMatch(/a clinical note was written and read over TLS 1\.3/);
    expect(first.output).not.toContain("FAIL");
    const { site, cookie } = await session(sandbox);
    kept = { id: "", text: `kept ${randomBytes(8).toString("hex")}` };
    kept = { ...kept, id: await writeNote(site, cookie, "kept", kept.text) };
    expect((await askNotes(site, "GET", "/health")).tls).toMatch(/^TLSv1\.3 /);
  });

  it("starts no container and no service anew when nothing changed", async (context) => {
    const { web } = running(context);
    const started = async (): Promise<string> =>
      (
        await execInHost(web, [
          "sh",
          "-c",
          "docker ps -q | xargs docker inspect -f '{{.Name}} {{.State.StartedAt}}' | sort; systemctl show -P ExecMainPID nginx docker fail2ban ssh",
        ])
      ).stdout;
    const before = await started();
    const again = await command("make", ["sandbox"]);
    expect(again.output).not.toMatch(/-apply +changed/);
    expectDone(again);
    expect(await started()).toBe(before);
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
      20,
      async () => (await execInHost(web, ["curl", "--silent", `http://${web.address}:8098/`])).stdout === "canary",
    );
    expect((await reach(web.address)).stdout).toBe("");
    expect((await reach(`[${web.address6}]`)).stdout).toBe("");
    await execInHost(web, ["docker", "rm", "--force", "canary"]);
  });

  it("rotates all secrets under load without a failed request, and the old ones open nothing", async (context) => {
    const { sandbox, web } = running(context);
    const { site, cookie } = await session(sandbox);
    const oldUrl = (await execInHost(web, ["cat", "/var/lib/phiward/services/api/secrets/db-url.1"])).stdout;
    const oldPassword = (await notesSite(sandbox)).password;
    const busy = load(site, cookie);
    const rotated = await deploy(sandbox, {
      services: services(sandbox, { db: { epoch: 2 }, cache: { epoch: 2 }, api: { secrets: [{ name: "admin-password", epoch: 2 }] } }),
    });
    const { asked, failures } = await busy.stop();
    expect(rotated.output).not.toContain("FAIL");
    expectDone(rotated);
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    const old = await execInHost(web, ["docker", "exec", "db", "psql", oldUrl.replace("@db:", "@127.0.0.1:"), "-c", "SELECT 1"]);
    expect(old.code).not.toBe(0);
    expect((await askNotes(site, "POST", "/login", { user: "admin", password: oldPassword })).status).toBe(401);
    expect(
      (await execInHost(web, ["sh", "-c", "find /var/lib/phiward -name '*.1' -path '*secrets*' | grep -v -e postgres -e backup"])).stdout,
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
    await waitFor("the API answers after the reboot", 90, async () => (await site().catch(() => 0)) === 200);
    const { site: again, cookie } = await session(sandbox);
    expect(await readNote(again, cookie, kept.id)).toBe(kept.text);
    expect(await failedChecks()).toEqual([]);
  });

  it("brings a dropped database back by one command", async (context) => {
    const { sandbox, web } = running(context);
    expectDone(await command("make", ["backup"], "", { STACK: "sandbox", HOST: "web" }));
    await execInHost(web, ["docker", "exec", "--user=999", "db", "psql", "-U", "postgres", "-c", "DROP DATABASE api WITH (FORCE)"]);
    const restored = await command("make", ["restore"], "", {
      STACK: "sandbox",
      HOST: "web",
      WHAT: "database:api",
      FROM: "local",
      WHY: "a test drops it",
    });
    expect(restored.output).not.toContain("FAIL");
    expectDone(restored);
    const { site, cookie } = await session(sandbox);
    expect(await readNote(site, cookie, kept.id)).toBe(kept.text);
  });

  it("comes back on a new, empty host from the vault and the recovery key alone", async (context) => {
    const { sandbox, web, spare } = running(context);
    await execInHost(web, ["systemctl", "poweroff", "--force", "--force"]).catch(() => undefined);
    const file = stackContext("sandbox").file;
    const document = parseDocument(readFileSync(file, "utf8"));
    document.setIn(["config", "phiward:hosts", 0, "address"], spare.address);
    document.setIn(["config", "phiward:hosts", 0, "hostKey"], spare.hostKey);
    writeFileSync(file, String(document));
    const newContext = stackContext("sandbox");
    const config = readStack(newContext.file);
    const [host] = config.hosts;
    if (host === undefined) throw new Error("no host");
    const images = await ensureImages(() => undefined);
    const silent = { identity: sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined };
    await adopt(config, host, silent);
    await sendImages(
      host,
      images.map(({ archive }) => archive),
      newContext.patience,
      () => undefined,
    );
    const deployed = await deploy(sandbox, {});
    // Everything is there but the data and the backups: the vault has those of a password that this host does not know.
    expect(deployed.output).toMatch(/backup-recent: .*offsite: no good backup yet/);
    await waitFor("the alert of the backup that failed", 60, () => alerts.join("").includes("phiward-backup-first"));
    const restored = await command("make", ["restore"], "", {
      STACK: "sandbox",
      HOST: "web",
      WHAT: "all",
      FROM: "offsite",
      RECOVERY_KEY: sandbox.keyFile,
      WHY: "the host is lost",
    });
    expectDone(restored);
    const again = await deploy(sandbox, {});
    expectDone(again);
    const moved: Sandbox = { ...sandbox, hosts: [{ ...spare, name: "web" }] };
    const { site, cookie } = await session(moved);
    expect(await readNote(site, cookie, kept.id)).toBe(kept.text);
    expect(site.name).toBe(SITE);
  });

  it("is let go on its own word alone, and goes on as it is", async (context) => {
    const { sandbox, spare } = running(context);
    const stack = { STACK: "sandbox", HOST: "web" };
    const unconfirmed = await command("make", ["release"], "", stack);
    expect(unconfirmed.output).toContain("CONFIRM: found nothing, allowed: web");
    expect((await execInHost(spare, ["test", "-e", "/var/lib/phiward/agent.py"])).code).toBe(0);
    const released = await command("make", ["release"], "", { ...stack, CONFIRM: "web" });
    expectDone(released);
    expect((await execInHost(spare, ["test", "-e", "/var/lib/phiward/agent.py"])).code).toBe(1);
    const { site, cookie } = await session({ ...sandbox, hosts: [{ ...spare, name: "web" }] });
    expect(await readNote(site, cookie, kept.id)).toBe(kept.text);
  });
});
