/** A login without sudo writes all that it can, everywhere at once: the databases, the records, the others and the deploys go on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { containersModel } from "../../../components/containers/model";
import { databaseResources } from "../../../components/containers/services/dockerArguments";
import type { HostPlan } from "../../../components/plan/hostPlan";
import { hostPlans } from "../../../components/registry";
import { sendImages } from "../../../ops/lib/images";
import { runSync } from "../../../ops/lib/process";
import { overSsh, type SshAnswer } from "../../../ops/lib/ssh";
import { perform } from "../../../sandbox/engine/perform";
import { ensureImages } from "../../../sandbox/images/images";
import { execInHost } from "../../../sandbox/machines/exec";
import { rebootHost } from "../../../sandbox/machines/power";
import { adminKey, Bench } from "../bench";
import { planOf } from "../servicesBench";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

const FILL = readFileSync(join(__dirname, "fill.py"), "utf8");
// As in fill.py.
const MOST_BYTES = 400 * 1024 * 1024;
const MOST_NAMES = 50_000;
const PEOPLE = ["bob", "carol"] as const;
const DEPLOYED = ["people", "storage", "docker", "secrets"] as const;

describe("a login without sudo that fills every place it can write to", () => {
  const useIt = useBench();
  let image = "";
  beforeAll(async () => {
    image = (await ensureImages(() => undefined)).find(({ name }) => name === "postgres")?.id ?? "";
  });

  function keyOf({ sandbox }: Bench, name: string): string {
    const file = `${sandbox.keyFile}-${name}`;
    runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], { input: "n\n" });
    return file;
  }

  function config(bench: Bench, changes: Readonly<Record<string, unknown>> = {}): StackConfig {
    const people = PEOPLE.map((name) => ({ name, keys: [adminKey({ ...bench.sandbox, keyFile: keyOf(bench, name) })] }));
    return parseConfig({
      ...bench.config,
      people: [...bench.config.people, ...people],
      docker: { limits: "unavailable" },
      services: [
        { kind: "postgres", name: "db", image, memoryMegabytes: 512 },
        { kind: "container", name: "api", image, user: "10001:10001", health: { command: ["/bin/true"] }, uses: ["db"] },
      ],
      backup: { paths: ["/etc/hostname"] },
      // Nobody listens there: the journal has what is alerted.
      alerts: { webhook: `http://${bench.sandbox.adminAddress}:9/` },
      ...changes,
    });
  }

  async function deploy(bench: Bench, ...units: readonly string[]): Promise<readonly string[]> {
    const answers = [];
    for (const plan of hostPlans(config(bench), "web"))
      if (units.includes(plan.unit)) answers.push(`${plan.unit} ${(await bench.deploy(plan)).status}`);
    return answers;
  }

  async function prepare(bench: Bench): Promise<void> {
    const [host] = bench.config.hosts;
    if (host === undefined) throw new Error("no host");
    const archives = (await ensureImages(() => undefined)).filter(({ name }) => name === "postgres").map(({ archive }) => archive);
    await sendImages(host, archives, bench.patience, () => undefined);
    await deploy(bench, ...DEPLOYED);
    const { networks, volumes, containers } = databaseResources(containersModel(config(bench)));
    for (const [type, all] of [
      ["network:Network", networks],
      ["volume:Volume", volumes],
      ["container:Container", containers],
    ] as const)
      for (const inputs of all) {
        const sshOpts = JSON.stringify(["-o", `KnownHostsCommand=/bin/echo * ${bench.host.hostKey}`]);
        const provider = { host: `ssh://deploy@${bench.host.address}:22`, sshOpts };
        const resource = {
          urn: `urn:${inputs.name}`,
          type: `docker:index/${type}`,
          name: inputs.name,
          custom: true,
          inputs: { ...inputs },
          provider,
        };
        await perform(resource, new Set([bench.host.address]), bench.sandbox.keyFile);
      }
    await deploy(bench, "accounts", "backup");
  }

  function as(bench: Bench, name: string, command: string, stdin = ""): Promise<SshAnswer> {
    return overSsh(bench.target(name), command, stdin, { ...bench.patience, identity: keyOf(bench, name) });
  }

  function sql(bench: Bench, statement: string): Promise<string> {
    const psql = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username=phiward_api", "--dbname=api"];
    return bench.inside("docker", "exec", "db", ...psql, `--command=${statement}`);
  }

  it("stops nothing: databases, records, other people, backups and deploys go on", async (context) => {
    const bench = useIt(context);
    await prepare(bench);
    await sql(bench, "CREATE TABLE IF NOT EXISTS kept (text text)");
    const filling = as(bench, "bob", `python3 -c 'import sys; source = sys.stdin.read(); exec(source)'`, FILL);
    await waitFor(
      "every place is full",
      async () => (await execInHost(bench.host, ["pgrep", "--uid", "bob", "--exact", "sleep"])).code === 0,
    );

    await sql(bench, "INSERT INTO kept SELECT repeat(md5(number::text), 100) FROM generate_series(1, 2000) number");
    await bench.inside("logger", "--tag=disk-test", "recorded while it is full");
    expect(await bench.journal("--identifier=disk-test", "--output=cat")).toContain("recorded while it is full");
    expect(await as(bench, "carol", "echo in > /tmp/mine && cat /tmp/mine")).toMatchObject({ code: 0, stdout: "in\n" });
    expect((await execInHost(bench.host, ["systemctl", "start", "phiward-backup.service"])).code).toBe(0);
    expect(await deploy(bench, ...DEPLOYED, "accounts", "backup")).toEqual(
      ["people", "storage", "docker", "secrets", "accounts", "backup"].map((unit) => `${unit} unchanged`),
    );
    // What outlives a session runs apart from the host as well.
    const manager = (await bench.inside("pgrep", "--uid", "bob", "--exact", "systemd")).trim();
    const mounts = ["findmnt", "--noheadings", "--output=FS-OPTIONS", "/tmp"];
    expect(await bench.inside("nsenter", `--target=${manager}`, "--mount", ...mounts)).toContain("size=65536k");
    for (const path of ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"])
      expect(await bench.inside("find", path, "-user", "bob"), path).toBe("");
    await bench.inside("pkill", "--uid", "bob");
    const taken = z.record(z.string(), z.tuple([z.number(), z.number()])).parse(JSON.parse((await filling).stdout));
    const places = Object.keys(taken);
    expect(places).toEqual(expect.arrayContaining(["/home/bob", "/tmp", "/var/tmp", "/dev/shm", "/run/lock"]));
    const unlimited = Object.entries(taken).filter(([, [bytes, names]]) => bytes >= MOST_BYTES || names >= MOST_NAMES);
    expect(unlimited).toEqual([]);
  });

  it("leaves homes that keep what was in them, come back with the host, and grow and do not shrink", async (context) => {
    const bench = useIt(context);
    await deploy(bench, "people", "storage");
    expect(await bench.inside("find", "/home/bob", "-maxdepth", "1", "-name", ".profile", "-user", "bob")).toBe("/home/bob/.profile\n");
    const storage = (megabytes: number): HostPlan => planOf(config(bench, { homes: { megabytes } }), "storage");
    // Grows while nobody is in it: the kernel that runs these tests lets nobody resize what is mounted.
    await waitFor("nobody works in homes", async () => (await execInHost(bench.host, ["umount", "/home"])).code === 0);
    await bench.deploy(storage(256));
    expect((await bench.apply(storage(128))).stderr).toContain("step settle-homes");
    expect(await bench.inside("tail", "--lines=5", "/var/lib/phiward/log/storage.log")).toContain("found 128, allowed: at least 256");
    await rebootHost(bench.host);
    expect(await bench.inside("findmnt", "--noheadings", "--output=OPTIONS", "/home")).toMatch(/nosuid,nodev/);
    const failed = (await new Bench(bench.sandbox, config(bench, { homes: { megabytes: 256 } })).verify()).filter(
      ({ status }) => status === "fail",
    );
    expect(failed.map(({ id }) => id).filter((id) => id.startsWith("people-"))).toEqual([]);
  });
});
