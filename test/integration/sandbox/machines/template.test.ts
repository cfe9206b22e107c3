import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Argv } from "../../../../ops/lib/programs";
import { cachePart } from "../../../../sandbox/machines/cache";
import { execInHost } from "../../../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../../../sandbox/machines/inventory";
import { COMMON_ADMIN } from "../../../../sandbox/machines/layout";
import { sandboxObstacle } from "../../../../sandbox/machines/machine";
import { run } from "../../../../sandbox/machines/run";
import { createSandbox, destroySandbox } from "../../../../sandbox/machines/sandbox";
import { takeTemplate } from "../../../../sandbox/machines/template";

const obstacle = sandboxObstacle();
const id = `t-like-${String(process.pid)}`;

describe.skipIf(obstacle !== undefined)(`hosts that start from a template ${obstacle ?? ""}`, () => {
  const directory = mkdtempSync(join(cachePart("runs"), "template-"));
  const template = join(directory, "web");
  let machineId = "";
  let hostKey = "";
  let alike: Sandbox;

  beforeAll(async () => {
    const { hosts, ...rest } = await createSandbox({ id, hosts: ["web"], progress: () => undefined });
    const host = first(hosts);
    hostKey = host.hostKey;
    machineId = await inside(host, "cat", "/etc/machine-id");
    await inside(host, "sh", "-c", "echo kept >/root/note; rm /etc/issue; echo image >/var/lib/docker/layer");
    await takeTemplate({ ...rest, hosts }, host, template);
    await destroySandbox(id);
    alike = await createSandbox({ id, hosts: ["web", "other"], template, commonAdmin: true, progress: () => undefined });
  });
  afterAll(async () => {
    await destroySandbox(id);
    await run(["rm", "-rf", directory]);
  });

  it("have all that it had, and a name of their own", async () => {
    for (const host of alike.hosts) {
      expect(await inside(host, "cat", "/etc/machine-id", "/root/note", "/var/lib/docker/layer")).toBe(`${machineId}\nkept\nimage`);
      expect(await inside(host, "sh", "-c", "ls /etc/issue 2>&1 || hostname")).toContain(`\n${host.name}`);
      expect(host.hostKey).toBe(hostKey);
    }
  });

  it("share nothing that they write with it, nor with each other", async () => {
    const [web, other] = [first(alike.hosts), first(alike.hosts.slice(1))];
    await inside(web, "sh", "-c", "echo changed >/root/note; echo changed >/var/lib/docker/layer");
    expect(await inside(other, "cat", "/root/note", "/var/lib/docker/layer")).toBe("kept\nimage");
  });

  it("let its admin in, who comes from the address that all of them know", async () => {
    const { address } = first(alike.hosts);
    const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "LogLevel=ERROR"];
    const argv: Argv = ["ssh", "-F", "none", "-i", alike.keyFile, ...options.flatMap((option) => ["-o", option]), `root@${address}`];
    const { stdout } = await run([...argv, "echo $SSH_CLIENT"]);
    expect(stdout.split(" ")[0]).toBe(COMMON_ADMIN.adminAddress);
    expect(alike.adminAddress).toBe(COMMON_ADMIN.adminAddress);
  });

  function first(hosts: readonly SandboxHost[]): SandboxHost {
    const [host] = hosts;
    if (host === undefined) throw new Error("a host was asked for");
    return host;
  }

  async function inside(host: SandboxHost, ...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await execInHost(host, argv);
    if (code !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
    return stdout.trim();
  }
});
