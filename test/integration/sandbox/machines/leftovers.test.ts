import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { start } from "../../../../ops/lib/process";
import type { Argv } from "../../../../ops/lib/programs";
import { ensureBase } from "../../../../sandbox/machines/base";
import { sandboxDirectory } from "../../../../sandbox/machines/cache";
import { SandboxFailed } from "../../../../sandbox/machines/errors";
import { execInHost } from "../../../../sandbox/machines/exec";
import { openSandbox } from "../../../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../../../sandbox/machines/machine";
import { ensurePackages } from "../../../../sandbox/machines/packages";
import { run } from "../../../../sandbox/machines/run";
import { createSandbox, destroySandbox, listSandboxes } from "../../../../sandbox/machines/sandbox";
import { waitFor } from "../../waiting";
import { findTraced, machineTraces, newTraces, type Traced } from "./traces";

const obstacle = sandboxObstacle();
const id = `t-rest-${String(process.pid)}`;
const SOURCES = join(__dirname, "../../../../sandbox/machines");
const silent = (): void => undefined;

describe.skipIf(obstacle !== undefined)(`nothing is left ${obstacle ?? ""}`, () => {
  let base: string;
  const caches: string[] = [];

  beforeAll(async () => {
    await ensurePackages(silent);
    base = await ensureBase(silent);
  }, 600_000);
  afterEach(async () => {
    await destroySandbox(id);
    vi.unstubAllEnvs();
    for (const cache of caches.splice(0)) rmSync(cache, { recursive: true });
  });

  it("of a sandbox that is removed, whatever its hosts are doing", async () => {
    const before = machineTraces();
    const sandbox = await createSandbox({ id, hosts: ["web", "db"], outsiders: 1, progress: silent });
    const traced = await findTraced(id);
    const [web] = sandbox.hosts;
    const [outsider] = sandbox.outsiders;
    if (web === undefined || outsider === undefined) throw new Error("both were asked for");
    await execInHost(web, ["systemd-run", "--quiet", "sleep", "4343"]);
    await execInHost(web, ["sh", "-c", "echo keep >/root/note && chattr +i /root/note; mkdir /mnt/m && mount -t tmpfs m /mnt/m"]);
    const scan = run(["nsenter", `--net=/run/netns/${outsider.netns}`, "sleep", "4343"]);
    const console = execInHost(web, ["sleep", "4344"]);
    await waitFor("the command in the host", async () => (await execInHost(web, ["pgrep", "--full", "^sleep 4344"])).code === 0);

    const during = newTraces(before, machineTraces(), traced);
    for (const kind of ["link", "netns", "mount", "nft", "cgroup", "propagate", "claim", "process"]) {
      expect(during.filter((line) => line.startsWith(`${kind} `))).not.toEqual([]);
    }
    await destroySandbox(id);
    expectNothing(before, traced);
    expect([(await scan).code, (await console).code]).toEqual([137, 137]);
    expect(openSandbox(id)).toBeUndefined();
    await destroySandbox(id);
  });

  it("of a sandbox that is removed while a host reboots", async () => {
    const before = machineTraces();
    const sandbox = await createSandbox({ id, hosts: ["web"], progress: silent });
    const traced = await findTraced(id);
    const [web] = sandbox.hosts;
    if (web === undefined) throw new Error("a host was asked for");
    await execInHost(web, ["systemctl", "reboot"]);
    await destroySandbox(id);
    expectNothing(before, traced);
  });

  it("of a sandbox one of whose hosts does not start, but its console and a line that says where", async () => {
    const cache = otherCache();
    // Enough to look like a root file system at first, and no init in it.
    const empty = join(cache, "base", basename(base));
    for (const directory of ["etc/ssh", "root/.ssh"]) mkdirSync(join(empty, directory), { recursive: true });
    const before = machineTraces();
    const [failure, traced] = await Promise.all([
      failureOf(createSandbox({ id, hosts: ["web"], outsiders: 1, progress: silent })),
      findTraced(id),
    ]);
    expect(failure.message).toMatch(new RegExp(`^sandbox ${id}: web: the host died; its console: ${cache}/failed/${id}$`));
    expect(failure.consoleTail).toContain("OS");
    expect(readFileSync(join(cache, "failed", id, "web.log"), "utf8")).toContain("OS");
    expectNothing(before, traced);
    await destroySandbox(id);
    expect(readdirSync(join(cache, "failed"))).toEqual([]);
  });

  it("of a sandbox one of whose disks cannot be made", async () => {
    const cache = otherCache();
    symlinkSync(base, join(cache, "base", basename(base)));
    // A directory has no hard links, so this entry cannot be given to a host.
    mkdirSync(join(cache, "archives", "odd.deb"), { recursive: true });
    const before = machineTraces();
    const [failure, traced] = await Promise.all([
      failureOf(createSandbox({ id, hosts: ["web", "db"], outsiders: 1, progress: silent })),
      findTraced(id),
    ]);
    expect(failure.message).toContain("EPERM");
    expectNothing(before, traced);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("of a sandbox whose making is interrupted by %s", async (signal) => {
    const before = machineTraces();
    const creator = makeElsewhere();
    await waitFor("its console", () => existsSync(join(sandboxDirectory(id), "hosts/web/console.log")));
    const traced = await findTraced(id);
    creator.kill(signal);
    expect(await once(creator, "exit")).toEqual([null, signal]);
    expectNothing(before, traced);
  });

  it("of a sandbox whose making was killed, once it is removed or made again", async () => {
    const before = machineTraces();
    const creator = makeElsewhere();
    await waitFor("its console", () => existsSync(join(sandboxDirectory(id), "hosts/web/console.log")));
    await expect(destroySandbox(id)).rejects.toThrow(`being created by process ${String(creator.pid)}`);
    creator.kill("SIGKILL");
    await once(creator, "exit");
    expect(listSandboxes()).toContainEqual({ id, state: "incomplete" });
    expect(openSandbox(id)).toBeUndefined();
    await createSandbox({ id, hosts: ["web"], progress: silent });
    const traced = await findTraced(id);
    await destroySandbox(id);
    expectNothing(before, traced);
  });

  it("of a request that is refused", async () => {
    for (const hosts of [["Web"], ["web", "web"], ["../up"], [""]]) {
      await expect(createSandbox({ id, hosts, progress: silent })).rejects.toBeInstanceOf(SandboxFailed);
    }
    await expect(destroySandbox("../up")).rejects.toThrow('sandbox id "../up": allowed are lower-case letters');
    expect(remains()).toEqual([]);
  });

  it("on a machine where no sandbox can run, and the reason is given", async () => {
    const script = `require("${SOURCES}/machine.ts").requireSandboxMachine()`;
    const node: Argv = ["node", "-r", "ts-node/register/transpile-only", "-e", script];
    expect((await run(node)).code).toBe(0);
    const powerless = await run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--", ...node]);
    expect(powerless.stderr).toMatch(/SandboxUnavailable: .*(may not make namespaces|cannot be written).*an unprivileged container\?/);
  });

  function remains(): readonly string[] {
    return readdirSync(join(sandboxDirectory(id), "..")).filter((name) => name.startsWith(id));
  }

  function expectNothing(before: readonly string[], traced: Traced): void {
    expect(newTraces(before, machineTraces(), traced)).toEqual([]);
    expect(remains()).toEqual([]);
  }

  function otherCache(): string {
    const cache = mkdtempSync(join(tmpdir(), "phiward-cache-"));
    caches.push(cache);
    mkdirSync(join(cache, "base"));
    vi.stubEnv("PHIWARD_CACHE", cache);
    return cache;
  }

  function makeElsewhere(): ReturnType<typeof start> {
    const options = `{ id: "${id}", hosts: ["web", "db"], outsiders: 1, progress: () => undefined }`;
    const script = `require("${SOURCES}/sandbox.ts").createSandbox(${options}).catch(() => undefined)`;
    return start(["node", "-r", "ts-node/register/transpile-only", "-e", script], { stdio: "inherit" });
  }

  async function failureOf(making: Promise<unknown>): Promise<SandboxFailed> {
    const outcome = await making.catch((error: unknown) => error);
    if (!(outcome instanceof SandboxFailed)) throw new Error("the making was expected to fail");
    return outcome;
  }
});
