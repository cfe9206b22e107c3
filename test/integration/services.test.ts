import { describe, expect, it, type TestContext } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { REDIS_CLIENT } from "../../components/containers/databases/redisFiles";
import { containersModel, upstreamPort } from "../../components/containers/model";
import { CONFINEMENT_SETTINGS } from "../../components/plan/confinement";
import { programCommand } from "../../components/plan/programs";
import { ask, statusAnswer } from "../../ops/lib/agent";
import type { Argv } from "../../ops/lib/programs";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import type { Bench } from "./bench";
import { acts, entries, FORGED, flood, forgeLogins, print } from "./containerOutput";
import { captured, encryptedServers, plainAnswers, underNewCertificates, unencrypted } from "./encryptedDatabases";
import { askDatabase, expectNowhere, keepNote, loseMaster, openByHand, withPatientsColumns } from "./patientsColumns";
import {
  beginUse,
  expectAllRotated,
  expectFirstKeyGone,
  finishRotation,
  killRotation,
  makeVisits,
  takeOver,
  withKeys,
} from "./patientsKeys";
import { containerOf, filesWith, told, withSecrets } from "./serviceSecrets";
import { answers, bringImages, deployServices, failures, handedTo, imageId, planOf, withServices } from "./servicesBench";
import { stopTimer } from "./timers";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

/** The epochs of a secret that the host says it has, made within the hour. */
async function epochsHeld(bench: Bench, name: string): Promise<readonly unknown[]> {
  // The program's own answer, of a form that the operator's commands check.
  const answer = JSON.parse(await bench.inside(...programCommand("secrets", "held"))) as {
    readonly now: number;
    readonly held: readonly { readonly name: string; readonly epoch: number; readonly at: number }[];
  };
  return answer.held.filter((each) => each.name === name && answer.now - each.at < 3600).map(({ epoch }) => epoch);
}

const REDIS = REDIS_CLIENT.join(" ");

/** Whether a password in a file of the host opens PostgreSQL and Redis, as the service's login of this epoch. */
async function opens(bench: Bench, epoch: number, directory: string): Promise<{ postgres: boolean; redis: boolean }> {
  const login = `api_e${String(epoch)}`;
  const psql = `PGPASSWORD=$(cat) psql --no-psqlrc --host=127.0.0.1 --username=${login} --dbname=api --command=SELECT`;
  const postgres = await execInHost(bench.host, ["sh", "-c", `docker exec -i db sh -c '${psql}' < ${directory}/db-api.${String(epoch)}`]);
  const redis = await execInHost(bench.host, [
    "sh",
    "-c",
    `(printf 'AUTH ${login} '; cat ${directory}/cache-api.${String(epoch)}) | docker exec -i cache ${REDIS}`,
  ]);
  return { postgres: postgres.code === 0, redis: redis.stdout.trim() === "OK" };
}

const PROGRAMS = "/usr/local/lib/phiward/phiward.pyz";

describe("services in containers", () => {
  const useIt = useBench({ outsiders: 1 });
  let broughtUp = false;

  async function running(context: TestContext): Promise<Bench> {
    const bench = useIt(context);
    if (broughtUp) return bench;
    await bringImages(bench);
    const changed = await deployServices(bench, withServices(bench));
    broughtUp = true;
    expect(changed.filter((name) => !name.startsWith("phiward-"))).toEqual([
      ...["docker", "secrets", "db", "cache", "accounts"],
      expect.stringMatching(/^api-[0-9a-f]{8}$/),
      "retire",
    ]);
    return bench;
  }

  it("come up in order, healthy and hardened", async (context) => {
    const bench = await running(context);
    expect(await answers(bench, withServices(bench))).toBe(true);
    const format = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}";
    expect(await failures(bench, withServices(bench))).toEqual([]);
    const state = containersModel(withServices(bench));
    for (const { name, user } of [...state.databases, ...state.services])
      expect((await bench.inside("docker", "inspect", name, "--format", format)).trim()).toBe(
        `${user} true [ALL] [no-new-privileges:true]`,
      );
  });

  it("are as they were after a second deploy", async (context) => {
    const bench = await running(context);
    const before = await bench.inside("docker", "ps", "--quiet", "--no-trunc");
    expect(await deployServices(bench, withServices(bench))).toEqual([]);
    expect(await bench.inside("docker", "ps", "--quiet", "--no-trunc")).toBe(before);
  });

  it("say nothing to their databases that whoever listens on the way can read, and take no other server for them", async (context) => {
    const bench = await running(context);
    const config = withServices(bench);
    const text = "Planted on the way: she is afraid of the dark.";
    const seen = await captured(bench, text, async () => {
      // Connections that are there already would show nothing of a handshake.
      await bench.inside("docker", "restart", containersModel(config).services[0]?.name ?? "");
      await waitFor("the API answers", () => answers(bench, config));
      expect((await keepNote(bench, config, text)).read).toContain(text);
    });
    // The same packets have it on the way from nginx's side to the API, whose own TLS ends at nginx.
    expect(seen).toMatchObject({ api: true, databases: false, plain: 0 });
    expect(seen.encrypted).toBeGreaterThan(20);
    expect(await encryptedServers(bench)).toEqual({ db: "db: verified", cache: "cache: verified" });
    expect(await plainAnswers(bench, config)).toEqual({
      db: expect.stringMatching(/rejects connection.*no encryption/) as string,
      cache: "ECONNREFUSED",
    });
  });

  it("have servers that take new certificates while they answer, without a request that fails", async (context) => {
    const bench = await running(context);
    const { before, after, asked, failed } = await underNewCertificates(bench, withServices(bench));
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(20);
    for (const name of ["db", "cache"]) expect(after[name], name).not.toBe(before[name]);
    expect(await encryptedServers(bench)).toEqual({ db: "db: verified", cache: "cache: verified" });
  });

  it("go on by addresses without TLS until they have others, where those were declared, and then no longer", async (context) => {
    const bench = await running(context);
    const plain = unencrypted(withServices(bench));
    await deployServices(bench, plain);
    expect(await failures(bench, plain)).toEqual([]);
    expect(await plainAnswers(bench, plain)).toEqual({
      db: expect.stringMatching(/^R/) as string,
      cache: expect.stringContaining("NOAUTH") as string,
    });
    const next = withServices(bench);
    // As a deploy that was cut off leaves it: the old container is there alone, and starts anew.
    for (const unit of ["docker", "secrets", "accounts"]) await bench.deploy(planOf(next, unit));
    await bench.inside("docker", "restart", containersModel(plain).services[0]?.name ?? "");
    await waitFor("the API answers", () => answers(bench, plain));
    await deployServices(bench, next);
    expect(await failures(bench, next)).toEqual([]);
    expect(await answers(bench, next)).toBe(true);
    expect(await plainAnswers(bench, next)).toEqual({ db: expect.stringContaining("no encryption") as string, cache: "ECONNREFUSED" });
  });

  it("are reached from this host alone, and cannot reach the Internet", async (context) => {
    const bench = await running(context);
    const port = String(upstreamPort(containersModel(withServices(bench)), "api"));
    const stranger: Argv = ["curl", "--silent", "--max-time", "3", `http://${bench.host.address}:${port}/health`];
    expect((await execFromOutsider(bench.sandbox, 0, stranger)).code).not.toBe(0);
    expect((await bench.inside("docker", "ps", "--format", "{{.Ports}}")).split("\n").filter((line) => line !== "")).toEqual([
      `127.0.0.1:${port}->8080/tcp`,
    ]);
    const [api] = containersModel(withServices(bench)).services;
    const dial = `require("net").connect(22,"${bench.sandbox.adminAddress}").setTimeout(3000,()=>process.exit(3)).on("connect",()=>process.exit(0)).on("error",()=>process.exit(3))`;
    expect((await execInHost(bench.host, ["docker", "exec", api?.name ?? "", "/usr/bin/node", "-e", dial])).code).toBe(3);
  });

  it("print to the host's journal, where each line has its service, and audit lines and logins are acts on record", async (context) => {
    const bench = await running(context);
    const { services } = containersModel(withServices(bench));
    const name = services[0]?.name ?? "";
    const port = String(upstreamPort(containersModel(withServices(bench)), "api"));
    await bench.inside("curl", "--silent", `http://127.0.0.1:${port}/nothing-here`);
    // Others are there from before.
    await waitFor("the audit line", async () => (await acts(bench, "application")).at(-1)?.["what"] === "api: none");
    const line = (await entries(bench, "PHIWARD_SERVICE=api")).findLast(({ MESSAGE = "" }) => MESSAGE.includes('"audit":1'));
    expect(line).toMatchObject({ CONTAINER_NAME: name, SYSLOG_IDENTIFIER: `container/${name}`, _SYSTEMD_UNIT: "docker.service" });
    expect(await bench.inside("docker", "logs", "--tail=1000", name)).toContain(line?.["MESSAGE"]);
    expect((await acts(bench, "application")).at(-1)).toMatchObject({ kind: "application", what: "api: none", outcome: "refused" });
    const login = (await acts(bench, "database")).find(({ who }) => who === "api_e1");
    expect(login).toMatchObject({ what: "db: login to api", outcome: "success" });
    expect(login?.["from"]).toMatch(/^172\.30\./);
  });

  it("are not believed where a line looks like the host's, a person's or another service's", async (context) => {
    const bench = await running(context);
    const name = containersModel(withServices(bench)).services[0]?.name ?? "";
    await print(bench, name, [...FORGED, "the last line"]);
    await forgeLogins(bench, "/var/lib/phiward/secrets/db-api.1");
    await waitFor("the lines", async () => (await entries(bench, "PHIWARD_SERVICE=api", "--grep=the last line")).length > 0);
    await waitFor("a part that looks like a login", async () => {
      const parts = (await entries(bench, "CONTAINER_NAME=db")).filter(({ CONTAINER_PARTIAL_ID: id }) => id !== undefined);
      return parts.some(({ MESSAGE = "" }) => MESSAGE.startsWith("2026-09-21"));
    });
    const shown = await acts(bench);
    expect(shown.length).toBeGreaterThan(3);
    expect(JSON.stringify(shown)).not.toContain("forged");
  });

  it("take no record of the host with them when one prints without end, nor wait for a journal that hangs", async (context) => {
    const bench = await running(context);
    const name = containersModel(withServices(bench)).services[0]?.name ?? "";
    const host = "for n in $(seq 60); do logger --tag=bench-record line $n; sleep 0.05; done; systemctl reload docker.service";
    const [flooded] = await Promise.all([flood(bench, name, 300_000, 120), bench.inside("sh", "-c", host)]);
    expect(flooded).toMatchObject({ code: 0 });
    await bench.inside("journalctl", "--sync");
    expect(await entries(bench, "SYSLOG_IDENTIFIER=bench-record")).toHaveLength(60);
    const kept = (await entries(bench, "PHIWARD_SERVICE=api")).filter(({ MESSAGE = "" }) => MESSAGE.startsWith("flood "));
    expect(kept.length).toBeGreaterThan(900);
    expect(kept.length).toBeLessThan(12_000);
    // The engine's own line, of a moment at which no more of its containers' lines were taken.
    const own = await entries(bench, "_SYSTEMD_UNIT=docker.service", "_TRANSPORT=stdout");
    expect(own.some(({ MESSAGE = "" }) => MESSAGE.includes("Reloaded configuration"))).toBe(true);
    await bench.inside("systemctl", "kill", "--signal=STOP", "systemd-journald.service");
    // One that waited would do so for as long as the journal hangs. systemd ends that after three minutes.
    const waited = await flood(bench, name, 100_000, 120);
    const answered = await answers(bench, withServices(bench));
    await bench.inside("systemctl", "kill", "--signal=CONT", "systemd-journald.service");
    expect([waited.code, answered]).toEqual([0, true]);
  });

  it("go on when a new image is broken, and nothing is left of it when the old one is declared again", async (context) => {
    const bench = await running(context);
    const before = await bench.inside("docker", "ps", "--quiet", "--no-trunc");
    const broken = withServices(bench, { api: imageId("redis") });
    await expect(deployServices(bench, broken)).rejects.toThrow(/api-[0-9a-f]{8}: (not healthy within|ended with exit code)/);
    expect(await answers(bench, withServices(bench))).toBe(true);
    expect(await deployServices(bench, withServices(bench))).toEqual([expect.stringMatching(/^api-[0-9a-f]{8} removed$/)]);
    expect(await bench.inside("docker", "ps", "--all", "--quiet", "--no-trunc")).toBe(before);
  });

  it("have what was left out of the journal counted, on record as a failure of the record", async (context) => {
    const bench = await running(context);
    const name = containersModel(withServices(bench)).services[0]?.name ?? "";
    await waitFor("the count", async () => {
      await print(bench, name, ["one more line"]);
      return (await entries(bench, "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", "_UID=0")).length > 0;
    });
    const [said] = await entries(bench, "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e");
    expect(said?.["MESSAGE"]).toMatch(/^Suppressed \d{5,} messages from docker.service$/);
    const looked = `import sys; sys.path.insert(0, "/usr/local/lib/phiward/phiward.pyz")
from phiward_host.containers import watch; print(watch._output().state)`;
    // As the unit of the watch runs it.
    const confined = [...Object.entries(CONFINEMENT_SETTINGS), ["CapabilityBoundingSet", ""]].map((pair) => `--property=${pair.join("=")}`);
    const unit = ["systemd-run", "--wait", "--pipe", "--quiet", ...confined];
    expect(await bench.inside(...unit, "python3", "-c", looked)).toBe("a container prints more than the journal takes\n");
    expect(await acts(bench, "AUDIT_LOG_FAILURE")).toContainEqual(expect.objectContaining({ outcome: "failure" }));
  });

  it("are waited for through an end while they start; what their init step and jobs say is kept for root alone, and is in no journal", async (context) => {
    const bench = await running(context);
    const config = withServices(bench);
    const kept = "/var/lib/postgresql/data";
    const endsOnce = `[ -e ${kept}/begun ] && touch ${kept}/well && exec sleep infinity; touch ${kept}/begun; sleep 3; exit 1`;
    // Whole in what it says alone, and in no list of arguments.
    const says = (what: string): readonly string[] => ["sh", "-c", `m=Zq7x; echo ${what}-$m-out; echo ${what}-$m-err >&2`];
    const late = {
      kind: "container",
      name: "late",
      image: imageId("postgres"),
      command: ["sh", "-c", endsOnce],
      initialize: { command: says("marked-init"), backup: false },
      volumes: [{ name: "kept", path: kept }],
      health: { command: ["test", "-e", `${kept}/well`], everySeconds: 2, retries: 2, startSeconds: 30 },
    };
    const jobs = [{ name: "marks", service: "late", command: says("marked-job"), every: "day" }];
    const declared = parseConfig({ ...config, services: [...config.services, late], jobs });
    const changed = await deployServices(bench, declared);
    const [container = ""] = changed.filter((name) => name.startsWith("late-"));
    expect(await bench.inside("docker", "inspect", container, "--format={{.RestartCount}} {{.State.Health.Status}}")).toBe("1 healthy\n");
    await bench.deploy(planOf(declared, "jobs"));
    await bench.inside("systemctl", "start", "phiward-job-marks.service");
    const said = async (log: string): Promise<readonly string[]> =>
      (await bench.inside("cat", `/var/lib/phiward/services/late/runs/${log}`))
        .trim()
        .split("\n")
        .map((line) => line.replace(/^\S+Z /, ""));
    expect((await said("initialize.log")).toSorted()).toEqual(["marked-init-Zq7x-err", "marked-init-Zq7x-out"]);
    expect((await said("job-marks.log")).toSorted()).toEqual(["marked-job-Zq7x-err", "marked-job-Zq7x-out"]);
    const journal = await bench.journal("--no-pager", "--all", "--since=-10min");
    expect(journal).toContain("the job marks ended with exit code 0");
    expect(journal).not.toMatch(/marked-(init|job)-Zq7x/);
    await bench.deploy(planOf(config, "jobs"));
    // It would have more of this host's later tests to say.
    await stopTimer((...words) => bench.inside(...words), "phiward-watch");
    const removed = parseConfig({ ...config, removed: [{ service: "late", data: "erase", confirm: "late" }] });
    expect(await deployServices(bench, removed)).toContain(`${container} removed`);
  });

  it("go on when a new image of a database is broken: it is tried on throw-away data first", async (context) => {
    const bench = await running(context);
    const config = withServices(bench);
    const spoilt = {
      ...config,
      services: config.services.map((entry) => (entry.name === "db" ? { ...entry, image: imageId("api") } : entry)),
    };
    const before = await bench.inside("docker", "ps", "--all", "--quiet", "--no-trunc");
    const refused = await bench.apply(planOf(spoilt, "docker"));
    expect(refused.stderr).toMatch(/step trial-of-db: .*the change was rolled back.*temporary data/);
    expect(await bench.inside("docker", "ps", "--all", "--quiet", "--no-trunc")).toBe(before);
    expect((await bench.deploy(planOf(config, "docker"))).status).toBe("unchanged");
  });

  it("are given new passwords beside the old ones, which end when they are retired", async (context) => {
    const bench = await running(context);
    const next = withServices(bench, { epoch: 2 });
    const secrets = "/var/lib/phiward/secrets";
    expect(await opens(bench, 1, secrets)).toEqual({ postgres: true, redis: true });
    await bench.deploy(planOf(next, "secrets"));
    await bench.deploy(planOf(next, "accounts"));
    // As a deploy that was interrupted leaves it: what is done next finishes it.
    expect(await epochsHeld(bench, "db-api")).toEqual([1, 2]);
    await bench.inside("sh", "-c", `mkdir -m 0700 /root/old && cp ${secrets}/db-api.1 ${secrets}/cache-api.1 /root/old/`);
    expect(await opens(bench, 1, secrets)).toEqual({ postgres: true, redis: true });
    expect(await opens(bench, 2, secrets)).toEqual({ postgres: true, redis: true });
    expect(await answers(bench, withServices(bench))).toBe(true);
    await deployServices(bench, next);
    expect(await opens(bench, 1, "/root/old")).toEqual({ postgres: false, redis: false });
    expect(await opens(bench, 2, secrets)).toEqual({ postgres: true, redis: true });
    expect(await answers(bench, next)).toBe(true);
    expect(await bench.inside("sh", "-c", `ls ${secrets}`)).not.toMatch(/(db|cache)-api\.1/);
    expect(await epochsHeld(bench, "db-api")).toEqual([2]);
  });

  it("get what was brought, what they are configured by and their variables, and nothing else has any of it", async (context) => {
    const bench = await running(context);
    // Line ends, quotes and what a shell would run stay as they are.
    const values = { "provider-key": "k3y-Zq7xW2mK9pLr $(touch /tmp/run) `id` \"'\\ {{x}} %s\n two\n\n" };
    const config = withSecrets(bench, values["provider-key"], 2);
    await deployServices(bench, config, values);
    const [password, said] = [await bench.inside("cat", "/var/lib/phiward/secrets/db-says.2"), await told(bench, config)];
    expect(said).toEqual({
      variable: values["provider-key"],
      file: values["provider-key"],
      url: `postgresql://says_e2:${password}@db:5432/says?sslmode=verify-full&sslrootcert=/run/phiward/authority/authority.pem`,
      configuration: `says_e2 ${password} db:5432/says {{ ${values["provider-key"]}\n`,
      environment: "DB_CA_FILE DB_HOST DB_NAME DB_PASSWORD_FILE DB_PORT DB_URL_FILE DB_USER",
    });
    expect(await failures(bench, config)).toEqual([]);
    const name = containerOf(config);
    const seen = [
      await bench.inside("docker", "inspect", name),
      await bench.inside("docker", "exec", name, "/usr/bin/node", "-p", "JSON.stringify(process.env)"),
      await bench.inside("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'"),
      await bench.inside("journalctl", "--no-pager", "--since=-10min"),
    ].join("\n");
    for (const secret of ["k3y-Zq7xW2mK9pLr", password]) expect(seen).not.toContain(secret);
    const kept = /^\/var\/lib\/phiward\/services\/says\/secrets\/(mail-key|configuration\.[0-9a-f]{8})\.[0-9a-f]{16}$/;
    for (const path of await filesWith(bench, "k3y-Zq7xW2mK9pLr")) expect(path).toMatch(kept);
    const status = await ask(
      bench.target(),
      { mode: "status", plans: [planOf(config, "secrets")], secrets: {} },
      statusAnswer,
      bench.patience,
    );
    expect(status.units["secrets"]).toMatchObject({ drift: [], waits: false });
    expect(await deployServices(bench, config, values)).toEqual([]);
  });

  it("have old and new side by side while what was brought is another one, and nothing is left of what is not declared", async (context) => {
    const bench = await running(context);
    const [before, values] = [withSecrets(bench, "k3y-Zq7xW2mK9pLr", 2), { "provider-key": "an0ther-Pm4cV8sT1d" }];
    const old = (await bench.inside("docker", "ps", "--format={{.Names}}", "--filter=label=phiward.service=says")).trim();
    const config = withSecrets(bench, values["provider-key"], 2);
    expect(containerOf(config)).not.toBe(containerOf(before));
    const secrets = planOf(config, "secrets");
    await bench.deploy(secrets, handedTo(secrets, values));
    // The old container still has its own file, and could start again with it.
    expect(
      await bench.inside("docker", "exec", old, "/usr/bin/node", "-p", "require('fs').readFileSync('/run/secrets/mail-key', 'utf8')"),
    ).toContain("k3y-Zq7xW2mK9pLr");
    expect((await filesWith(bench, "an0ther-Pm4cV8sT1d")).length).toBe(2);
    await deployServices(bench, config, values);
    expect(await told(bench, config)).toMatchObject({ variable: "an0ther-Pm4cV8sT1d", file: "an0ther-Pm4cV8sT1d" });
    expect(await filesWith(bench, "k3y-Zq7xW2mK9pLr")).toEqual([]);
    const removed = parseConfig({ ...withServices(bench, { epoch: 2 }), removed: [{ service: "says", data: "erase", confirm: "says" }] });
    await deployServices(bench, removed);
    expect(await filesWith(bench, "an0ther-Pm4cV8sT1d")).toEqual([]);
    expect(await failures(bench, removed)).toEqual([]);
  });

  it("keep their data when the database's container is replaced", async (context) => {
    const bench = await running(context);
    const sql = async (text: string): Promise<string> =>
      (await bench.inside("docker", "exec", "db", "psql", "-U", "phiward_api", "-d", "api", "-At", "-c", text)).trim();
    await sql("CREATE TABLE kept AS SELECT 42 AS answer");
    const changed = withServices(bench, { epoch: 2, memory: 640 });
    const before = parseConfig({ ...changed, docker: { limits: "unavailable", logs: { driver: "local" } } });
    expect(await deployServices(bench, before)).toEqual(["docker", "db"]);
    expect(await failures(bench, before)).toEqual([]);
    expect(await sql("SELECT answer FROM kept")).toBe("42");
    // A database that an earlier version made, whose output went to files: it goes on as it is, and is reported.
    const ids = await bench.inside("docker", "ps", "--quiet", "--no-trunc");
    expect(await deployServices(bench, changed)).toEqual(["docker"]);
    expect(await bench.inside("docker", "ps", "--quiet", "--no-trunc")).toBe(ids);
    expect(await failures(bench, changed)).toEqual([expect.objectContaining({ id: "container-db-output-on-record" })]);
    expect(await sql("SHOW shared_buffers")).toBe("160MB");
    expect(await answers(bench, changed)).toBe(true);
  });

  it("have what they ask of their databases, in the running servers, and again no more than that", async (context) => {
    const bench = await running(context);
    const plain = withServices(bench, { epoch: 2, memory: 640 });
    const chosen: Readonly<Record<string, object>> = {
      db: { settings: { maxConnections: 120, workMemoryMegabytes: 8, statementTimeoutSeconds: 90 }, sharedMemoryMegabytes: 320, cpus: 1.5 },
      cache: { profile: "cache" },
      api: { extensions: ["pg_trgm", "uuid-ossp"], ports: [{ name: "dicom", port: 4242 }] },
    };
    const config = parseConfig({ ...plain, services: plain.services.map((entry) => ({ ...entry, ...chosen[entry.name] })) });
    const psql = async (text: string): Promise<string> =>
      (await bench.inside("docker", "exec", "db", "psql", "-U", "phiward_api", "-d", "api", "-At", "-c", text)).trim();
    const redis = async (...commands: readonly string[]): Promise<readonly string[]> => {
      const asked = `(printf 'AUTH api_e2 '; cat /var/lib/phiward/secrets/cache-api.2; printf '\\n'; printf '%s\\n' "$@") | docker exec -i cache ${REDIS}`;
      return (await bench.inside("sh", "-c", asked, "sh", ...commands))
        .split("\n")
        .filter((line) => line !== "")
        .slice(1);
    };
    await deployServices(bench, plain);
    expect((await redis("KEYS *"))[0]).toContain("NOPERM");
    expect(await deployServices(bench, config)).toEqual(
      expect.arrayContaining(["docker", "db", "cache", "accounts", expect.stringMatching(/^api-[0-9a-f]{8}$/)]),
    );
    expect(await failures(bench, config)).toEqual([]);
    expect(await answers(bench, config)).toBe(true);
    expect(await psql("SELECT extname || ' ' || extowner::regrole FROM pg_extension ORDER BY 1")).toBe(
      ["pg_trgm api", "plpgsql postgres", '"uuid-ossp" api'].join("\n").replaceAll('"', ""),
    );
    expect(await psql("SELECT similarity('word', 'words') > 0.5")).toBe("t");
    // As a restore does, by a login that is no superuser.
    await bench.inside(
      "docker",
      "exec",
      "db",
      "psql",
      "-U",
      "postgres",
      "-d",
      "postgres",
      "-c",
      "CREATE DATABASE copied OWNER api TEMPLATE template0",
    );
    const copy =
      "pg_dump -U phiward_api -Fc api | pg_restore -U phiward_api --no-owner --no-privileges --role=api --exit-on-error -d copied";
    await bench.inside("docker", "exec", "db", "sh", "-c", copy);
    const copied = ["exec", "db", "psql", "-U", "phiward_api", "-d", "copied", "-At", "-c", "SELECT count(*) FROM pg_extension"];
    expect((await bench.inside("docker", ...copied)).trim()).toBe("3");
    await bench.inside("docker", "exec", "db", "psql", "-U", "postgres", "-d", "postgres", "-c", "DROP DATABASE copied");
    expect(await redis("SET a 1", "KEYS a*", "FLUSHDB", "DBSIZE")).toEqual(["OK", "a", "OK", "0"]);
    expect((await redis("CONFIG GET maxmemory-policy")).join(" ")).toBe("maxmemory-policy allkeys-lru");
    for (const command of ["FLUSHALL", "CONFIG SET maxmemory 1", "CLIENT LIST"]) expect((await redis(command))[0]).toContain("NOPERM");
    const inspected = await bench.inside("docker", "inspect", "db", "--format={{.HostConfig.NanoCpus}} {{.HostConfig.ShmSize}}");
    const isLimited = config.docker.limits === "enforced";
    expect(inspected.trim()).toBe(`${isLimited ? "1500000000" : "0"} ${String(320 * 1024 * 1024)}`);
    // A server that has other rights than its file is noticed, and put right.
    const stale = "sed 's/ +keys / /' /var/lib/phiward/services/cache/acl/users.acl > /run/users.acl";
    await bench.inside(
      "sh",
      "-c",
      `${stale}; cp /var/lib/phiward/services/cache/acl/users.acl /run/kept.acl; cat /run/users.acl > /var/lib/phiward/services/cache/acl/users.acl`,
    );
    await bench.inside("docker", "restart", "cache");
    // Docker answers before Redis has read the file.
    await waitFor("Redis", async () => ((await redis("PING"))[0] ?? "") === "PONG");
    await bench.inside("sh", "-c", "cat /run/kept.acl > /var/lib/phiward/services/cache/acl/users.acl");
    expect(await failures(bench, config)).toEqual([expect.objectContaining({ id: "redis-cache-api-may-what-a-cache-needs" })]);
    await deployServices(bench, config);
    expect(await failures(bench, config)).toEqual([]);
    // Extensions stay: data may be made of them.
    await deployServices(bench, plain);
    expect(await failures(bench, plain)).toEqual([]);
    expect((await redis("KEYS *"))[0]).toContain("NOPERM");
    expect(await psql("SELECT count(*) FROM pg_extension")).toBe("3");
  });

  it("keep patients' columns that only the host's master key opens, each reading with its reader", async (context) => {
    const bench = await running(context);
    const plain = withServices(bench, { epoch: 2, memory: 640 });
    const config = withPatientsColumns(plain);
    expect(await deployServices(bench, config)).toEqual(expect.arrayContaining(["secrets", "db", "phi"]));
    expect(await failures(bench, config)).toEqual([]);
    expect(await deployServices(bench, config)).toEqual([]);
    const text = "Planted note: the left knee hurts when it rains.";
    await waitFor("the API answers", () => answers(bench, config));
    const { id, read } = await keepNote(bench, config, text);
    expect(read).toContain(text);
    expect(await openByHand(bench, id)).toBe(text);
    const recorded = "SELECT login, accessor, reason, subject FROM phi.phi_access_log";
    expect(await askDatabase(bench, recorded)).toBe(`api_e2|admin|treatment|${id}`);
    await expectNowhere(bench, text);
    await loseMaster(bench, config);
    expect(await deployServices(bench, config)).toEqual([]);

    // The database's owner, by which dumps are made, may neither change the record nor ask for keys.
    for (const sql of ["DELETE FROM phi.phi_access_log", "SELECT phi.master_key(1)", "DROP SCHEMA phi CASCADE", "SET ROLE phiward__phi"])
      expect(await askDatabase(bench, sql, "phiward_api")).toMatch(/permission denied|must be owner/);
    const value = `(SELECT sealed FROM notes WHERE id = '${id}')`;
    const said = "SELECT set_config('phi.accessor', 'a', false), set_config('phi.reason', 'b', false);";
    const opened = (sql: string): Promise<string> => askDatabase(bench, `${said} SELECT phi.decrypt_phi(${sql}, 's')`, "phiward_api");
    expect(await opened(value)).toContain(text);
    expect(await opened(`set_byte(${value}, 30, get_byte(${value}, 30) # 1)`)).toContain("was changed since it was encrypted");
    expect(await askDatabase(bench, `SELECT phi.decrypt_phi(${value}, 's')`, "phiward_api")).toContain("phi.accessor: found none");

    await bench.inside("systemctl", "start", "phiward-phi.service", "phiward-phi-verify.service");
    expect(await bench.journal("--unit=phiward-phi", "--output=cat")).toContain(`"admin", "${id}", "treatment"`);
    expect(await bench.inside("sh", "-c", `python3 -I ${PROGRAMS} phi accesses 2026-01-01`)).toContain(`"subject": "${id}"`);
    await askDatabase(bench, "UPDATE phi.phi_access_log SET accessor = 'nobody' WHERE seal = 1");
    expect((await execInHost(bench.host, ["systemctl", "start", "phiward-phi-verify.service"])).code).not.toBe(0);
    expect(await bench.journal("--unit=phiward-phi-verify", "--output=cat")).toContain("is broken at line 1");
  });

  it("bring patients' columns to another key while they work, and let the earlier one go when no row needs it", async (context) => {
    const bench = await running(context);
    const first = withPatientsColumns(withServices(bench, { epoch: 2, memory: 640 }));
    await deployServices(bench, first);
    await makeVisits(bench);
    const second = withKeys(first, { epoch: 2 });
    expect(await deployServices(bench, second)).toEqual(expect.arrayContaining(["secrets", "db", "phi"]));
    await waitFor("the API answers", () => answers(bench, second));
    const { id } = await keepNote(bench, second, "A note of the second key.");
    const third = withKeys(second, { epoch: 2, retired: 1 });
    const endUse = await beginUse(bench, second);
    await killRotation(bench, third);
    await finishRotation(bench);
    await endUse();
    await expectAllRotated(bench);
    await deployServices(bench, third);
    await expectFirstKeyGone(bench);
    expect(await failures(bench, third)).toEqual([]);
    await waitFor("the API answers", () => answers(bench, third));
    await expectAllRotated(bench);
    expect(id).not.toBe("");
    await takeOver(bench);
  });
});
