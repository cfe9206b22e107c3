/** What code in a container, and an account of the host, can do to what another container keeps. */
import { describe, expect, it, type TestContext } from "vitest";
import { CONTAINER_IDS } from "../../../components/config/containerIds";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { containersModel } from "../../../components/containers/model";
import { execInHost } from "../../../sandbox/machines/exec";
import type { Bench } from "../bench";
import { bringImages, deployServices, failures, HEALTH, imageId, planOf, withServices } from "../servicesBench";
import { useBench } from "../useBench";

// A password or nothing, and commands one a line, sent to Redis from the API's container; prints what Redis answers, once that is a line
// for each of them: what is refused has one.
const FROM_API = `
const commands = process.argv[1].split("|"), end = () => process.stdout.write(out, () => process.exit(0));
const s = require("tls").connect({ port: 6380, host: "cache", ca: require("fs").readFileSync(process.env.CACHE_CA_FILE) });
let out = "";
s.on("secureConnect", () => s.write(commands.join("\\r\\n") + "\\r\\n"));
s.on("data", (data) => { out += data; if (out.split("\\r\\n").length > commands.length) end(); });
s.on("close", end);
s.setTimeout(20000, end);`;

describe("what a container can reach of another", () => {
  const useIt = useBench();
  let deployed: StackConfig | undefined;

  async function running(context: TestContext): Promise<{ bench: Bench; config: StackConfig; api: string }> {
    const bench = useIt(context);
    if (deployed === undefined) {
      await bringImages(bench);
      const { services, ...rest } = withServices(bench);
      const health = { ...HEALTH, command: ["/usr/bin/node", "--version"] };
      // The image's entrypoint is Node.js.
      const command = ["-e", "setInterval(() => 0, 1e6)"];
      const keeper = {
        kind: "container",
        name: "keeper",
        image: imageId("api"),
        command,
        health,
        volumes: [{ name: "files", path: "/files" }],
      };
      deployed = parseConfig({
        ...rest,
        services: [...services, keeper],
      });
      await deployServices(bench, deployed);
    }
    const [api] = containersModel(deployed).services;
    return { bench, config: deployed, api: api?.name ?? "" };
  }

  async function ask(bench: Bench, api: string, ...commands: readonly string[]): Promise<string> {
    return bench.inside("docker", "exec", api, "/usr/bin/node", "-e", FROM_API, commands.join("|"));
  }

  it("gives Redis to nobody without a password, whatever user is named", async (context) => {
    const { bench, api } = await running(context);
    for (const login of ['phiward "none"', 'phiward ""', 'health "none"', 'default "none"', 'api_e1 "none"']) {
      const answer = await ask(bench, api, `AUTH ${login}`, "CONFIG GET *", "ACL LOAD", "ACL LIST", "PING");
      expect(answer.split("\r\n").filter((line) => line !== "")).toEqual([
        expect.stringMatching(/^-WRONGPASS /),
        ...Array.from({ length: 4 }, () => expect.stringMatching(/^-NOAUTH /) as string),
      ]);
    }
  });

  it("gives a service's own user no command of an operator", async (context) => {
    const { bench, api } = await running(context);
    const password = (await bench.inside("cat", "/var/lib/phiward/secrets/cache-api.1")).trim();
    const denied = [
      "CONFIG GET *",
      "ACL LOAD",
      "ACL LIST",
      "ACL SETUSER x on",
      "FLUSHALL",
      "KEYS *",
      "DEBUG SLEEP 1",
      "MONITOR",
      "SHUTDOWN",
    ];
    const lines = (await ask(bench, api, `AUTH api_e1 ${password}`, ...denied)).split("\r\n").filter((line) => line !== "");
    expect(lines[0]).toBe("+OK");
    expect(lines.slice(1)).toEqual(denied.map(() => expect.stringMatching(/^-(NOPERM |ERR DEBUG command not allowed)/) as string));
  });

  it("has no user in Redis that is on and has no password", async (context) => {
    const { bench, config } = await running(context);
    expect((await failures(bench, config)).filter((failure) => JSON.stringify(failure).includes("redis-"))).toEqual([]);
    const ask = ["/usr/bin/python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "redis", "ask", "cache"];
    const list = await bench.inside(...ask, "/var/lib/phiward/secrets/cache-redis.1", "ACL", "LIST");
    for (const line of list.trim().split("\n")) expect(line).toMatch(/^user (default off |\S+ on .*#[0-9a-f]{64} )/);
  });

  it("runs each container as a number that no account or group of the host has", async (context) => {
    const { bench } = await running(context);
    const format = "{{.State.Pid}}";
    const names = (await bench.inside("docker", "ps", "--format", "{{.Names}}")).trim().split("\n");
    expect(names.length).toBe(4);
    const ids = new Set<number>();
    for (const name of names) {
      const pid = (await bench.inside("docker", "inspect", name, "--format", format)).trim();
      const status = await bench.inside("cat", `/proc/${pid}/status`);
      const [uids = [], gids = [], groups = []] = ["Uid", "Gid", "Groups"].map((key) =>
        (new RegExp(`^${key}:(.*)$`, "m").exec(status)?.[1] ?? "").trim().split(/\s+/).filter(Boolean).map(Number),
      );
      for (const id of [...uids, ...gids]) {
        expect(id >= CONTAINER_IDS.first && id <= CONTAINER_IDS.last).toBe(true);
        ids.add(id);
      }
      expect(groups.filter((group) => !gids.includes(group))).toEqual([]);
    }
    for (const id of ids)
      for (const database of ["passwd", "group"])
        expect((await execInHost(bench.host, ["getent", database, String(id)])).code, `${database} ${String(id)}`).toBe(2);
  });

  it("keeps useradd out of the containers' numbers, and shows an account that has one all the same", async (context) => {
    const { bench, config } = await running(context);
    const uid = containersModel(config).databases[0]?.user.split(":")[0] ?? "";
    await bench.inside("useradd", "--uid", uid, "--no-create-home", "squatter");
    try {
      const failed = JSON.stringify(await failures(bench, config));
      expect(failed).toContain("containers-users-own");
      expect((await bench.apply(planOf(config, "docker"))).stderr).toMatch(/step container-users: .*the change was rolled back/);
      expect(await bench.inside("cat", "/var/lib/phiward/log/docker.log")).toContain("which the account squatter has");
      await bench.inside("useradd", "--no-create-home", "next");
      expect(Number((await bench.inside("id", "--user", "next")).trim())).toBeLessThan(CONTAINER_IDS.first);
    } finally {
      await bench.inside("sh", "-c", "userdel squatter; userdel next || true");
    }
    expect(await failures(bench, config)).toEqual([]);
  });

  it("executes nothing that lies in a volume", async (context) => {
    const { bench } = await running(context);
    const path = "/var/lib/postgresql/data/program";
    await bench.inside("docker", "exec", "db", "sh", "-c", `printf '#!/bin/sh\necho ran\n' > ${path}; chmod 0755 ${path}`);
    const run = await execInHost(bench.host, ["docker", "exec", "db", path]);
    expect([run.code === 0, run.stdout]).toEqual([false, expect.not.stringContaining("ran")]);
    await bench.inside("docker", "exec", "db", "rm", path);
  });

  it("gives a service's volume to it alone, and no image says whose it is", async (context) => {
    const { bench, config } = await running(context);
    const keeper = containersModel(config).services.find(({ service }) => service === "keeper");
    const files = "/var/lib/docker/volumes/phiward-keeper.files/_data";
    expect((await bench.inside("stat", "--format=%u:%g %a", files)).trim()).toBe(`${keeper?.user ?? ""} 700`);
    await bench.inside("docker", "exec", keeper?.name ?? "", "/usr/bin/node", "-e", `require("fs").writeFileSync("/files/note","x")`);
    expect((await bench.inside("stat", "--format=%u:%g", `${files}/note`)).trim()).toBe(keeper?.user);
  });
});
