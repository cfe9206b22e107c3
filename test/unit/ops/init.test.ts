import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityToRecipient } from "age-encryption";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCli } from "../../../ops/cli";
import { initCommand } from "../../../ops/commands/init";
import { OperatorError } from "../../../ops/lib/errors";
import { readStack, readStackFile } from "../../../ops/lib/stack";
import { withStandInKeys } from "../../../ops/lib/unadopted";
import { ed25519 } from "../components/examples";

const DIGEST = `sha256:${"ab".repeat(32)}`;

let [directory, place, before] = ["", "", ""];
let printed = "";
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-init-project-"));
  place = mkdtempSync(join(tmpdir(), "phiward-init-keys-"));
  process.chdir(directory);
  writeFileSync("alice.pub", `${ed25519(2)} alice@laptop\n`);
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.stubEnv("SSH_CONNECTION", "");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.chdir(before);
  for (const path of [directory, place]) rmSync(path, { recursive: true, force: true });
});

const person = { person: "alice", personKey: "alice.pub", adminNetworks: "198.51.100.7/32", incidentPhone: "+49 30 5550101" };
const droplet = () => ({
  ...{ stack: "new", kind: "droplet", email: "ops@example.org", ...person },
  ...{ recoveryKey: join(place, "recovery"), firstHostKey: join(place, "first") },
});
const existing = () => ({ stack: "new", kind: "existing", address: "203.0.113.4", ...person, recoveryKey: join(place, "recovery") });
const application = {
  ...{ service: "notes", image: "registry.example.org/notes:2", port: "8080", health: "/app/health --quick", site: "notes.example.org" },
  ...{ postgres: "postgres:17" },
};
const heard = { vault: "203.0.113.9", alert: "https://alerts.example.org/phiward" };
const lookUp = (name: string): Promise<string> =>
  Promise.resolve(`${name}@sha256:${Buffer.from(name).toString("hex").slice(0, 64).padEnd(64, "0")}`);

async function refusal(work: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await work.catch((caught: unknown) => caught);
  if (error instanceof OperatorError) return error;
  throw new Error("it was not refused");
}

describe("phiward init", () => {
  it("writes a stack of a droplet that passes the gate, with both keys in files that their owner alone reads", async () => {
    expect(await initCommand(droplet())).toBe(0);
    const config = readStack("Pulumi.new.yaml", { stack: "new", judging: true });
    expect(config.hosts.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["droplet web"]);
    const recovery = readFileSync(join(place, "recovery"), "utf8");
    const identity = /^AGE-SECRET-KEY-1\S+$/m.exec(recovery)?.[0] ?? "";
    expect(await identityToRecipient(identity)).toBe(config.recovery.publicKey);
    expect(readFileSync(join(place, "first"), "utf8")).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    for (const name of ["recovery", "first"]) expect(statSync(join(place, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync("Pulumi.new.yaml", "utf8")).not.toMatch(/AGE-SECRET|PRIVATE KEY/);
    expect(printed).not.toMatch(/AGE-SECRET|PRIVATE KEY/);
    expect(printed).toMatch(
      /Next:\n {2}pulumi stack init new\n {2}pulumi config set .*firstHostKeys\.web.*\n {2}npx phiward up --stack new\n$/,
    );
    expect(await runCli(["policy", "--stack", "new", "--quick"])).toBe(0);
  });

  it("writes one of two existing servers with an application, its database, backups and alerts, whose images it looked up", async () => {
    const options = { ...existing(), ...application, vault: "203.0.113.9", alert: "ops@example.org", mailServer: "mail.example.org" };
    expect(await initCommand(options, lookUp)).toBe(0);
    const raw = readStackFile("Pulumi.new.yaml");
    expect(raw["services"]).toMatchObject([
      { kind: "postgres", name: "db" },
      { name: "notes", port: 8080, uses: ["db"] },
    ]);
    expect(raw["backup"]).toMatchObject({ every: "day", offsite: "store", restores: { people: 1 } });
    const config = readStack("Pulumi.new.yaml", { stack: "new", judging: true }, (values) => withStandInKeys(values, ""));
    expect(config.services[1]).toMatchObject({ health: { command: ["/app/health", "--quick"] }, image: await lookUp(application.image) });
    expect(printed).toMatch(/adopt --stack new --host web\n.*adopt --stack new --host store\n.*up --stack new\n$/);
  });

  it("names all that is missing at once where there is no terminal to ask at, and writes nothing", async () => {
    const { message, code } = await refusal(initCommand({ stack: "new", personKey: "alice.pub", host: "Web" }));
    for (const option of ["kind", "host", "admin-networks"]) expect(message).toContain(`--${option}: found `);
    expect(message).toContain("a lowercase letter, then lowercase letters, digits and single hyphens");
    expect(message).not.toContain("Web");
    expect(code).toBe(2);
    expect(readdirSync(directory)).toEqual(["alice.pub"]);
  });

  it("asks for a second server where there is a database, whose backups the policies demand there, and who hears of failures", async () => {
    const { message } = await refusal(initCommand({ ...existing(), ...application }, lookUp));
    expect(message).toMatch(/^--vault: found nothing, allowed: [^\n]+$/);
    const vault = "203.0.113.9";
    expect((await refusal(initCommand({ ...existing(), vault }, lookUp))).message).toMatch(/^--alert: found nothing, allowed: [^\n]+$/);
  });

  it("writes over no file, neither a stack's nor a key's", async () => {
    writeFileSync("Pulumi.new.yaml", "config: {}\n");
    expect((await refusal(initCommand(droplet()))).message).toContain("Pulumi.new.yaml: found a file, allowed: a stack that has none");
    expect(readFileSync("Pulumi.new.yaml", "utf8")).toBe("config: {}\n");
    writeFileSync(join(place, "recovery"), "mine");
    expect((await refusal(initCommand({ ...droplet(), stack: "other" }))).message).toContain("--recovery-key: found another text");
    expect(readFileSync(join(place, "recovery"), "utf8")).toBe("mine");
  });

  it("puts no private key into a repository or beside the stack's file", async () => {
    mkdirSync(join(place, ".git"));
    for (const recoveryKey of [join(place, "recovery"), "recovery", join(directory, "recovery")]) {
      expect((await refusal(initCommand({ ...droplet(), recoveryKey }))).message).toContain("outside of every repository");
      expect(existsSync(recoveryKey)).toBe(false);
    }
  });

  it("leaves nothing where the policies refuse what was answered, and says which rule", async () => {
    const { message, code } = await refusal(initCommand({ ...droplet(), adminNetworks: "198.48.0.0/12" }));
    expect(message).toMatch(/^the policies refuse what was answered, and nothing was written:\nfail2ban-guards-sshd: /);
    expect(code).toBe(1);
    expect(readdirSync(place)).toEqual([]);
    expect(readdirSync(directory)).toEqual(["alice.pub"]);
  });

  it("leaves nothing where an image cannot be looked up, and says what to run instead", async () => {
    const refused = refusal(
      initCommand({ ...existing(), ...application, ...heard }, () => Promise.reject(new OperatorError("no answer", 2))),
    );
    expect((await refused).message).toBe("no answer");
    expect(readdirSync(place)).toEqual([]);
    expect(existsSync("Pulumi.new.yaml")).toBe(false);
    const pinned = {
      ...existing(),
      ...application,
      ...heard,
      image: `registry.example.org/notes@${DIGEST}`,
      postgres: `postgres:17@sha256:${"cd".repeat(32)}`,
    };
    expect(await initCommand(pinned)).toBe(0);
    expect(readFileSync("Pulumi.new.yaml", "utf8")).toContain(`image: docker.io/library/postgres:17@sha256:${"cd".repeat(32)}`);
  });
});
