import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cachePart } from "../../../../sandbox/machines/cache";
import { execFromOutsider, execInHost } from "../../../../sandbox/machines/exec";
import { openSandbox, type Sandbox, type SandboxHost } from "../../../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../../../sandbox/machines/machine";
import { powerOffHard, rebootHost, startHost } from "../../../../sandbox/machines/power";
import { type RunResult, run } from "../../../../sandbox/machines/run";
import { createSandbox, destroySandbox, listSandboxes } from "../../../../sandbox/machines/sandbox";
import { waitFor } from "../../waiting";

const obstacle = sandboxObstacle();
const id = `t-life-${String(process.pid)}`;

describe.skipIf(obstacle !== undefined)(`a sandbox ${obstacle ?? ""}`, () => {
  let sandbox: Sandbox;
  let web: SandboxHost;
  let db: SandboxHost;
  const said: string[] = [];

  beforeAll(async () => {
    sandbox = await createSandbox({ id, hosts: ["web", "db"], outsiders: 2, progress: (line) => said.push(line) });
    const [first, second] = sandbox.hosts;
    if (first === undefined || second === undefined) throw new Error("two hosts were asked for");
    [web, db] = [first, second];
  }, 600_000);
  afterAll(() => destroySandbox(id), 60_000);

  it("says which host is up, where, and how long it took", () => {
    expect(said).toContainEqual(expect.stringMatching(/^web: a fresh Debian 13 at 10\.213\.\d+\.10, up after [\d.]+ s$/));
  });

  it("can be opened again by its id, and is listed", () => {
    expect(openSandbox(id)).toEqual(sandbox);
    expect(listSandboxes()).toContainEqual({ id, state: "up" });
    expect(openSandbox("never-made")).toBeUndefined();
  });

  it("is not made twice", async () => {
    await expect(createSandbox({ id, hosts: ["web"], progress: () => undefined })).rejects.toThrow(`sandbox ${id} is up already`);
  });

  it("has hosts that are running without a failed unit", async () => {
    for (const host of sandbox.hosts) {
      expect(await answer(host, "systemctl", "is-system-running")).toBe("running");
      expect(await answer(host, "hostname")).toBe(host.name);
    }
  });

  it("has hosts that are Debian 13 with nothing of a hardened server on it yet", async () => {
    expect(await answer(web, "sh", "-c", ". /etc/os-release; echo $ID $VERSION_ID")).toBe("debian 13");
    const tools = ["ufw", "fail2ban-client", "nginx", "dockerd", "iptables"];
    expect((await execInHost(web, ["which", ...tools])).stdout).toBe("");
    expect((await execInHost(web, ["which", "sshd", "python3", "sudo", "curl"])).code).toBe(0);
    expect(await answer(web, "systemctl", "is-enabled", "systemd-timesyncd")).toBe("enabled");
  });

  it("has hosts with identities of their own", async () => {
    expect(await answer(web, "cat", "/etc/machine-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(await answer(web, "cat", "/etc/machine-id")).not.toBe(await answer(db, "cat", "/etc/machine-id"));
    expect(web.hostKey).toMatch(/^ssh-ed25519 AAAA\S+$/);
    expect(web.hostKey).not.toBe(db.hostKey);
  });

  it("lets the admin in over SSH with the sandbox's key, over IPv4 and IPv6, the host key pinned", async () => {
    for (const address of [web.address, web.address6]) {
      const login = await ssh(address, "cat /etc/hostname; echo $SSH_CLIENT");
      expect(login).toMatchObject({ code: 0, stderr: "" });
      const [name, client] = login.stdout.split("\n");
      expect(name).toBe("web");
      expect([sandbox.adminAddress, sandbox.adminAddress6]).toContain(client?.split(" ")[0]);
    }
  });

  it("has outsiders with a second and third address, over IPv4 and IPv6", async () => {
    for (const [index, outsider] of sandbox.outsiders.entries()) {
      for (const [from, to] of [
        [outsider.address, web.address],
        [outsider.address6, web.address6],
      ]) {
        const client = `import socket; print(socket.create_connection(("${String(to)}", 22)).getsockname()[0])`;
        expect((await execFromOutsider(sandbox, index, ["python3", "-c", client])).stdout.trim()).toBe(from);
      }
    }
    await expect(execFromOutsider(sandbox, 2, ["true"])).rejects.toThrow("has 2 outsiders, none with index 2");
  });

  it("runs programs inside a host with their input, output and exit status", async () => {
    expect(await execInHost(web, ["sh", "-c", "cat; echo bad >&2; exit 7"], { stdin: "in" })).toEqual({
      code: 7,
      stdout: "in",
      stderr: "bad\n",
    });
    expect(await answer(web, "sh", "-c", "echo $$ $HOME; cat /proc/1/comm")).toMatch(/^\d{1,4} \/root\nsystemd$/);
  });

  it("kills a program inside a host when its time is up", async () => {
    await expect(execInHost(web, ["sleep", "4242"], { timeout: 500 })).rejects.toThrow("still running after 500 ms");
    await waitFor("its end", async () => (await execInHost(web, ["pgrep", "-f", "sleep 4242"])).code === 1);
  });

  it("runs programs inside a host whose SSH is cut off", async () => {
    await execInHost(web, ["systemctl", "stop", "ssh"]);
    expect((await ssh(web.address, "true")).code).toBe(255);
    expect((await execInHost(web, ["systemctl", "start", "ssh"])).code).toBe(0);
    expect((await ssh(web.address, "true")).code).toBe(0);
  });

  it("cannot set this machine's clock, neither from its console nor over SSH", async () => {
    const before = Date.now();
    expect((await execInHost(web, ["date", "--set=@0"])).code).toBe(1);
    expect((await ssh(web.address, "date --set=@0")).code).toBe(1);
    await ssh(web.address, "timedatectl set-timezone Pacific/Auckland");
    expect(Date.now() - before).toBeLessThan(3_600_000);
    expect(Date.now()).toBeGreaterThanOrEqual(before);
  });

  it("installs packages on two hosts at the same time", async () => {
    const install = (host: SandboxHost): Promise<RunResult> =>
      execInHost(host, ["sh", "-c", "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install tree"]);
    const [one, other] = await Promise.all([install(web), install(db)]);
    expect([one.code, other.code]).toEqual([0, 0]);
    expect((await execInHost(db, ["tree", "--version"])).stdout).toContain("tree");
  });

  it("comes back from a reboot with its disk and its identity, and without its old firewall", async () => {
    await execInHost(web, ["sh", "-c", "echo kept >/root/note; nft add table inet gone"]);
    const boot = await answer(web, "cat", "/proc/sys/kernel/random/boot_id");
    await rebootHost(web);
    expect(await answer(web, "cat", "/proc/sys/kernel/random/boot_id")).not.toBe(boot);
    expect(await answer(web, "cat", "/root/note")).toBe("kept");
    expect(await answer(web, "nft", "list", "ruleset")).toBe("");
    expect(await answer(web, "systemctl", "is-system-running")).toBe("running");
    expect((await ssh(web.address, "true")).code).toBe(0);
    expect(await answer(web, "sh", "-c", "journalctl --list-boots --no-pager | grep -c .")).toMatch(/^[23]$/);
  });

  it("keeps its disk when its power is cut, and starts again", async () => {
    await execInHost(db, ["sh", "-c", "echo kept >/root/note"]);
    await powerOffHard(db);
    await expect(execInHost(db, ["true"])).rejects.toThrow("this host is not running");
    await expect(powerOffHard(db)).rejects.toThrow("this host is not running");
    expect(readFileSync(join(db.root, "root/note"), "utf8")).toBe("kept\n");
    await startHost(db);
    expect(await answer(db, "cat", "/root/note")).toBe("kept");
    expect((await ssh(db.address6, "true")).code).toBe(0);
    await expect(startHost(db)).rejects.toThrow("is running already");
  });

  it("lives beside a second one, which need not download again what the first one had", async () => {
    const second = `${id}-2`;
    try {
      const other = await createSandbox({ id: second, hosts: ["web"], progress: () => undefined });
      const twin = other.hosts[0];
      if (twin === undefined) throw new Error("a host was asked for");
      expect(other.bridge).not.toBe(sandbox.bridge);
      expect(twin.address).not.toBe(web.address);
      expect(readdirSync(cachePart("archives")).some((file) => file.startsWith("tree_"))).toBe(true);
      expect((await execInHost(twin, ["apt-get", "-qq", "--no-download", "install", "tree"])).code).toBe(0);
      expect((await ssh(web.address, "true")).code).toBe(0);
    } finally {
      await destroySandbox(second);
    }
    expect(existsSync(join(cachePart("sandboxes"), second))).toBe(false);
    expect((await ssh(web.address, "true")).code).toBe(0);
  });

  async function answer(host: SandboxHost, ...argv: readonly string[]): Promise<string> {
    return (await execInHost(host, argv)).stdout.trim();
  }

  function ssh(address: string, command: string): Promise<RunResult> {
    const knownHosts = join(sandbox.dir, "known_hosts");
    const keys = sandbox.hosts.map((host) => `${host.address},${host.address6} ${host.hostKey}\n`);
    writeFileSync(knownHosts, keys.join(""));
    const settings = [`UserKnownHostsFile=${knownHosts}`, "StrictHostKeyChecking=yes", "BatchMode=yes", "IdentitiesOnly=yes"];
    const options = settings.flatMap((setting) => ["-o", setting]);
    return run(["ssh", "-F", "none", "-i", sandbox.keyFile, ...options, `root@${address}`, command], { timeout: 30_000 });
  }
});
