/** A host that an earlier version deployed is brought to this one: what it holds stays, and only what must change does. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { derivedUser } from "../../components/config/containerIds";
import { AUTHORITY_FILE } from "../../components/containers/names";
import { outputOf, runSync } from "../../ops/lib/process";
import { notesSite } from "../../sandbox/journey";
import { execInHost } from "../../sandbox/machines/exec";
import { openSandbox, type Sandbox, type SandboxHost } from "../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { destroySandbox } from "../../sandbox/machines/sandbox";
import { logIn, readNote, writeNote } from "../../sandbox/notes";
import { type Answer, command, engine, expectDone } from "./deployCommands";
import { runDirectory, sandboxId } from "./runDirectory";
import { waitFor } from "./waiting";

// The last commit whose agent was one file, with a program for each job on the host.
const BEFORE = "e521f7c";
const ROOT = resolve(__dirname, "../..");

describe(`a stack that ${BEFORE} deployed`, () => {
  const id = sandboxId("upgrade");
  const obstacle = sandboxObstacle() ?? missingCommit();
  let first: Answer = { code: 1, output: "" };
  let before = "";
  let kept = { id: "", text: "a note from before the upgrade" };

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    const old = join(runDirectory(), "before");
    mkdirSync(old);
    outputOf(["sh", "-c", `git archive ${BEFORE} | tar --extract --directory=${old}`], { cwd: ROOT });
    // A server has loop devices, and those of the former sandbox had none.
    copyFileSync(join(ROOT, "sandbox/machines/supervise.sh"), join(old, "sandbox/hosts/supervise.sh"));
    symlinkSync(join(ROOT, "node_modules"), join(old, "node_modules"));
    first = await command(["node", "-r", "ts-node/register/transpile-only", "sandbox/main.ts"], "", { SANDBOX: id }, old);
  });
  afterAll(async () => {
    await destroySandbox(id);
  });

  function upgraded(context: TestContext): { sandbox: Sandbox; web: SandboxHost } {
    if (obstacle !== undefined) context.skip(obstacle);
    expectDone(first);
    const sandbox = openSandbox(id);
    const [web] = sandbox?.hosts ?? [];
    if (sandbox === undefined || web === undefined) throw new Error("no sandbox");
    return { sandbox, web };
  }

  const inside = async (host: SandboxHost, script: string): Promise<string> => (await execInHost(host, ["sh", "-c", script])).stdout;
  const deploy = (sandbox: Sandbox): Promise<Answer> =>
    engine(
      id,
      {},
      sandbox.hosts.map(({ address }) => address),
    );
  // What must not be touched: volumes, secrets, keys of the host and its sites. Databases change
  // their user, the login of deploys gets its one command, and the record of the break-glass password what opens the account. A pair
  // that nginx has loaded is marked by an empty file.
  const PRECIOUS = [
    "docker volume ls --quiet --filter label=phiward.service | sort",
    "find /var/lib/phiward/secrets /var/lib/phiward/escrow /var/lib/phiward/services /etc/phiward/tls /etc/ssh -type f -name '*' | grep -vE 'sshd_config|/authorized_keys.d/deploy$|/breakglass-password.json$|/users.acl$|/cache-(redis|metrics).1$|/secrets/(db|cache)-url.1(.tls)?$|/authority/|/taken$' | sort | xargs sha256sum",
    "restic --repo /var/backups/phiward/restic --password-file /var/lib/phiward/secrets/backup.1 --no-lock cat config",
  ].join("; ");

  it("is refused while its file has old names, and the message says the new ones", async (context) => {
    const { sandbox } = upgraded(context);
    const refused = await deploy(sandbox);
    expect(refused.code).not.toBe(0);
    const file = join(sandbox.dir, "Pulumi.sandbox.yaml");
    let text = readFileSync(file, "utf8");
    for (const [old, renamed] of RENAMED) {
      expect(refused.output).toContain(`journal.${old}: found an old name, allowed: journal.${renamed}; rename it`);
      text = text.replace(`${old}:`, `${renamed}:`);
    }
    // Two people are needed for a restore over live data by now, unless the file says why one is enough.
    text = text.replace(/^ {2}phiward:backup:\n/m, "$&    restores: { people: 1, reason: one administrator looks after this stack }\n");
    // Whom to call in an incident is declared by now.
    text = text.replace(
      /^ {2}phiward:backup:\n/m,
      "  phiward:incidents:\n    contacts: [{ name: Alice, roles: [technical, security, privacy, legal], mail: alice@example.org }]\n\n$&",
    );
    expect(text).toContain("phiward:incidents:");
    expect(text).toContain("one administrator");
    writeFileSync(file, text);
  });

  it("goes on as it was where its program does not know the new databases, also where all is started again then", async (context) => {
    const { sandbox, web } = upgraded(context);
    const { site, password } = await notesSite(sandbox);
    kept = { ...kept, id: await writeNote(site, await logIn(site, "admin", password), "kept", kept.text) };
    before = await inside(web, PRECIOUS);
    expect(before.split("\n").length).toBeGreaterThan(20);
    const old = (await inside(web, "docker ps --filter name=api- --format '{{.Names}}'")).trim();

    // Redis has another certificate than those that Node.js knows. The databases are the new ones by then.
    const cut = await deploy(sandbox);
    expect(cut.code).not.toBe(0);
    expect(cut.output).toMatch(/-services-api-[0-9a-f]{8}: .*not healthy/);
    for (const { name } of sandbox.hosts) expect(cut.output).toMatch(new RegExp(`${name}-baseline-apply +changed`));
    expect(await inside(web, "cat /etc/phiward/services/db/tls/plain.conf")).toBe("hostnossl all all samenet scram-sha-256\n");
    expect(await readNote(site, await logIn(site, "admin", password), kept.id)).toBe(kept.text);
    await inside(web, `docker restart db cache ${old}`);
    await waitFor("the API from before", async () => (await inside(web, HEALTHY)).trim() === "3");
    expect(await readNote(site, await logIn(site, "admin", password), kept.id)).toBe(kept.text);

    const file = join(sandbox.dir, "Pulumi.sandbox.yaml");
    const text = readFileSync(file, "utf8");
    const told = text.replace(/^ {6}uses: \[ ?db, cache ?\]\n/m, `$&      environment: { NODE_EXTRA_CA_CERTS: ${AUTHORITY_FILE} }\n`);
    expect(told).not.toBe(text);
    writeFileSync(file, told);
  });

  it("takes the new version with everything it holds in place, and verifies", async (context) => {
    const { sandbox, web } = upgraded(context);
    const { site, password } = await notesSite(sandbox);

    const deployed = await deploy(sandbox);
    expectDone(deployed);
    // By TLS: the services are made anew beside the old ones, which were let in without it until then.
    expect(deployed.output).toMatch(/-services-\S+ +(created|changed)/);
    expect(await inside(web, "docker exec db psql 'host=db user=health dbname=postgres sslmode=disable' -w -c 'SELECT 1' 2>&1")).toContain(
      "no encryption",
    );
    expect(await inside(web, PRECIOUS)).toBe(before);
    expect(await inside(web, "cat /etc/ssh/authorized_keys.d/deploy")).toMatch(
      /^(restrict,command="(?:[^"\\]|\\")+" ssh-ed25519 \S+( .*)?\n)+$/,
    );
    // Their data is handed over to numbers that nobody else has, whole.
    for (const [name, directory] of Object.entries({ db: "phiward-db.data", cache: "phiward-cache.data" })) {
      const { uid } = derivedUser(name);
      expect(await inside(web, `docker inspect ${name} --format '{{.Config.User}}'`)).toBe(`${String(uid)}:${String(uid)}\n`);
      expect(await inside(web, `find /var/lib/docker/volumes/${directory}/_data ! -user ${String(uid)} -o ! -group ${String(uid)}`)).toBe(
        "",
      );
    }
    expect(await readNote(site, await logIn(site, "admin", password), kept.id)).toBe(kept.text);
  });

  it("has nothing left of the old programs, and runs its jobs by the new ones", async (context) => {
    const { sandbox } = upgraded(context);
    for (const host of sandbox.hosts) {
      expect(await inside(host, "ls /usr/local/lib/phiward /var/lib/phiward/agent.*")).toBe(
        "/var/lib/phiward/agent.pyz\n\n/usr/local/lib/phiward:\ncompiled\nphiward.pyz\n",
      );
      expect(
        await inside(host, "grep -rl 'lib/phiward/[a-z]*\\.py\\b' /etc/systemd/system /etc/ssh/authorized_keys.d /etc/sudoers.d"),
      ).toBe("");
    }
    const job = await inside(
      sandbox.hosts[0] ?? raise(),
      "systemctl start phiward-backup.service && systemctl show -P Result phiward-backup.service",
    );
    expect(job.trim()).toBe("success");
  });

  it("finds nothing to do the next time", async (context) => {
    const { sandbox } = upgraded(context);
    const again = await deploy(sandbox);
    expectDone(again);
    expect(again.output).not.toMatch(/-apply +changed/);
  });
});

const HEALTHY = "docker ps --filter name=^db$ --filter name=^cache$ --filter name=^api- --filter health=healthy --quiet | wc -l";

// What the former version's sandbox declares by another name.
const RENAMED = [
  ["maxMegabytes", "systemMaxUse"],
  ["keepFreeMegabytes", "systemKeepFree"],
] as const;

function raise(): never {
  throw new Error("the sandbox has no host");
}

function missingCommit(): string | undefined {
  const { status } = runSync(["git", "cat-file", "-e", `${BEFORE}^{commit}`], { cwd: ROOT });
  return status === 0 ? undefined : `commit ${BEFORE} is not in this clone: it has no history`;
}
