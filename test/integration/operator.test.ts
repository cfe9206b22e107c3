import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { hostPlans } from "../../components/registry";
import { fingerprint } from "../../ops/commands/adopt";
import { askHosts } from "../../ops/lib/askHosts";
import type { StackContext } from "../../ops/lib/context";
import { runSync } from "../../ops/lib/process";
import { secretsReport } from "../../ops/lib/secrets/report";
import { readStack } from "../../ops/lib/stack";
import type { Stale } from "../../ops/lib/stale";

import type { Bench } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

// What a host of the smallest stack has, in the order of a deploy.
const UNITS = [
  "baseline",
  "people",
  "storage",
  "ssh",
  "ufw",
  "fail2ban",
  "containment",
  "audit",
  "sealing",
  "sessions",
  "scans",
  "integrity",
];
const ROOT = resolve(__dirname, "../..");

function contextOf(bench: Bench): StackContext {
  return { file: "", patience: bench.patience, outside: [], scanRate: 30_000 };
}

/** A configuration as the text of a stack's file. */
function stackText(config: Readonly<Record<string, unknown>>): string {
  return stringify({ config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`phiward:${key}`, value])) });
}

describe("what phiward up finds to be applied again", () => {
  const useIt = useBench();

  it("is nothing on a host that is as declared", async (context) => {
    const bench = useIt(context);
    expect((await askHosts(bench.config, contextOf(bench))).stale).toEqual([]);
  });

  it("is a unit that has drifted, with what of it", async (context) => {
    const bench = useIt(context);
    await bench.inside("sh", "-c", "echo '# by hand' >> /etc/fail2ban/jail.d/phiward.local; ufw allow 9999/tcp");
    expect((await askHosts(bench.config, contextOf(bench))).stale).toEqual([
      {
        host: "web",
        unit: "ufw",
        why: "it has drifted: /etc/ufw/user.rules, /etc/ufw/user6.rules, check ufw-openings-exclusive-ipv4, check ufw-openings-exclusive-ipv6",
      },
      { host: "web", unit: "fail2ban", why: "it has drifted: /etc/fail2ban/jail.d/phiward.local" },
    ]);
    await bench.deployAll();
    expect((await askHosts(bench.config, contextOf(bench))).stale).toEqual([]);
  });

  it("is a unit whose change was not confirmed, and one that was rolled back, until it is applied again", async (context) => {
    const bench = useIt(context);
    const wanted = { ...bench.config, ssh: { ...bench.config.ssh, maxAuthTries: 5 } };
    const plan = hostPlans(wanted, "web").find(({ unit }) => unit === "ssh");
    if (plan === undefined) throw new Error("no plan");
    const isRolledBack = (stale: readonly Stale[]): boolean => stale[0]?.why === "its last change was rolled back";
    let stale: readonly Stale[] = [];
    // A host that took longer to answer than its switch waits is asked again.
    await waitFor("an answer before the roll-back", async () => {
      await bench.apply(plan);
      ({ stale } = await askHosts(wanted, contextOf(bench)));
      return !isRolledBack(stale);
    });
    expect(stale).toEqual([{ host: "web", unit: "ssh", why: "its last change was not confirmed" }]);
    await waitFor("the roll-back", async () => isRolledBack((await askHosts(wanted, contextOf(bench))).stale));
    await bench.deploy(plan);
    expect((await askHosts(wanted, contextOf(bench))).stale).toEqual([]);
    await bench.deploy(bench.plan("ssh"));
  });
});

describe("the person on call", () => {
  const useIt = useBench();
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-on-call-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function phiward(bench: Bench, args: readonly string[], input = ""): { status: number | null; stdout: string; stderr: string } {
    writeFileSync(join(directory, "Pulumi.trial.yaml"), stackText(bench.config));
    const argv = [join(ROOT, "ops/phiward.cjs"), ...args, "--stack", "trial", "--key", bench.sandbox.keyFile];
    const { status, stdout, stderr } = runSync(["node", ...argv], { cwd: directory, input });
    return { status, stdout, stderr };
  }

  it("opens a shell as themselves, which the host's journal has with who and why", async (context) => {
    const bench = useIt(context);
    const { status, stdout } = phiward(bench, ["shell", "web", "--as", "alice", "--why", "it's a test"], "id -un\nexit 7\n");
    expect({ status, stdout }).toEqual({ status: 7, stdout: "alice\n" });
    // By root: people write nothing into the journal themselves. Who ran sudo is on record there.
    expect(await bench.inside("journalctl", "--identifier=phiward", "_UID=0", "--output=cat")).toContain(
      "shell of alice on web: it's a test\n",
    );
    expect((await bench.inside("cat", "/var/log/sudo.log")).replace(/\n\s+/g, " ")).toMatch(
      /alice : .*COMMAND=\/usr\/bin\/logger --tag phiward/,
    );
    expect(phiward(bench, ["shell", "web", "--as", "deploy"])).toMatchObject({ status: 2, stdout: "" });
  });

  it("reads the logs of the host's own services through sudo, which records it", async (context) => {
    const bench = useIt(context);
    const { status, stdout } = phiward(bench, ["logs", "ssh", "--as", "alice", "--lines", "5"]);
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(5);
    expect(stdout).toContain("sshd");
    expect((await bench.inside("cat", "/var/log/sudo.log")).replace(/\n\s+/g, " ")).toMatch(
      /alice : .*COMMAND=\/usr\/bin\/journalctl --no-pager --unit=ssh --lines=5/,
    );
  });

  it("tells which security updates wait, of data whose age it says, and what lynis says", async (context) => {
    const bench = useIt(context);
    const person = ["--as", "alice"];
    // No tracker is reached from here: what it would say is not known, and nothing fails.
    await bench.inside("systemctl", "start", "phiward-vulnerability-data.service", "phiward-vulnerabilities.service");
    await bench.inside("systemctl", "start", "phiward-lynis.service");
    const answer: unknown = JSON.parse(phiward(bench, ["vulnerabilities", "web", "--json", ...person]).stdout);
    expect(answer).toMatchObject({
      hosts: [{ host: "web", look: { tracker: null, places: [{ where: "host", untold: "", unfixed: null }] }, lynis: { dropped: 0 } }],
    });
    expect(phiward(bench, ["vulnerabilities", ...person]).stdout).toMatch(/severity not known[^]*lynis \d\S+: index [5-9]\d of 100/);
    // Nobody else reads or writes any of it.
    expect(await bench.inside("find", "/var/lib/phiward/scans", "(", "-perm", "/022", "-o", "-not", "-user", "root", ")", "-print")).toBe(
      "",
    );
    expect((await bench.inside("stat", "--format=%U:%G %a", "/var/lib/phiward/scans")).trim()).toBe("root:root 700");
    expect(await bench.inside("journalctl", "--unit=phiward-vulnerabilities", "--output=cat")).toMatch(/^host: /m);
    expect((await bench.verify()).filter(({ status, unit }) => status === "fail" && unit === "scans")).toEqual([]);
  });

  it("lists secrets with since when the host has them, and names what is overdue", async (context) => {
    const bench = useIt(context);
    const { status, stdout } = phiward(bench, ["secrets", "--json", "--as", "alice"]);
    expect(status).toBe(0);
    const { secrets, unasked } = secretsReport.parse(JSON.parse(stdout));
    expect(unasked).toEqual([]);
    expect(secrets.find(({ name }) => name === "breakglass-password")).toMatchObject({ epoch: 1, ageDays: 0, overdue: false, former: [] });
    // One that should have been rotated is named, also by what is looked at each day.
    await bench.inside("touch", "--date=2 years ago", "/var/lib/phiward/escrow/breakglass-password.1.age");
    expect(phiward(bench, ["secrets", "--as", "alice"])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^! breakglass-password key[^]*1 overdue: npx phiward secrets rotate NAME/m) as string,
    });
    expect(phiward(bench, ["status", "--as", "alice"]).stdout).toContain("! secrets overdue: web: breakglass-password");
    await bench.inside("touch", "/var/lib/phiward/escrow/breakglass-password.1.age");
  });

  it("lists what nobody declared with its command, and accepts it in the stack's file until a day, which the next deploy brings", async (context) => {
    const bench = useIt(context);
    const person = ["--as", "alice"];
    expect(phiward(bench, ["drift", ...person])).toMatchObject({ status: 0 });
    await bench.inside("sh", "-c", "echo '# vendor' > /etc/cron.d/vendor");
    const { status, stdout } = phiward(bench, ["drift", ...person]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      "  job of cron: /etc/cron.d/vendor\n    remove:  sudo sh -c 'rm -f -- /etc/cron.d/vendor'\n    accept:  npx phiward accept",
    );
    const expires = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const terms = ["--reason", "the laboratory's transfer, ticket 12", "--owner", "anna", "--expires", expires];
    expect(phiward(bench, ["accept", "web", "/etc/cron.d/none", ...terms, ...person])).toMatchObject({ status: 2 });
    expect(phiward(bench, ["accept", "web", "/etc/cron.d/vendor", ...terms, ...person])).toMatchObject({ status: 0 });
    const accepting = readStack(join(directory, "Pulumi.trial.yaml"));
    const plan = hostPlans(accepting, "web").find(({ unit }) => unit === "integrity");
    if (plan === undefined) throw new Error("no plan");
    await bench.deploy(plan);
    expect(phiward(bench, ["drift", ...person])).toMatchObject({ status: 0 });
    // Another content is found again.
    await bench.inside("sh", "-c", "echo '* * * * * root id' >> /etc/cron.d/vendor");
    expect(JSON.parse(phiward(bench, ["drift", "--json", ...person]).stdout)).toMatchObject({
      hosts: [{ host: "web", found: [{ kind: "job of cron", path: "/etc/cron.d/vendor", acceptable: true }] }],
    });
    await bench.inside("rm", "/etc/cron.d/vendor");
    await bench.deploy(bench.plan("integrity"));
  });

  it("sees whom fail2ban bans, and lifts the bans of an address, which says by whom it was banned and is on record, and refuses what is not one", async (context) => {
    const bench = useIt(context);
    const banned = (): Promise<string> => bench.inside("sh", "-c", "fail2ban-client banned; nft list table inet f2b-table");
    await bench.inside("fail2ban-client", "set", "sshd", "banip", "192.0.2.7", "192.0.2.8");
    await waitFor("the ban", async () => (await banned()).includes("192.0.2.7, 192.0.2.8"));
    const status = phiward(bench, ["status", "--as", "alice", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      hosts: [
        { host: "web", bans: [{ jail: "sshd", count: 2, addresses: expect.arrayContaining(["192.0.2.7", "192.0.2.8"]) as unknown }] },
      ],
    });
    const unban = (...words: readonly string[]) => phiward(bench, ["unban", "--as", "alice", ...words]);
    expect(unban("192.0.2.7")).toMatchObject({ status: 0, stdout: "web: 192.0.2.7 is admitted again, by sshd\n" });
    expect(await banned()).not.toContain("192.0.2.7");
    expect(await banned()).toContain("192.0.2.8");
    expect(unban("192.0.2.7")).toMatchObject({ status: 0, stdout: "web: 192.0.2.7 is not banned\n" });
    expect(await bench.inside("journalctl", "--identifier=phiward", "_UID=0", "--output=cat")).toContain(
      "bans of 192.0.2.7 lifted by alice on web\n",
    );
    for (const word of ["--", "192.0.2.0/24", "$(id)", "web"]) expect(unban("--", word)).toMatchObject({ status: 2, stdout: "" });
    expect(await banned()).toContain("192.0.2.8");
    expect(unban("192.0.2.8", "--json").stdout).toBe('{"address":"192.0.2.8","hosts":[{"host":"web","jails":["sshd"]}]}\n');
  });

  it("sees units, drift and waiting confirmations of the hosts, and exits with 1 where one needs attention", async (context) => {
    const bench = useIt(context);
    const well = phiward(bench, ["status", "--as", "alice", "--json"]);
    expect(well.status).toBe(0);
    expect(JSON.parse(well.stdout)).toMatchObject({
      hosts: [
        {
          host: "web",
          units: UNITS.map((unit) => ({
            unit,
            difference: null,
          })),
          bans: [],
        },
      ],
    });
    await bench.inside("sh", "-c", "echo '# by hand' >> /etc/fail2ban/jail.d/phiward.local; systemctl stop fail2ban");
    const drifted = phiward(bench, ["status", "--as", "alice"]);
    expect(drifted.status).toBe(1);
    expect(drifted.stdout).toMatch(/^! fail2ban +[0-9a-f]{12} +it has drifted: \/etc\/fail2ban\/jail\.d\/phiward\.local(,|$)/m);
    expect(drifted.stdout).toMatch(/^! banned by +fail2ban +does not say whom it bans/m);
    expect(drifted.stdout).toMatch(/^ {2}ssh +[0-9a-f]{12} +as declared$/m);
    await bench.inside("systemctl", "start", "fail2ban");
    await bench.deployAll();
  });
});

describe("what phiward up finds on a server that was only adopted", () => {
  const useIt = useBench({ state: "adopted" });

  it("is every unit, before any of its packages is there", async (context) => {
    const bench = useIt(context);
    const { stale } = await askHosts(bench.config, contextOf(bench));
    expect(stale.map(({ unit, why }) => `${unit}: ${why}`)).toEqual([
      "programs: it lacks the agent or the programs of this version",
      ...UNITS.map((unit) => `${unit}: its generation differs from the deployed one`),
    ]);
  });
});

describe("phiward adopt", () => {
  const useIt = useBench({ state: "fresh" });
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-adopt-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function adopt(bench: Bench, host: string, ...options: readonly string[]): { status: number | null; output: string } {
    const stack = options.includes("--stack") ? [] : ["--stack", "trial"];
    const argv = [join(ROOT, "ops/phiward.cjs"), "adopt", ...stack, "--key", bench.sandbox.keyFile, "--host", host, ...options];
    const { status, stdout, stderr } = runSync(["node", ...argv], { cwd: directory });
    return { status, output: stdout + stderr };
  }

  it("shows an unknown host key and changes nothing until its fingerprint is confirmed, then pins it in the stack's file", (context) => {
    const bench = useIt(context);
    const { address, hostKey } = bench.host;
    const file = join(directory, "Pulumi.trial.yaml");
    writeFileSync(file, `# a comment that stays\n${stackText({ ...bench.config, hosts: [{ kind: "existing", name: "web", address }] })}`);
    const before = readFileSync(file, "utf8");

    const unconfirmed = adopt(bench, "web");
    expect(unconfirmed.status).toBe(1);
    expect(unconfirmed.output).toContain(`web: the server shows the host key ${fingerprint(hostKey)} (ED25519)`);
    expect(unconfirmed.output).toContain("nothing was changed");
    expect(adopt(bench, "web", "--host-key", "SHA256:of-somebody-else").status).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);

    const unnamed = adopt(bench, "web", "--host-key", fingerprint(hostKey));
    expect(unnamed.status).toBe(1);
    expect(unnamed.output).toContain("web: would be removed: authorized keys: /root/.ssh/authorized_keys");
    expect(unnamed.output).toContain("--remove '/root/.ssh/authorized_keys'");
    expect(readFileSync(file, "utf8")).toContain("# a comment that stays");
    expect(readFileSync(file, "utf8")).toContain(`hostKey: ${hostKey}`);

    const adopted = adopt(bench, "web", "--remove", "/root/.ssh/authorized_keys");
    expect(adopted.output).toContain("web: adopted; next: npx phiward up --stack trial");
    expect(adopted.status).toBe(0);
  });

  it("says what is wrong with a host's name, a missing file and a faulty one, without a stack trace", (context) => {
    const bench = useIt(context);
    expect(adopt(bench, "nobody")).toEqual({
      status: 3,
      output: 'Pulumi.trial.yaml: hosts: found no host named "nobody"; give one of those in the file\n',
    });
    expect(adopt(bench, "web", "--stack", "missing")).toEqual({
      status: 3,
      output: "Pulumi.missing.yaml: found no such file, allowed: a stack's configuration; npx phiward init writes one\n",
    });
    writeFileSync(join(directory, "Pulumi.broken.yaml"), "config: [\n");
    const broken = adopt(bench, "web", "--stack", "broken");
    expect(broken.status).toBe(3);
    expect(broken.output).toMatch(/^Pulumi\.broken\.yaml: not valid YAML \(.*\); correct it\n$/);
  });
});
