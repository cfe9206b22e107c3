/** What an application does in its own database, against the host's sessions that come there: it gets no rights by them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { containersModel } from "../../../components/containers/model";
import { databaseResources } from "../../../components/containers/services/dockerArguments";
import { generationOf } from "../../../components/plan/request";
import { hostPlans } from "../../../components/registry";
import { readerOnHost } from "../../../ops/commands/psql";
import { ask, verifyAnswer } from "../../../ops/lib/agent";
import { sendImages } from "../../../ops/lib/images";
import { runSync } from "../../../ops/lib/process";
import { overSsh, type SshAnswer } from "../../../ops/lib/ssh";
import { perform } from "../../../sandbox/engine/perform";
import { ensureImages } from "../../../sandbox/images/images";
import { execInHost } from "../../../sandbox/machines/exec";
import type { RunResult } from "../../../sandbox/machines/run";
import { adminKey, type Bench } from "../bench";
import { stopTimer } from "../timers";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

const HOOKS = readFileSync(join(__dirname, "hooks.sql"), "utf8");
const SETTINGS = readFileSync(join(__dirname, "settings.sql"), "utf8");
const PSQL = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"] as const;
const SUPERUSER = ["docker", "exec", "--interactive", "db", ...PSQL, "--username=postgres", "--dbname=postgres"] as const;
const BACKUP = ["python3", "/usr/local/lib/phiward/phiward.pyz", "backup"] as const;
const LIMITS = ["statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout", "lock_timeout"] as const;
const PLANTED = "Planted-Patient-4711";
/** A backup as its timer starts it, but for its patience with locks. */
const IMPATIENT = [
  "import sys; sys.path.insert(0, '/usr/local/lib/phiward/phiward.pyz')",
  "from phiward_host.backup import main, saving; from phiward_host.databases import waiting",
  "waiting.WATCH_SECONDS = 1; saving.LOCK_SECONDS = 6; sys.exit(main.main(['run']))",
].join("\n");
/** Ends the applications' sessions, also where nobody is let into the server. */
const EVICT = [
  "import sys; sys.path.insert(0, '/usr/local/lib/phiward/phiward.pyz')",
  "from phiward_host.databases import eviction",
  "with eviction.kept_out('db', []): pass",
].join("\n");
/** What a person types who may read the database `other`, and wants more. */
const READER = `SELECT 'row ' || name FROM wards;
SET default_transaction_read_only = off;
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;
INSERT INTO wards VALUES ('x');
CREATE TABLE public.t (id integer);
CREATE TEMPORARY TABLE t (id integer);
SET ROLE other;
SET ROLE phiward_other;
SET SESSION AUTHORIZATION postgres;
ALTER ROLE person__bob SUPERUSER;
ALTER ROLE person__bob VALID UNTIL 'infinity';
ALTER ROLE person__bob CONNECTION LIMIT 100;
SELECT CASE WHEN rolsuper THEN 'superuser ' || 'now' END FROM pg_roles WHERE rolname = current_user;
SELECT pg_read_file('/etc/passwd');
SELECT rolpassword FROM pg_authid;
COPY wards TO PROGRAM 'id';
\\! id
\\o |id
SELECT 1;
\\o
\\copy wards to program 'id'
\\copy wards to '/tmp/stolen'
\\set x \`id\`
\\echo :x
\\setenv PSQL_PAGER id
\\pset pager always
SELECT generate_series(1, 200);
\\i /run/secrets/postgres
\\i /var/lib/postgresql/data/postgresql.auto.conf
\\i /proc/1/environ
\\lo_import /etc/passwd
\\e
\\echo the end
`;
const READER_REFUSED = [
  /permission denied for table wards/,
  /permission denied for schema public/,
  /permission denied to create temporary tables/,
  /permission denied to set role "other"/,
  /permission denied to set role "phiward_other"/,
  /permission denied to set session authorization/,
  /permission denied to alter role/,
  /permission denied for function pg_read_file/,
  /permission denied for table pg_authid/,
  /permission denied to COPY to or from an external program/,
  /Resource temporarily unavailable/,
  /postgresql\.auto\.conf: Permission denied/,
  /environ: Permission denied/,
];

/** The key pair of a person of the sandbox, beside the admin's; made once. */
function personKey({ sandbox }: Bench, name: string): string {
  const file = `${sandbox.keyFile}-${name}`;
  runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], { input: "n\n" });
  return file;
}

/** Tables that are held one after the other, each for a few seconds, by one session. */
const HELD = ["children", "hidden", "notes"] as const;

describe("an application's own code, in the database that it owns", () => {
  const useIt = useBench();
  let image = "";
  let armed: Promise<Bench> | undefined;
  beforeAll(async () => {
    image = (await ensureImages(() => undefined)).find(({ name }) => name === "postgres")?.id ?? "";
  });

  function config(bench: Bench, epoch: number, people: StackConfig["people"] = bench.config.people): StackConfig {
    return parseConfig({
      ...bench.config,
      people,
      docker: { limits: "unavailable" },
      services: [
        { kind: "postgres", name: "db", image, memoryMegabytes: 512, epoch },
        { kind: "container", name: "api", image, user: "10001:10001", health: { command: ["/bin/true"] }, uses: ["db"] },
        { kind: "container", name: "other", image, user: "10002:10002", health: { command: ["/bin/true"] }, uses: ["db"] },
      ],
      backup: { paths: ["/etc/hostname"] },
      // Nobody listens there: the journal has what is alerted.
      alerts: { webhook: `http://${bench.sandbox.adminAddress}:9/` },
    });
  }

  async function deploy(bench: Bench, epoch: number, ...units: readonly string[]): Promise<void> {
    for (const plan of hostPlans(config(bench, epoch), "web")) if (units.includes(plan.unit)) await bench.deploy(plan);
  }

  /** The database with its accounts, and with all that its owner can arm in it; then the backups. */
  function attacked(context: TestContext): Promise<Bench> {
    const bench = useIt(context);
    armed ??= attack(bench);
    return armed;
  }

  async function attack(bench: Bench): Promise<Bench> {
    const [host] = bench.config.hosts;
    if (host === undefined) throw new Error("no host");
    const archives = (await ensureImages(() => undefined)).filter(({ name }) => name === "postgres").map(({ archive }) => archive);
    await sendImages(host, archives, bench.patience, () => undefined);
    await deploy(bench, 1, "docker", "secrets");
    const { networks, volumes, containers } = databaseResources(containersModel(config(bench, 1)));
    for (const [type, all] of [
      ["network:Network", networks],
      ["volume:Volume", volumes],
      ["container:Container", containers],
    ] as const)
      for (const inputs of all) await make(bench, type, inputs);
    await deploy(bench, 1, "accounts");
    await succeeds(app(bench, `SET ROLE api;\n${HOOKS}`));
    await deploy(bench, 1, "backup");
    return bench;
  }

  async function make(bench: Bench, type: string, inputs: { readonly name: string }): Promise<void> {
    const sshOpts = JSON.stringify(["-o", `KnownHostsCommand=/bin/echo * ${bench.host.hostKey}`]);
    const provider = { host: `ssh://deploy@${bench.host.address}:22`, sshOpts };
    const resource = { urn: `urn:${inputs.name}`, type: `docker:index/${type}`, name: inputs.name, custom: true, inputs, provider };
    await perform(resource, new Set([bench.host.address]), bench.sandbox.keyFile);
  }

  /** SQL as the application sends it: over the network, by its password. */
  function app(bench: Bench, sql: string, login = "api_e1"): Promise<RunResult> {
    const secret = `/var/lib/phiward/secrets/db-api.${login.slice("api_e".length)}`;
    const psql = `docker exec --interactive --env PGPASSWORD db ${PSQL.join(" ")} --host=127.0.0.1 --username=${login} --dbname=api`;
    return execInHost(bench.host, ["sh", "-c", `PGPASSWORD=$(cat ${secret}) exec ${psql}`], { stdin: sql });
  }

  /** The service's login of its last epoch. */
  async function newestLogin(bench: Bench): Promise<string> {
    return (await bench.inside(...SUPERUSER, "--command=SELECT max(rolname) FROM pg_roles WHERE rolname LIKE 'api\\_e%'")).trim();
  }

  /** SQL as the owner of the database, past its settings, for the test to look. */
  async function look(bench: Bench, sql: string): Promise<string> {
    const past = ["role=none", "search_path=public", "local_preload_libraries=", ...LIMITS.map((name) => `${name}=0`)].map(
      (setting) => `-c ${setting}`,
    );
    const psql = [...PSQL, `--dbname=user=phiward_api dbname=api options='${past.join(" ")}'`];
    return (await bench.inside("docker", "exec", "db", ...psql, `--command=${sql}`)).trim();
  }

  /** What the attack achieved, in the cluster and in the container; and who met the code last. */
  async function harm(
    bench: Bench,
  ): Promise<{ readonly superusers: string; readonly file: number; readonly seen: string; readonly ran: string }> {
    const superusers = await bench.inside(...SUPERUSER, "--command=SELECT rolname FROM pg_roles WHERE rolsuper");
    const { code } = await execInHost(bench.host, ["docker", "exec", "db", "test", "-e", "/tmp/attacked"]);
    return {
      superusers: superusers.trim(),
      file: code,
      seen: await look(bench, "SELECT pg_catalog.obj_description('super'::regnamespace, 'pg_namespace')"),
      ran: await look(bench, "SELECT pg_catalog.obj_description('ran'::regnamespace, 'pg_namespace')"),
    };
  }
  const NONE = { superusers: "postgres", file: 1, seen: "" };

  /** Starts a job as its timer does, and returns what it said last. */
  async function job(bench: Bench, name: string): Promise<{ readonly code: number; readonly said: string }> {
    const { code } = await execInHost(bench.host, ["systemctl", "start", `${name}.service`]);
    const last = await bench.journal(`--unit=${name}.service`, "--identifier=python3", "--lines=1", "--output=cat");
    return { code, said: last.trim() };
  }

  async function succeeds(running: Promise<RunResult>): Promise<string> {
    const { code, stdout, stderr } = await running;
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  }

  it("runs in a backup and a restore test without a superuser's rights", async (context) => {
    const bench = await attacked(context);
    expect((await succeeds(execInHost(bench.host, [...BACKUP, "fresh"]))).trim()).toBe("fresh");
    expect(await harm(bench)).toMatchObject(NONE);
    await expect(bench.inside(...SUPERUSER.slice(0, -1), "--dbname=api", "--command=SELECT 1")).rejects.toThrow(/pg_hba.conf rejects/);
  });

  it("cannot keep its rows out of a backup by what it sets or takes from itself", async (context) => {
    const bench = await attacked(context);
    await succeeds(
      app(bench, `SET ROLE api;\n${SETTINGS}\nALTER DATABASE api CONNECTION LIMIT 0; REVOKE CONNECT ON DATABASE api FROM api;`),
    );
    expect(await job(bench, "phiward-backup")).toMatchObject({ code: 0 });
    const manifest: unknown = JSON.parse(await bench.inside("cat", "/var/lib/phiward/backup/manifest.json"));
    expect(manifest).toMatchObject({
      databases: {
        "db/api": { largeObjects: 1, tables: { "public.hidden": [50, expect.any(String)], "closed.box": [1, expect.any(String)] } },
      },
    });
    expect(await harm(bench)).toMatchObject(NONE);
  });

  it("runs in a restore without a superuser's rights, and all comes back: rows, owners, rights, settings", async (context) => {
    const bench = await attacked(context);
    const facts = [
      "SELECT nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE nspname IN ('public', 'closed')",
      "SELECT relname, pg_get_userbyid(relowner), relacl FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'closed'::regnamespace) AND relkind = 'r'",
      "SELECT datname, '', datacl FROM pg_database WHERE datname = 'api'",
      "SELECT '', setconfig::text, '{}' FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = 'api'",
    ].map((query) => `SELECT '' || f FROM (${query} ORDER BY 1) AS f`);
    const everything = async (): Promise<readonly string[]> => Promise.all(facts.map((query) => look(bench, query)));
    const before = await everything();
    expect(before[3]).toContain("search_path=evil");
    const request = JSON.stringify({ what: "database:api", from: "local", who: "alice", why: "a test" });
    await succeeds(execInHost(bench.host, [...BACKUP, "restore"], { stdin: request }));
    expect(await everything()).toEqual(before);
    expect(await look(bench, "SELECT count(*) FROM hidden")).toBe("50");
    expect(await harm(bench)).toMatchObject({ ...NONE, ran: "phiward_api" });
    // What it did to the login that it ran as is undone before the next use.
    expect(await job(bench, "phiward-backup")).toMatchObject({ code: 0 });
    const login =
      "SELECT a.rolpassword IS NULL, r.rolconfig IS NULL, r.rolsuper FROM pg_roles r JOIN pg_authid a USING (oid) WHERE r.rolname = 'phiward_api'";
    expect((await bench.inside(...SUPERUSER, `--command=${login}`)).trim()).toBe("t|t|f");
  });

  it("runs in a rotation and a retirement without a superuser's rights, and keeps what the old login made", async (context) => {
    const bench = await attacked(context);
    await bench.inside(...SUPERUSER, "--command=ALTER DATABASE api RESET ALL");
    const made =
      "RESET ROLE; CREATE TABLE public.mine (id integer); INSERT INTO public.mine VALUES (1); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;";
    await succeeds(app(bench, made));
    await succeeds(app(bench, "SET ROLE api; ALTER DATABASE api SET search_path = evil, public, pg_catalog;"));
    await deploy(bench, 2, "secrets", "accounts", "retire");
    expect(await look(bench, "SELECT tableowner FROM pg_tables WHERE tablename = 'mine'")).toBe("api");
    expect(await look(bench, "SELECT count(*) FROM mine")).toBe("1");
    const logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY rolname";
    expect((await bench.inside(...SUPERUSER, `--command=${logins}`)).trim().split("\n")).toEqual([
      ...["api_e2", "other_e2", "phiward_api", "phiward_host_metrics", "phiward_other", "postgres"],
    ]);
    expect(await harm(bench)).toMatchObject(NONE);
  });

  it("may not create what only a superuser may, and is judged by checks that do not enter its database", async (context) => {
    const bench = await attacked(context);
    for (const [statement, refused] of [
      ["CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.fire()", /permission denied to create event trigger/],
      ["CREATE EXTENSION postgres_fdw", /permission denied to create extension|not available/],
      ["CREATE FUNCTION public.c() RETURNS integer LANGUAGE c AS 'x'", /permission denied for language c/],
      ["GRANT phiward_api TO api_e2", /permission denied to grant role/],
      ["SET ROLE phiward_api", /permission denied to set role/],
      ["SET log_min_messages = debug5", /permission denied to set parameter "log_min_messages"/],
      ["ALTER DATABASE api SET log_min_messages = debug5", /permission denied to set parameter "log_min_messages"/],
      ["ALTER ROLE ALL RESET ALL", /permission denied to alter setting/],
    ] as const)
      expect((await app(bench, `${statement};`, "api_e2")).stderr).toMatch(refused);
    const plans = hostPlans(config(bench, 2), "web").filter(({ unit }) => ["accounts", "retire"].includes(unit));
    const generations = Object.fromEntries(plans.map((plan) => [plan.unit, generationOf(plan)]));
    const { results } = await ask(bench.target(), { mode: "verify", plans, generations, strict: false }, verifyAnswer, bench.patience);
    // The database that the restore has kept beside still makes its errors fatal.
    const failed = results.filter(({ id, status }) => id.startsWith("postgres-") && status !== "pass").map(({ id }) => id);
    expect(failed).toEqual(["postgres-db-errors-not-made-fatal"]);
    expect(results.length).toBeGreaterThan(12);
    expect(await harm(bench)).toMatchObject(NONE);
  });

  it("is reported where it takes a table out of the dumps, or most of its rows", async (context) => {
    const bench = await attacked(context);
    const hide = "CREATE EXTENSION pgcrypto; CREATE TABLE public.lost AS SELECT 1 AS id; ALTER EXTENSION pgcrypto ADD TABLE public.lost;";
    await succeeds(app(bench, `SET ROLE api; ${hide} TRUNCATE public.hidden;`, "api_e2"));
    const { code, said } = await job(bench, "phiward-backup");
    expect(code).not.toBe(0);
    expect(said).toContain("table public.hidden has 0 rows, 50 in the last backup: most are gone");
    expect(said).toContain("table public.lost (pgcrypto) is in no dump");
    await succeeds(app(bench, "SET ROLE api; ALTER EXTENSION pgcrypto DROP TABLE public.lost;", "api_e2"));
    expect(await job(bench, "phiward-backup")).toMatchObject({ code: 0 });
  });

  it("cannot make the others' backups wait by locks on many tables, each for a while, and is named", async (context) => {
    const bench = await attacked(context);
    const unlimited = LIMITS.map((name) => `SET ${name} = 0;`).join(" ");
    const locks = HELD.toReversed().map((table) => `SAVEPOINT ${table}; LOCK TABLE public.${table};`);
    // The times run from when the backup waits: until then it may take as long as it likes.
    const waits = "SELECT FROM pg_catalog.pg_locks WHERE NOT granted";
    const until = `WHILE NOT EXISTS (${waits}) LOOP PERFORM pg_catalog.pg_sleep(0.1); END LOOP;`;
    const releases = HELD.map((table) => `SELECT pg_catalog.pg_sleep(4); ROLLBACK TO ${table};`);
    const holds = [...locks, `DO $$BEGIN ${until} END$$;`, ...releases, "SELECT pg_catalog.pg_sleep(20);"].join(" ");
    const holding = app(bench, `${unlimited} BEGIN; ${holds}`, "api_e2");
    const held = "--command=SELECT count(*) FROM pg_catalog.pg_locks WHERE mode = 'AccessExclusiveLock' AND granted";
    await waitFor("locks on all tables", async () => Number(await bench.inside(...SUPERUSER, held)) >= HELD.length);
    const { code, stderr } = await execInHost(bench.host, ["python3", "-c", IMPATIENT]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/database api in db: given up after waiting \d+ s in all for locks, the last on table public\.(hidden|notes), /);
    expect(stderr).toMatch(/held by session \d+ of api_e2 \(active, its transaction is \d+ s old\); end what holds it/);
    const manifest: unknown = JSON.parse(await bench.inside("cat", "/var/lib/phiward/backup/manifest.json"));
    for (const part of ["db/other", "files"]) expect(manifest).toHaveProperty(["trees", part]);
    expect(manifest).not.toHaveProperty(["databases", "db/api"]);
    await bench.inside(...SUPERUSER, "--command=SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'api_e2'");
    await holding;
    expect(await job(bench, "phiward-backup")).toMatchObject({ code: 0 });
  });

  it("lets nobody be locked out of the server by taking all of its locks, again and again, and is reported", async (context) => {
    const bench = await attacked(context);
    const login = await newestLogin(bench);
    const unlimited = LIMITS.map((name) => `SET ${name} = 0;`).join(" ");
    const all = "LOOP n := n + 1; BEGIN PERFORM pg_advisory_lock(n); EXCEPTION WHEN OTHERS THEN EXIT; END; END LOOP;";
    const sql = `${unlimited} DO $$ DECLARE n int := 0; BEGIN ${all} END $$; SELECT pg_sleep(60);`;
    const psql = `${PSQL.join(" ")} --host=127.0.0.1 --username=${login} --dbname=api`;
    // Three at once, and each is back within milliseconds.
    const again = `while [ ! -e /tmp/attack-over ]; do echo "$0" | ${psql}; done`;
    const started = 'for n in 1 2 3; do docker exec --env=PGPASSWORD db sh -c "$2" "$1" & done; wait';
    const password = `export PGPASSWORD=$(cat /var/lib/phiward/secrets/db-api.${login.slice("api_e".length)})`;
    const taking = execInHost(bench.host, ["sh", "-c", `${password}; ${started}`, "sh", sql, again]);
    await waitFor("a server that lets nobody in", async () =>
      (await execInHost(bench.host, [...SUPERUSER, "--command=SELECT 1"])).stderr.includes("out of shared memory"),
    );
    const { code, said } = await job(bench, "phiward-backup");
    await bench.inside("docker", "exec", "db", "touch", "/tmp/attack-over");
    await bench.inside("python3", "-c", EVICT);
    await taking;
    expect(code).not.toBe(0);
    expect(said).toMatch(/sessions of services were ended from outside/);
    const manifest: unknown = JSON.parse(await bench.inside("cat", "/var/lib/phiward/backup/manifest.json"));
    for (const part of ["db/api", "db/other", "files"]) expect(manifest, said).toHaveProperty(["trees", part]);
    expect(await job(bench, "phiward-backup")).toMatchObject({ code: 0 });
  });

  it("keeps no restore of another service waiting by a session that waits for its client", async (context) => {
    const bench = await attacked(context);
    const login = await newestLogin(bench);
    // As a restore that was cut off leaves it.
    await bench.inside(...SUPERUSER, "--command=CREATE DATABASE other_restored");
    await succeeds(app(bench, "CREATE TABLE public.silent (id integer);", login));
    const program = "until [ -e /tmp/silence-over ]; do sleep 0.2; done";
    const silent = app(bench, `SET statement_timeout = 0;\n\\copy public.silent from program '${program}'\n`, login);
    const waits = "--command=SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'ClientRead'";
    await waitFor("a session that waits for its client", async () => (await bench.inside(...SUPERUSER, waits)).trim() === "1");
    const request = JSON.stringify({ what: "database:other", from: "local", who: "alice", why: "a test" });
    await succeeds(execInHost(bench.host, ["timeout", "300", ...BACKUP, "restore"], { stdin: request })).finally(() =>
      bench.inside("docker", "exec", "db", "touch", "/tmp/silence-over"),
    );
    expect((await silent).stderr).toMatch(/terminating connection|server closed/);
  });

  it("is read by a person who is given it, and by nobody else; that changes nothing, starts nothing and ends with the gift", async (context) => {
    const bench = await attacked(context);
    const login = await newestLogin(bench);
    const epoch = Number(login.slice("api_e".length));
    const owner = ["docker", "exec", "db", ...PSQL, "--dbname=user=phiward_other dbname=other options='-c role=other'"];
    await bench.inside(...owner, `--command=CREATE TABLE public.wards AS SELECT '${PLANTED}' AS name`);
    const people = (...given: readonly string[]): StackConfig["people"] => [
      ...bench.config.people,
      ...["bob", "carol", "dora"].map((name) => ({
        name,
        keys: [adminKey({ ...bench.sandbox, keyFile: personKey(bench, name) })],
        sudo: false,
        ...(given.includes(name) ? { databases: { other: name === "dora" ? ("auditor" as const) : ("readonly" as const) } } : {}),
      })),
    ];
    const give = async (unit: string, ...given: readonly string[]): Promise<void> => {
      for (const plan of hostPlans(config(bench, epoch, people(...given)), "web")) if (plan.unit === unit) await bench.deploy(plan);
    };
    const as = (name: string, command: string, sql = ""): Promise<SshAnswer> =>
      overSsh(bench.target(name), command, sql, { ...bench.patience, identity: personKey(bench, name) });
    await give("people", "bob", "dora");
    await give("accounts", "bob", "dora");

    // It would encrypt what is looked at below, each minute.
    await stopTimer((...words) => bench.inside(...words), "phiward-sessions");
    const { stdout, stderr } = await as("bob", readerOnHost("other", "a test reads"), READER);
    expect(stdout).toContain(`row ${PLANTED}`);
    expect(stdout).toContain("the end");
    // Until it is encrypted, within a minute.
    expect(await bench.inside("sh", "-c", "cat /run/phiward/sessions/bob-*/stdout")).toContain(`row ${PLANTED}`);
    await bench.inside("systemctl", "start", "phiward-sessions.timer");
    for (const refused of READER_REFUSED) expect(stdout + stderr).toMatch(refused);
    expect(stdout + stderr).not.toMatch(/uid=|root:x:|SCRAM-SHA|row from elsewhere|superuser now/);
    for (const elsewhere of ["api", "- phiward_other", "- postgres"]) {
      const sql = `\\connect ${elsewhere}\nSELECT 'row from ' || 'elsewhere';\n`;
      expect((await as("bob", readerOnHost("other", "a test goes on"), sql)).stdout, elsewhere).not.toContain("row from elsewhere");
    }
    expect((await execInHost(bench.host, ["docker", "exec", "db", "test", "-s", "/tmp/stolen"])).code).toBe(1);
    expect(await bench.inside(...owner, "--command=SELECT count(*) FROM public.wards")).toBe("1\n");
    const closed = "SELECT rolpassword IS NULL AND rolvaliduntil = '-infinity' FROM pg_authid WHERE rolname = 'person__bob'";
    expect((await bench.inside(...SUPERUSER, `--command=${closed}`)).trim()).toBe("t");
    const audit = await as(
      "dora",
      readerOnHost("other", "an audit"),
      "SELECT 'a role ' || rolname FROM pg_roles;\nSELECT 'row ' || name FROM public.wards;\n",
    );
    expect(audit.stdout).toContain("a role person__bob");
    expect(audit.stdout + audit.stderr).toMatch(/permission denied for schema public/);
    expect((await app(bench, "SHOW lock_timeout", login)).stdout.trim()).toBe("1min");
    // From elsewhere than the server's own container its password is no way in, also while it is good.
    await bench.inside(...SUPERUSER, "--command=ALTER ROLE person__bob PASSWORD 'known' VALID UNTIL 'infinity'");
    const addresses = await bench.inside("docker", "inspect", "--format={{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", "db");
    const known = (host: string): Promise<RunResult> => {
      const words = [`--host=${host}`, "--username=person__bob", "--dbname=other", "--command=SELECT 'let ' || 'in'"];
      return execInHost(bench.host, ["docker", "exec", "--env=PGPASSWORD=known", "db", ...PSQL, ...words]);
    };
    expect((await known("127.0.0.1")).stdout).toBe("let in\n");
    expect((await known(addresses.trim().split(" ")[0] ?? "")).stderr).toContain("pg_hba.conf rejects connection");
    await bench.inside(...SUPERUSER, "--command=ALTER ROLE person__bob PASSWORD NULL VALID UNTIL '-infinity'");
    const record = await bench.inside("journalctl", "--quiet", "--output=cat", "--identifier=phiward");
    expect(record).toContain("database other opened by bob: a test reads");

    // Nobody else, nothing else, and no line of it.
    const logged = await bench.inside(
      "sh",
      "-c",
      "stat --format=%s /var/log/sudo.log; journalctl --quiet --identifier=sudo | grep -c bob; true",
    );
    for (const command of [readerOnHost("api", "x"), "sudo -n id", "sudo -n -l", `sudo -n ${"x".repeat(50_000)}`, "sudo -n docker ps"])
      expect((await as("bob", command, "SELECT 'row from ' || 'elsewhere';")).stdout, command).not.toMatch(
        /uid=|row from elsewhere|CONTAINER/,
      );
    expect((await as("carol", readerOnHost("other", "x"), "SELECT 1;")).code).not.toBe(0);
    expect(
      await bench.inside("sh", "-c", "stat --format=%s /var/log/sudo.log; journalctl --quiet --identifier=sudo | grep -c bob; true"),
    ).toBe(logged);
    const plans = hostPlans(config(bench, epoch, people("bob", "dora")), "web").filter(({ unit }) => ["accounts", "people"].includes(unit));
    const generations = Object.fromEntries(plans.map((plan) => [plan.unit, generationOf(plan)]));
    const { results } = await ask(bench.target(), { mode: "verify", plans, generations, strict: false }, verifyAnswer, bench.patience);
    const failed = results
      .filter(({ id, status }) => /people|person|powers|public|limits/.test(id) && status !== "pass")
      .map(({ id }) => id);
    expect(failed).toEqual([]);

    const open = as("bob", readerOnHost("other", "a test waits"), "SELECT pg_sleep(50);");
    const asleep = "--command=SELECT count(*) FROM pg_stat_activity WHERE usename = 'person__bob' AND wait_event = 'PgSleep'";
    await waitFor("a session of the person", async () => (await bench.inside(...SUPERUSER, asleep)).trim() === "1");
    await give("accounts");
    expect((await open).stderr).toMatch(/terminating connection|server closed/);
    const left = "--command=SELECT count(*) FROM pg_roles WHERE rolname LIKE 'person%'";
    expect((await bench.inside(...SUPERUSER, left)).trim()).toBe("0");
    expect((await as("bob", readerOnHost("other", "x"), "SELECT 1;")).stderr).toContain("allowed: who is given it under people");
    await give("people");
    expect((await as("bob", readerOnHost("other", "x"), "SELECT 1;")).code).not.toBe(0);
  });

  it("leaves no patient's text in the log, which has who came and who was refused", async (context) => {
    const bench = await attacked(context);
    const login = await newestLogin(bench);
    const raised = ["DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION"].map(
      (level) => `DO $$BEGIN RAISE ${level} '${PLANTED}'; END$$;`,
    );
    const statements = [
      `SELECT '${PLANTED}'::integer;`,
      `SELECT to_date('${PLANTED}', 'YYYY');`,
      `SELECT '${PLANTED}' FROM "${PLANTED}";`,
      `SELECT "${PLANTED}"();`,
      `SELECT ${PLANTED};`,
      `CREATE TEMPORARY TABLE t (id text PRIMARY KEY, CHECK (id <> 'x')); INSERT INTO t VALUES ('${PLANTED}'), ('${PLANTED}');`,
      `SET lock_timeout = '${PLANTED}';`,
      `PREPARE p (text) AS SELECT $1::integer; EXECUTE p ('${PLANTED}');`,
      `COPY t FROM stdin;\n${PLANTED}\t${PLANTED}\n\\.\n`,
      ...raised,
    ];
    // As the end of the session, which the server's configuration would log; in a parallel worker as well.
    const fatal = ["", "SET debug_parallel_query = on; "].flatMap((parallel) =>
      [`SELECT count(*) + '${PLANTED}'::text::integer FROM pg_class;`, raised.at(-1) ?? ""].map(
        (statement) => `${parallel}SET exit_on_error = on; ${statement}`,
      ),
    );
    const printed = ["parse", "rewritten", "plan"].map((what) => `SET debug_print_${what} = on; SELECT '${PLANTED}';`);
    for (const statement of [...statements, ...fatal, ...printed]) await app(bench, statement, login);
    const stranger = ["docker", "exec", "--env=PGPASSWORD=wrong", "db", ...PSQL, "--host=127.0.0.1", "--username=nobody", "--dbname=api"];
    expect((await execInHost(bench.host, stranger)).code).not.toBe(0);
    // The server says which of its processes was killed, and would say what it was at.
    const killed = app(bench, `SELECT pg_catalog.pg_sleep(60), '${PLANTED}';`, login);
    const asleep = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    const sleeping = async (): Promise<string> => (await bench.inside(...SUPERUSER, `--command=${asleep}`)).trim();
    await waitFor("a session at work", async () => (await sleeping()) !== "");
    await bench.inside("docker", "exec", "db", "sh", "-c", `kill -KILL ${await sleeping()}`);
    expect((await killed).code).not.toBe(0);
    let log = "";
    // The session's client knows of its end before the server does.
    await waitFor("the word of the process that was killed", async () => {
      const { stdout, stderr } = await execInHost(bench.host, ["docker", "logs", "db"]);
      log = stdout + stderr;
      return /LOG: {2}\S+ process \(PID \d+\) was terminated by signal 9/.test(log);
    });
    expect(log).not.toContain(PLANTED);
    expect(log).toMatch(/FATAL: .*nobody/);
    expect(log).toMatch(new RegExp(` ${login}@api \\S+ LOG: {2}connection authorized: user=${login} database=api`));
  });
});
