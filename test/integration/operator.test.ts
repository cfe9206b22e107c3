import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { hostPlans } from "../../components/registry";
import { fingerprint } from "../../ops/commands/adopt";
import type { StackContext } from "../../ops/lib/context";
import { staleUnits } from "../../ops/lib/stale";
import { type Bench, DEAD_MAN_SECONDS } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const ROOT = resolve(__dirname, "../..");

function contextOf(bench: Bench): StackContext {
  return { file: "", patience: bench.patience, outside: [], scanRate: 30_000 };
}

describe("what make up finds to be applied again", () => {
  const useIt = useBench();

  it("is nothing on a host that is as declared", async (context) => {
    const bench = useIt(context);
    expect(await staleUnits(bench.config, contextOf(bench))).toEqual([]);
  });

  it("is a unit that has drifted, with what of it", async (context) => {
    const bench = useIt(context);
    await bench.inside("sh", "-c", "echo '# by hand' >> /etc/fail2ban/jail.d/phiward.local; ufw allow 9999/tcp");
    expect(await staleUnits(bench.config, contextOf(bench))).toEqual([
      { host: "web", unit: "ufw", why: "it has drifted: /etc/ufw/user.rules, /etc/ufw/user6.rules" },
      { host: "web", unit: "fail2ban", why: "it has drifted: /etc/fail2ban/jail.d/phiward.local" },
    ]);
    await bench.deployAll();
    expect(await staleUnits(bench.config, contextOf(bench))).toEqual([]);
  });

  it("is a unit whose change was not confirmed, and one that was rolled back, until it is applied again", async (context) => {
    const bench = useIt(context);
    const wanted = { ...bench.config, ssh: { ...bench.config.ssh, maxAuthTries: 5 } };
    const plan = hostPlans(wanted, "web").find(({ unit }) => unit === "ssh");
    if (plan === undefined) throw new Error("no plan");
    await bench.apply(plan);
    expect(await staleUnits(wanted, contextOf(bench))).toEqual([{ host: "web", unit: "ssh", why: "its last change was not confirmed" }]);
    await waitFor(
      "the roll-back",
      DEAD_MAN_SECONDS + 10,
      async () => (await staleUnits(wanted, contextOf(bench)))[0]?.why === "its last change was rolled back",
    );
    await bench.deploy(plan);
    expect(await staleUnits(wanted, contextOf(bench))).toEqual([]);
    await bench.deploy(bench.plan("ssh"));
  });
});

describe("what make up finds on a server that was only adopted", () => {
  const useIt = useBench({ state: "adopted" });

  it("is every unit, before any of its packages is there", async (context) => {
    const bench = useIt(context);
    const stale = await staleUnits(bench.config, contextOf(bench));
    expect(stale.map(({ unit, why }) => `${unit}: ${why}`)).toEqual(
      ["baseline", "people", "ssh", "ufw", "fail2ban"].map((unit) => `${unit}: it holds another generation`),
    );
  });
});

describe("make adopt", () => {
  const useIt = useBench({ state: "fresh" });
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-adopt-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function adopt(bench: Bench, settings: Readonly<Record<string, string>>): { status: number | null; output: string } {
    const argv = ["-r", join(ROOT, "node_modules/ts-node/register/transpile-only"), join(ROOT, "ops/commands/adopt.ts")];
    const environment = {
      ...process.env,
      STACK: "trial",
      KEY: bench.sandbox.keyFile,
      TS_NODE_PROJECT: join(ROOT, "tsconfig.json"),
      ...settings,
    };
    const { status, stdout, stderr } = spawnSync("node", argv, { cwd: directory, encoding: "utf8", env: environment });
    return { status, output: stdout + stderr };
  }

  it("shows an unknown host key and changes nothing until its fingerprint is confirmed, then pins it in the stack's file", (context) => {
    const bench = useIt(context);
    const { address, hostKey } = bench.host;
    const config = Object.fromEntries(
      Object.entries({ ...bench.config, hosts: [{ kind: "existing", name: "web", address }] }).map(([key, value]) => [
        `phiward:${key}`,
        value,
      ]),
    );
    const file = join(directory, "Pulumi.trial.yaml");
    writeFileSync(file, `# a comment that stays\n${stringify({ config })}`);
    const before = readFileSync(file, "utf8");

    const unconfirmed = adopt(bench, { HOST: "web" });
    expect(unconfirmed.status).toBe(1);
    expect(unconfirmed.output).toContain(`web: the server shows the host key ${fingerprint(hostKey)} (ED25519)`);
    expect(unconfirmed.output).toContain("nothing was changed");
    expect(adopt(bench, { HOST: "web", HOST_KEY: "SHA256:of-somebody-else" }).status).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);

    const unnamed = adopt(bench, { HOST: "web", HOST_KEY: fingerprint(hostKey) });
    expect(unnamed.status).toBe(1);
    expect(unnamed.output).toContain("web: would go: authorized keys: /root/.ssh/authorized_keys");
    expect(unnamed.output).toContain("REMOVE='/root/.ssh/authorized_keys'");
    expect(readFileSync(file, "utf8")).toContain("# a comment that stays");
    expect(readFileSync(file, "utf8")).toContain(`hostKey: ${hostKey}`);

    const adopted = adopt(bench, { HOST: "web", REMOVE: "/root/.ssh/authorized_keys" });
    expect(adopted.output).toContain("web: adopted; next: make up STACK=trial");
    expect(adopted.status).toBe(0);
  });

  it("says what is wrong with a host's name, a missing file and a faulty one, without a stack trace", (context) => {
    const bench = useIt(context);
    expect(adopt(bench, { HOST: "nobody" })).toEqual({
      status: 3,
      output: 'Pulumi.trial.yaml: hosts: found no host named "nobody"; give HOST=name, one of those in the file\n',
    });
    expect(adopt(bench, { STACK: "missing", HOST: "web" })).toEqual({
      status: 3,
      output: "Pulumi.missing.yaml: found no such file, allowed: a stack's configuration; copy Pulumi.prod.yaml and edit it\n",
    });
    writeFileSync(join(directory, "Pulumi.broken.yaml"), "config: [\n");
    const broken = adopt(bench, { STACK: "broken", HOST: "web" });
    expect(broken.status).toBe(3);
    expect(broken.output).toMatch(/^Pulumi\.broken\.yaml: found text that is no YAML \(.*\); correct it\n$/);
  });
});
