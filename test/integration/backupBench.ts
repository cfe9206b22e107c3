/** What the tests of backups share: a server with a database, a vault, and an empty server to restore to. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { dirname } from "node:path";
import { RESTORE_NAMESPACE } from "../../components/backup/backup/restores";
import { derivedUser } from "../../components/config/containerIds";
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { PASSWD_FILE, postgresFiles } from "../../components/containers/databases/postgresFiles";
import { earlyPackages } from "../../components/plan/earlyPackages";
import type { HostPlan } from "../../components/plan/hostPlan";
import { hostPlans } from "../../components/registry";
import { adopt } from "../../ops/commands/adopt";
import { type RestoreAnswer, type RestoreRequest, restore, restoreOrAsk } from "../../ops/commands/restore";
import { signedBy } from "../../ops/lib/evidence/sign";
import { ensureImages, type SandboxImage } from "../../sandbox/images/images";
import { execInHost, findInit } from "../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import { mustRun, type RunResult } from "../../sandbox/machines/run";
import { ensureRecoveryKey } from "../../sandbox/recoveryKey";
import { adminKey, Bench, DEAD_MAN_SECONDS } from "./bench";
import { askOverSsh } from "./vaultClient";
import { waitFor } from "./waiting";

/** How many notes the database has: enough that a dump takes as long as it takes to kill it. */
export const NOTES = 100_000;

// As the unit `accounts` makes them, but for the logins.
const OWNER = `CREATE ROLE api;
CREATE DATABASE api OWNER api;
REVOKE ALL ON DATABASE api FROM PUBLIC;
CREATE ROLE phiward_api LOGIN BYPASSRLS;
GRANT api TO phiward_api;
`;
const SCHEMA = `SET ROLE api;
CREATE TABLE notes (id serial PRIMARY KEY, text text, at timestamptz DEFAULT now());
CREATE TABLE "odd ""name" (content jsonb, bytes bytea);
CREATE VIEW newest AS SELECT * FROM notes ORDER BY at DESC;
`;
const ROWS = `SET ROLE api;
INSERT INTO notes (text) SELECT md5(number::text) FROM generate_series(1, ${String(NOTES)}) number;
INSERT INTO "odd ""name" VALUES ('{"a": [1, null]}', 'abc');
`;

const FILES_OF_VOLUME = `mkdir -p studies/one; echo kept > studies/one/a; echo shared > b; ln -s studies/one/a link
chmod 0700 studies; chmod 0640 studies/one/a; chmod 0604 b; touch -d 2026-01-02T03:04:05Z b`;

const OWNER_OF_VOLUMES = "10001:10001";
/** The volumes of the service `api`, as Docker knows them. */
export const VOLUMES = ["phiward-api.uploads", "phiward-api.reports"] as const;

/** Three servers: `web` with a database, `vault`, and `fresh`, which may take the place of `web`. */
export class BackupBench {
  readonly alerts: unknown[] = [];
  private constructor(
    readonly sandbox: Sandbox,
    private readonly image: SandboxImage,
    private readonly listener: Server,
    private readonly recoveryPublicKey: string,
  ) {}

  static async make(sandbox: Sandbox): Promise<BackupBench> {
    const image = (await ensureImages(() => undefined)).find(({ name }) => name === "postgres");
    if (image === undefined) throw new Error("no image of PostgreSQL");
    // Who approves restores, and someone whom nobody declares.
    for (const name of ["bob", "mallory"] as const)
      if (!existsSync(`${sandbox.keyFile}-${name}`))
        await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", `${sandbox.keyFile}-${name}`]);
    const listener = createServer();
    const bench = new BackupBench(sandbox, image, listener, await ensureRecoveryKey(sandbox));
    listener.on("request", (request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => bench.alerts.push(JSON.parse(text)));
      request.on("end", () => response.end());
    });
    await new Promise<void>((resolve) => listener.listen(0, sandbox.adminAddress, resolve));
    return bench;
  }

  /** The owner's public key. */
  get recipient(): string {
    return this.recoveryPublicKey;
  }

  close(): void {
    this.listener.close();
  }

  host(name: string): SandboxHost {
    const found = this.sandbox.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  /** The configuration, with one of the servers as `web`. */
  config(web = "web"): StackConfig {
    const address = this.listener.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const declared = (name: string, role: string, { address, hostKey }: SandboxHost) => ({
      kind: "existing",
      name,
      role,
      address,
      hostKey,
    });
    const key = adminKey(this.sandbox);
    const formerHostKeys = web === "web" ? [] : [this.host("web").hostKey];
    return parseConfig({
      hosts: [{ ...declared("web", "application", this.host(web)), formerHostKeys }, declared("vault", "vault", this.host("vault"))],
      people: [
        { name: "alice", keys: [key], sudo: true },
        { name: "bob", keys: [readFileSync(`${this.sandbox.keyFile}-bob.pub`, "utf8").trim()] },
      ],
      adminNetworks: [`${this.sandbox.adminAddress}/32`],
      recovery: { publicKey: this.recoveryPublicKey },
      deadMan: { seconds: DEAD_MAN_SECONDS },
      services: [
        { kind: "postgres", name: "db", image: this.image.id },
        {
          kind: "container",
          name: "api",
          image: this.image.id,
          user: OWNER_OF_VOLUMES,
          health: { command: ["/bin/true"] },
          uses: ["db"],
          secrets: [{ name: "master-key", escrow: true }],
          volumes: ["uploads", "reports"].map((volume) => ({ name: volume, path: `/${volume}` })),
        },
      ],
      retention: {
        rules: [{ name: "visits", database: "api", table: "visits", timeColumn: "at", days: 90 }],
        holds: [
          {
            ...{ name: "case", database: "api", table: "visits", column: "patient", value: "held" },
            ...{ reference: "a court's file, for this test", owner: "alice", until: "2099-01-01" },
          },
        ],
      },
      subjects: {
        places: [{ database: "api", table: "visits", column: "patient" }],
        files: [{ service: "api", volume: "uploads", path: "scans/{ref}/" }],
      },
      backup: { paths: ["/srv/files"], offsite: "vault", keep: { last: 2, days: 30 }, restores: { approvers: ["bob"] } },
      alerts: { webhook: `http://${this.sandbox.adminAddress}:${String(port)}/` },
    });
  }

  /** A server of the bench, under the configuration in which `web` is `as`. */
  server(name: string, as = "web"): Bench {
    return new Bench({ ...this.sandbox, hosts: [this.host(name)] }, this.config(as));
  }

  run(host: string, ...argv: string[]): Promise<RunResult> {
    return execInHost(this.host(host), argv);
  }

  async must(host: string, ...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(host, ...argv);
    if (code !== 0) throw new Error(`${host}: ${argv.join(" ")} exited ${String(code)}: ${stdout}${stderr}`);
    return stdout;
  }

  /** One value out of a database of a host, as the role that owns it. */
  async query(host: string, sql: string, database = "api"): Promise<string> {
    return (await this.must(host, ...this.psql("phiward_api", database, "PGOPTIONS=-crole=api"), "-At", "-c", sql)).trim();
  }

  private psql(login: string, database: string, ...environment: readonly string[]): readonly string[] {
    const exec = ["docker", "exec", "--interactive", ...environment.flatMap((setting) => ["--env", setting]), "db"];
    return [...exec, "psql", "-U", login, "-d", database, "-v", "ON_ERROR_STOP=1", "-q"];
  }

  /** Number and checksum of all notes, as the database itself tells them. */
  notes(host: string): Promise<string> {
    return this.query(host, "SELECT count(*) || ' ' || md5(string_agg(id || text || at, ',' ORDER BY id)) FROM notes");
  }

  /** Adopts a server under the name that the configuration has for it. */
  async adopt(name: string): Promise<void> {
    const [declared, as] = name === "vault" ? [name, "web"] : ["web", name];
    const config = this.config(as);
    const host = config.hosts.find((entry) => entry.name === declared);
    if (host === undefined) throw new Error(`no host ${declared} in the configuration`);
    await adopt(config, host, { identity: this.sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined });
    await this.server(name, as).bringPrograms(earlyPackages(hostPlans(config, declared)));
  }

  async deploy(name: string, plans: readonly HostPlan[], as = "web"): Promise<void> {
    for (const plan of plans) await this.server(name, as).deploy(plan);
  }

  vaultPlans(as = "web"): readonly HostPlan[] {
    return this.plans("vault", ["baseline", "people", "ssh", "ufw", "vault"], as);
  }

  webPlans(as = "web"): readonly HostPlan[] {
    return this.plans("web", ["baseline", "secrets", "retention", "backup"], as);
  }

  private plans(host: string, units: readonly string[], as: string): readonly HostPlan[] {
    return hostPlans(this.config(as), host).filter(({ unit }) => units.includes(unit));
  }

  /** A database as the services' unit would run it, with an empty schema; and, if wanted, rows and files. */
  async database(host: string, filled: boolean): Promise<void> {
    const { root } = this.host(host);
    const user = derivedUser("db");
    const owner = `${String(user.uid)}:${String(user.gid)}`;
    await this.must(host, "apt-get", "update", "-q");
    await this.must(
      host,
      "apt-get",
      "install",
      "-y",
      "-q",
      "--no-install-recommends",
      "docker.io",
      "docker-cli",
      "restic",
      "age",
      "openssl",
    );
    mkdirSync(`${root}/srv/files/inner`, { recursive: true });
    copyFileSync(this.image.archive, `${root}/root/image.tar.zst`);
    await this.must(host, "docker", "load", "--quiet", "--input", "/root/image.tar.zst");
    await this.must(host, "sh", "-c", `printf throw-away > /srv/password && chown ${owner} /srv/password && chmod 400 /srv/password`);
    const volume = (await this.must(host, "docker", "volume", "create", "phiward-db.data", "--label=phiward.service=db")).trim();
    const data = (await this.must(host, "docker", "volume", "inspect", "--format={{.Mountpoint}}", volume)).trim();
    await this.must(host, "sh", "-c", `chown ${owner} ${data} && chmod 700 ${data}`);
    const configuration = "/etc/phiward/services/db";
    mkdirSync(`${root}${configuration}`, { recursive: true });
    for (const { name, text } of postgresFiles({ user, memoryMegabytes: 256 })) writeFileSync(`${root}${configuration}/${name}`, text);
    // Nobody connects by the network here, and the server does not start without it.
    const server = `${configuration}/tls/server`;
    mkdirSync(`${root}${server}`, { recursive: true });
    const made = `cd ${server}; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=db -keyout key.pem -out certificate.pem; chmod 400 key.pem; chown ${owner} *`;
    await this.must(host, "sh", "-ec", made);
    const mounts = [
      ...["--volume", "phiward-db.data:/var/lib/postgresql/data:nocopy", "--volume", "/srv/password:/run/secrets/postgres:ro"],
      ...["--volume", `${configuration}:/etc/phiward:ro`, "--volume", `${configuration}/${PASSWD_FILE}:/etc/passwd:ro`],
    ];
    const memory = ["--tmpfs", "/tmp", "--tmpfs", `/run/postgresql:uid=${String(user.uid)},gid=${String(user.gid)}`, "--read-only"];
    const settings = ["--user", owner, "--env", "POSTGRES_PASSWORD_FILE=/run/secrets/postgres"];
    await this.must(
      host,
      "docker",
      "run",
      "--detach",
      "--restart",
      "always",
      "--name",
      "db",
      ...memory,
      ...mounts,
      ...settings,
      this.image.id,
      ...["postgres", "-c", "config_file=/etc/phiward/postgresql.conf"],
    );
    for (const name of VOLUMES) {
      await this.must(host, "docker", "volume", "create", name, "--label=phiward.service=api");
      await this.must(host, "chown", OWNER_OF_VOLUMES, `/var/lib/docker/volumes/${name}/_data`);
    }
    await this.databaseReady(host);
    await this.feed(host, this.psql("postgres", "postgres"), OWNER);
    const psql = this.psql("phiward_api", "api");
    await this.feed(host, psql, SCHEMA);
    if (filled) {
      await this.feed(host, psql, ROWS);
      await this.must(
        host,
        "sh",
        "-c",
        "echo first > /srv/files/a.txt && echo second > /srv/files/inner/b.txt && chown 1234:1234 /srv/files/a.txt",
      );
      for (const name of VOLUMES) await this.inVolume(host, name, FILES_OF_VOLUME);
    }
  }

  /** Runs a script in the volume, which is mounted at /volume, as the account that the service has in its container. */
  inVolume(host: string, volume: string, script: string): Promise<string> {
    const run = `docker run --rm --user ${OWNER_OF_VOLUMES} --workdir /volume --volume ${volume}:/volume:nocopy --entrypoint sh ${this.image.id} -ec "$1"`;
    return this.must(host, "sh", "-ec", run, "sh", script);
  }

  async databaseReady(host: string): Promise<void> {
    const ready = ["docker", "exec", "db", "pg_isready", "-q", "-h", "127.0.0.1"];
    await waitFor(`the database of ${host}`, async () => (await this.run(host, ...ready)).code === 0);
  }

  /** Restores as the operator's command does; alice and bob sign what needs two people. */
  async restore(request: Pick<RestoreRequest, "what" | "from"> & Partial<RestoreRequest>, as = "web"): Promise<RestoreAnswer> {
    const answer = await this.askRestore(request, as);
    return typeof answer === "string" ? this.carryOut(answer, ["alice", "bob"], as) : answer;
  }

  /** The request that two people have to sign, or what was done where none has to be. */
  async askRestore(request: Pick<RestoreRequest, "what" | "from"> & Partial<RestoreRequest>, as = "web"): Promise<RestoreAnswer | string> {
    const asked = { who: "alice", why: "a test", ...request };
    const answer = await restoreOrAsk(this.config(as), { ...this.host(as), name: "web" }, asked, this.patience);
    return "request" in answer ? answer.request : answer;
  }

  /** Brings a host a request with signatures by these people under it. */
  carryOut(text: string, signers: readonly ("alice" | "bob" | "mallory")[], as = "web"): Promise<RestoreAnswer> {
    const { keyFile } = this.sandbox;
    const keys = signers.map((name) => (name === "alice" ? keyFile : `${keyFile}-${name}`));
    const signatures = keys.map((file) => signedBy({ keyFile: file }, RESTORE_NAMESPACE, text));
    return restore(this.config(as), { ...this.host(as), name: "web" }, { approval: { text, signatures } }, this.patience);
  }

  private get patience() {
    return { patience: { identity: this.sandbox.keyFile } };
  }

  /** restic at the vault, with all that the host has: its password and its SSH key. */
  offsiteRestic(...words: string[]): Promise<RunResult> {
    const program = this.vaultSsh().join(" ");
    const where = [
      "--repo",
      "rclone:vault:",
      "--option",
      `rclone.program=${program}`,
      "--password-file",
      "/var/lib/phiward/secrets/backup.1",
    ];
    return this.run("web", "timeout", "60", "restic", "--no-cache", ...where, ...words);
  }

  vaultSsh(...words: string[]): readonly string[] {
    return ["ssh", ...this.vaultOptions(), "-T", `vault-web@${this.host("vault").address}`, ...words];
  }

  /** Speaks to the vault as restic does (its REST API, HTTP/2 over the forced command), without restic's own scruples. */
  async askVault(requests: readonly string[], bodies?: ReadonlyMap<string, Buffer>): Promise<readonly string[]> {
    const init = findInit(dirname(this.host("web").root));
    const place = [`vault-web@${this.host("vault").address}`, "serve restic --stdio"];
    // Where its key opens something, and by the connection that is open, if one is.
    return askOverSsh(
      ["nsenter", "--net", "--mount", "--target", String(init), "ssh", "-T", ...this.vaultOptions(), ...place],
      requests,
      bodies,
    );
  }

  /** Opens one connection for all attempts: the vault's firewall counts connections, and it is not the firewall that is tested. */
  async openVault(): Promise<void> {
    await this.must("web", "rm", "-f", "/run/attack.ssh");
    await this.must(
      "web",
      "sh",
      "-c",
      `${["ssh", "-M", "-N", "-f", ...this.vaultOptions()].join(" ")} vault-web@${this.host("vault").address} >/dev/null 2>&1`,
    );
  }

  vaultOptions(): readonly string[] {
    const options = [
      "BatchMode=yes",
      "UserKnownHostsFile=/etc/phiward/vault-host-key",
      "HostKeyAlias=vault",
      "IdentityFile=/etc/ssh/ssh_host_ed25519_key",
      "LogLevel=ERROR",
      "ControlPath=/run/attack.ssh",
    ];
    return ["-F", "none", ...options.flatMap((option) => ["-o", option])];
  }

  /** Runs a command on a host, with a text on its standard input. */
  async feed(host: string, argv: readonly string[], stdin: string): Promise<void> {
    const { code, stderr } = await execInHost(this.host(host), argv, { stdin });
    if (code !== 0) throw new Error(`${host}: ${stderr}`);
  }

  /** A file of a host, as it is seen from outside. */
  read(host: string, path: string): string {
    return readFileSync(`${this.host(host).root}${path}`, "utf8");
  }
}
