/** Containers whose files of the host are removed or replaced, and services of which one container may run at a time. */
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { generationOf } from "../../../components/plan/request";
import { restore } from "../../../ops/commands/restore";
import { ask, verifyAnswer } from "../../../ops/lib/agent";
import { watchingRestarts } from "../../../ops/lib/restarts";
import type { Bench } from "../bench";
import { answers, deployServices, failures, HEALTH, imageId, planOf, runningServices, startsOf, withServices } from "../servicesBench";
import { stopTimer } from "../timers";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

const STATE = "/var/lib/phiward";
const CONFIGURATION = "/etc/phiward/services";
const running = runningServices(useBench());

const ids = async (bench: Bench, config = withServices(bench)): Promise<readonly string[]> =>
  (await failures(bench, config)).map((result) => String(Reflect.get(Object(result), "id")));

it.for([
  ["a password is replaced by rename", `cp -a F F.new; mv F.new F`.replaceAll("F", `${STATE}/services/api/secrets/db-url.1.tls`), ["api"]],
  ["a password is removed", `rm ${STATE}/services/api/secrets/admin-password.1`, ["api"]],
  ["a database's configuration is removed", `rm -r ${CONFIGURATION}/db`, ["db"]],
] as const)("where %s, that container alone is started again, and once", async ([, script, restarted], context) => {
  const bench = await running(context);
  const before = await startsOf(bench);
  await bench.inside("sh", "-ec", script);
  expect(await ids(bench)).toContain("containers-mounts-current");
  expect(await deployServices(bench, withServices(bench))).toContain("retire");
  const after = await startsOf(bench);
  expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(restarted);
  expect(await ids(bench)).toEqual([]);
  expect(await deployServices(bench, withServices(bench))).toEqual([]);
});

it("where all of the host's records are lost, the next deploy gives services new passwords, and starts them again with these", async (context) => {
  const bench = await running(context);
  const before = await startsOf(bench);
  await bench.inside("sh", "-ec", `rm -r ${STATE}`);
  await bench.deployAll();
  await deployServices(bench, withServices(bench));
  const after = await startsOf(bench);
  expect(
    Object.keys(after)
      .filter((name) => after[name] !== before[name])
      .sort(),
  ).toEqual(["api", "cache", "db"]);
  expect(await ids(bench)).toEqual([]);
  expect(await answers(bench, withServices(bench))).toBe(true);
  expect(await deployServices(bench, withServices(bench))).toEqual([]);
});

// It takes a lock of its own on its volume, and ends where another has it.
const ALONE = `const net = require("net"), fs = require("fs"), lock = "/data/lock";
net.connect(lock).on("connect", () => process.exit(1)).on("error", () => {
  fs.rmSync(lock, { force: true });
  net.createServer().listen(lock, () => fs.writeFileSync("/tmp/well", ""));
});`.replaceAll("\n", " ");

/** The bench's services with one more, of which one container can run at a time. */
function withAlone(bench: Bench, changes: Readonly<Record<string, unknown>> = {}): StackConfig {
  const { services, ...rest } = withServices(bench);
  const alone = {
    ...{ kind: "container", name: "alone", image: imageId("api"), command: ["-e", ALONE], updateOrder: "stop-first" },
    health: { ...HEALTH, command: ["/usr/bin/node", "-e", "require('fs').accessSync('/tmp/well')"], startSeconds: 10 },
    ...{ volumes: [{ name: "kept", path: "/data" }], secrets: [{ name: "key" }] },
    ...changes,
  };
  return parseConfig({ ...rest, services: [...services, alone] });
}

/** The containers of the service that run, and how they are. */
async function alone(bench: Bench): Promise<readonly string[]> {
  const list = ["docker", "ps", "--filter=label=phiward.service=alone", "--format={{.Names}} {{.Status}}"];
  return (await bench.inside(...list)).trim().split("\n");
}

it("a service that holds a lock is replaced stop-first, and with new secrets, where it could not be start-first", async (context) => {
  const bench = await running(context);
  await deployServices(bench, withAlone(bench));
  const healthy = async (): Promise<string> => (await alone(bench)).find((line) => line.endsWith("(healthy)"))?.split(" ")[0] ?? "";
  const first = await healthy();
  await expect(deployServices(bench, withAlone(bench, { updateOrder: "start-first", environment: { VERSION: "2" } }))).rejects.toThrow(
    /alone-[0-9a-f]{8}: ended with exit code 1/,
  );
  for (const changes of [{ environment: { VERSION: "2" } }, { secrets: [{ name: "key", epoch: 2 }] }]) {
    const before = await healthy();
    const changed = await deployServices(bench, withAlone(bench, changes));
    expect(changed).toContain(`${before} removed`);
    expect(await alone(bench)).toEqual([expect.stringMatching(/^alone-[0-9a-f]{8} Up .*\(healthy\)$/)]);
    expect(await ids(bench, withAlone(bench, changes))).toEqual([]);
    expect(await deployServices(bench, withAlone(bench, changes))).toEqual([]);
  }
  expect(await healthy()).not.toBe(first);
});

it("a service that holds a lock has its former container back when the next one does not become healthy, and each time", async (context) => {
  const bench = await running(context);
  await deployServices(bench, withAlone(bench));
  const [before = ""] = (await alone(bench))[0]?.split(" ") ?? [];
  const broken = withAlone(bench, { command: ["-e", "process.exit(3)"] });
  for (const attempt of [1, 2]) {
    await expect(deployServices(bench, broken), String(attempt)).rejects.toThrow(/alone-[0-9a-f]{8}: ended with exit code 3/);
    await waitFor("the former container runs", async () => /^\S+ Up .*\(healthy\)$/.test((await alone(bench)).join()));
    expect((await alone(bench)).map((line) => line.split(" ")[0])).toEqual([before]);
    expect(await ids(bench, broken)).toContain("services-handed-over");
  }
  expect(await deployServices(bench, withAlone(bench))).toEqual([expect.stringMatching(/^alone-[0-9a-f]{8} removed$/)]);
  expect(await ids(bench, withAlone(bench))).toEqual([]);
  expect((await bench.inside("docker", "inspect", "--format={{.HostConfig.RestartPolicy.Name}}", before)).trim()).toBe("unless-stopped");
});

// Pulumi's provider goes on waiting for one: what stands for it here is a deploy that does not end by itself.
it("a container that dies at once is named while a deploy waits for it, with its exit code and what shows its logs", async (context) => {
  const bench = await running(context);
  const dying = withAlone(bench, { command: ["-e", "process.exit(3)"], updateOrder: "start-first" });
  await expect(deployServices(bench, dying)).rejects.toThrow(/alone-[0-9a-f]{8}: ended with exit code 3/);
  const said: string[] = [];
  const named = /^web: alone-[0-9a-f]{8} ended with exit code 3 .* npx phiward logs alone --host web /;
  const told = () => waitFor("the container is named", () => Promise.resolve(said.some((line) => named.test(line))));
  await watchingRestarts(dying, [bench.host], bench.patience, (line) => said.push(line), told, 500);
  // Once; other containers of the host may have ended again and again before.
  expect(said.filter((line) => named.test(line))).toHaveLength(1);
  await deployServices(bench, withAlone(bench));
  expect(await ids(bench, withAlone(bench))).toEqual([]);
});

/** Images of three versions, by their ids: each as an archive that was brought, and not loaded. */
async function versions(bench: Bench): Promise<readonly string[]> {
  const script = `docker create --name=made ${imageId("redis")} >/dev/null
    for version in 1 2 3; do
      id=$(docker commit --change="LABEL version=$version" made); file=${STATE}/images/\${id#sha256:}.tar
      docker save --output=$file $id; docker image rm $id >/dev/null; echo $id
    done
    docker commit --change="LABEL version=other" made >/dev/null; docker rm made >/dev/null`;
  return (await bench.inside("sh", "-ec", script)).trim().split("\n");
}

it("of a service's images the declared one and the one before are kept, and no other of phiward's own", async (context) => {
  const bench = await running(context);
  const health = { ...HEALTH, command: ["true"] };
  const withImage = (image: string): StackConfig => {
    const { services, ...rest } = withAlone(bench);
    return parseConfig({
      ...rest,
      services: [...services, { kind: "container", name: "idle", image, command: ["sleep", "infinity"], health }],
    });
  };
  const ids = await versions(bench);
  const there = async (): Promise<readonly string[]> =>
    (await bench.inside("sh", "-c", `docker image ls --quiet --no-trunc; ls ${STATE}/images`)).trim().split("\n");
  const before = await there();
  for (const id of ids) await deployServices(bench, withImage(id));
  const [first = "", ...kept] = ids;
  const after = await there();
  expect(after).toEqual(expect.arrayContaining([...kept, ...kept.map((id) => `${id.replace("sha256:", "")}.tar`)]));
  expect(after).not.toContainEqual(expect.stringContaining(first.replace("sha256:", "")));
  expect(after).toEqual(expect.arrayContaining(before.filter((name) => !name.includes(first.replace("sha256:", "")))));
  expect(await deployServices(bench, withImage(ids[1] ?? ""))).toContainEqual(expect.stringMatching(/^idle-[0-9a-f]{8}$/));
  expect(await failures(bench, withImage(ids[1] ?? ""))).toEqual([]);
});

// It says what must be in no message, and fails while there is a file that a test makes.
const MIGRATE = `const fs = require("fs"); console.log("a patient's name"); fs.appendFileSync("/data/ran", process.env.VERSION);
process.exit(fs.existsSync("/data/broken") ? 3 : 0);`.replaceAll("\n", " ");
const DATA = "/var/lib/docker/volumes/phiward-alone.kept/_data";

it.for(["start-first", "stop-first"])(
  "an init step of what is replaced %s runs once for each version, and one that fails leaves the former version running",
  async (updateOrder, context) => {
    const bench = await running(context);
    const version = (number: number): StackConfig =>
      withAlone(bench, {
        ...{ updateOrder, environment: { VERSION: String(number) }, initialize: { command: ["-e", MIGRATE], backup: false } },
        ...(updateOrder === "start-first" ? { command: ["-e", ALONE.replaceAll("/data/lock", "/tmp/lock")] } : {}),
      });
    const ran = async (): Promise<string> => await bench.inside("cat", `${DATA}/ran`);
    await bench.inside("sh", "-c", `rm -f ${DATA}/ran /var/lib/phiward/services/alone/runs/*`);
    await deployServices(bench, version(1));
    expect([await ran(), await deployServices(bench, version(1)), await ids(bench, version(1))]).toEqual(["1", [], []]);
    const before = await alone(bench);
    await bench.inside("touch", `${DATA}/broken`);
    const refused = await deployServices(bench, version(2)).catch(String);
    expect(refused).toMatch(
      /alone: its init step ended with exit code 3 after \d+ s, so the new version was not started; npx phiward logs alone --init/,
    );
    expect(refused).not.toContain("patient");
    await waitFor("the former version runs", async () => /^\S+ Up .*\(healthy\)$/.test((await alone(bench)).join()));
    expect((await alone(bench)).map((line) => line.split(" ")[0])).toEqual(before.map((line) => line.split(" ")[0]));
    const kept = "/var/lib/phiward/services/alone/runs";
    expect(await bench.inside("stat", "--format=%U %a", `${kept}/initialize.log`, kept)).toBe("root 600\nroot 700\n");
    expect(await bench.inside("cat", `${kept}/initialize.log`)).toMatch(/^\S+Z a patient's name\n$/);
    expect(await bench.inside("journalctl", "--identifier=phiward-initialize", "--lines=1")).toMatch(
      /alone: the init step of [0-9a-f]{12} ended with exit code 3/,
    );
    await bench.inside("rm", `${DATA}/broken`);
    expect(await deployServices(bench, version(2))).toEqual(expect.arrayContaining([expect.stringMatching(/^alone-[0-9a-f]{8}$/)]));
    expect([await ran(), await ids(bench, version(2))]).toEqual(["122", []]);
    expect(await bench.inside("docker", "ps", "--all", "--quiet", "--filter=label=phiward.initialize")).toBe("");
  },
);

const JOB = `const fs = require("fs"); console.log("a patient's name"); fs.appendFileSync("/data/report", String(process.getuid()));
process.exit(fs.existsSync("/data/broken") ? 4 : 0);`.replaceAll("\n", " ");

it("a scheduled job runs as its service does, and its timer goes with it; a service that is not well is told once", async (context) => {
  const bench = await running(context);
  const config = withAlone(bench);
  const withJob = parseConfig({ ...config, jobs: [{ name: "report", service: "alone", command: ["-e", JOB], every: "day" }] });
  await deployServices(bench, config);
  await bench.deploy(planOf(withJob, "jobs"));
  expect((await bench.deploy(planOf(withJob, "jobs"))).status).toBe("unchanged");
  const failed = async (stack: StackConfig): Promise<unknown> => {
    const plan = planOf(stack, "jobs");
    const request = { mode: "verify", plans: [plan], generations: { jobs: generationOf(plan) }, strict: false } as const;
    const { results } = await ask(bench.target(), request, verifyAnswer, bench.patience);
    return results.filter(({ status }) => status === "fail");
  };
  await bench.inside("sh", "-c", `rm -f ${DATA}/report ${DATA}/broken; systemctl start phiward-job-report.service`);
  const [owner = ""] = (await bench.inside("stat", "--format=%u", `${DATA}/report`)).split("\n");
  expect([await bench.inside("cat", `${DATA}/report`), Number(owner) > 9999]).toEqual([owner, true]);
  expect(await failed(withJob)).toEqual([]);
  const log = "/var/lib/phiward/services/alone/runs/job-report.log";
  expect(await bench.inside("sh", "-c", `stat --format='%U %a' ${log}; cat ${log}`)).toMatch(/^root 600\n\S+Z a patient's name\n$/);
  // What it said last may be on its way to the journal yet.
  const told = "journalctl --sync; journalctl --unit=phiward-job-report --lines=20 --output=cat";
  const broken = `touch ${DATA}/broken; systemctl start phiward-job-report.service || { ${told}; }`;
  const said = await bench.inside("sh", "-c", broken);
  expect(said).toMatch(/the job report ended with exit code 4 after \d+ s; npx phiward logs report shows what it said/);
  expect(said).not.toContain("patient");
  expect(await bench.inside("docker", "ps", "--all", "--quiet", "--filter=label=phiward.job")).toBe("");

  const looks = (number: number): Promise<string> =>
    bench.inside("sh", "-c", `for look in $(seq ${String(number)}); do python3 -I /usr/local/lib/phiward/phiward.pyz watch; done`);
  await stopTimer((...words) => bench.inside(...words), "phiward-watch");
  expect(await looks(2)).toBe("");
  const [name = ""] = (await alone(bench))[0]?.split(" ") ?? [];
  await bench.inside("docker", "stop", "--time=1", name);
  expect(await looks(6)).toBe("service alone: it does not run\n");
  await bench.inside("docker", "start", name);
  await waitFor("it is healthy", async () => /\(healthy\)$/.test((await alone(bench)).join()));
  expect(await looks(2)).toBe("service alone: it is well again\n");

  await bench.deploy(planOf(config, "jobs"));
  expect(await bench.inside("systemctl", "list-units", "--all", "--plain", "--no-legend", "phiward-job-*")).not.toContain("report.timer");
  expect(await failed(config)).toEqual([]);
});

// Nobody listens there.
const WEBHOOK = "https://192.0.2.1/";

/** The bench's services and backups, with one more service whose init step does to its table and its file what is said. */
function withLedger(bench: Bench, sql: string, files: string, webhook: string): StackConfig {
  const { services, ...rest } = withAlone(bench);
  const ledger = {
    ...{ kind: "container", name: "ledger", image: imageId("postgres"), command: ["sleep", "infinity"], uses: ["db"] },
    health: { ...HEALTH, command: ["true"], startSeconds: 10 },
    volumes: [{ name: "kept", path: "/data" }],
    environment: { SQL: sql, FILES: files },
    initialize: { command: ["sh", "-ec", 'psql "$(cat $DB_URL_FILE)" -v ON_ERROR_STOP=1 -qc "$SQL"; sh -ec "$FILES"'] },
  };
  return parseConfig({ ...rest, services: [...services, ledger], backup: {}, alerts: { webhook } });
}

it("database and volume of a service are saved before the init step of a new version, and what that destroys comes back", async (context) => {
  const bench = await running(context);
  const first = withLedger(bench, "CREATE TABLE visits AS SELECT 7 AS patient", "echo seven > /data/seven", WEBHOOK);
  const record = async (): Promise<unknown> =>
    JSON.parse(await bench.inside("cat", `${STATE}/services/ledger/runs/initialize.json`)) as unknown;
  await deployServices(bench, first);
  await bench.deploy(planOf(first, "backup"));
  // Of the first version there is nothing to go back to.
  expect(await record()).not.toHaveProperty("backup");
  const owner = ["exec", "db", "psql", "-U", "phiward_ledger", "-d", "ledger", "-At", "-c"];
  const psql = async (sql: string): Promise<string> => (await bench.inside("docker", ...owner, `SET ROLE ledger; ${sql}`)).trim();
  await psql("INSERT INTO visits VALUES (11)");

  const second = withLedger(bench, "DROP TABLE visits", "rm /data/seven", WEBHOOK);
  await deployServices(bench, second);

  expect(await psql("SELECT count(*) FROM pg_tables WHERE tablename = 'visits'")).toMatch(/0$/);
  const found = await record();
  expect(found).toMatchObject({
    exitCode: 0,
    backup: { run: expect.stringMatching(/^\d{8}T\d{6}Z-/) as string, databases: ["db/ledger"], volumes: ["phiward-ledger.kept"] },
  });
  const snapshot = String(Reflect.get(Object(Reflect.get(Object(found), "backup")), "run"));
  expect(await bench.inside("journalctl", "--identifier=phiward-initialize", "--lines=2", "--output=cat")).toContain(
    `the backup ${snapshot} was made, with database db/ledger, volume phiward-ledger.kept\n`,
  );
  for (const what of ["database:ledger", "volume:ledger/kept"])
    await restore(
      second,
      { ...bench.host, name: "web" },
      { what, from: "local", snapshot, who: "alice", why: "a bad migration" },
      { patience: bench.patience },
    );
  expect(await psql("SELECT sum(patient), count(*) FROM visits")).toMatch(/18\|2$/);
  expect(await bench.inside("cat", "/var/lib/docker/volumes/phiward-ledger.kept/_data/seven")).toBe("seven\n");
  // With other data there than the one that was initialized, each step is due again.
  expect(await ids(bench, second)).toContain("services-initialized");
});

/** A webhook on this machine, and what arrives there. */
async function listening(address: string): Promise<{ url: string; heard: Record<string, string>[]; close: () => void }> {
  const heard: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      heard.push(JSON.parse(text) as Record<string, string>); // the alert program's own form
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return { url: `http://${address}:${String(port)}/`, heard, close: () => server.close() };
}

it("whoever is on call hears once of a crash loop, within half a minute of the third restart, and once of a service that does not run", async (context) => {
  const bench = await running(context);
  const { url, heard, close } = await listening(bench.sandbox.adminAddress);
  try {
    const config = withLedger(bench, "CREATE TABLE IF NOT EXISTS visits (patient int)", "touch /data/seven", url);
    await deployServices(bench, config);
    for (const unit of ["ufw", "backup", "jobs"]) await bench.deploy(planOf(config, unit));
    const of = (service: string): readonly string[] =>
      heard.filter(({ unit }) => unit === `service ${service}`).map(({ result }) => result ?? "");
    const looks = (number: number): Promise<string> =>
      bench.inside(
        "sh",
        "-c",
        `for look in $(seq ${String(number)}); do systemctl reset-failed phiward-watch.service; systemctl start phiward-watch.service; done`,
      );
    await looks(1);
    const ends = `name=$(docker ps --format={{.Names}} --filter=label=phiward.service=ledger)
      for end in 1 2 3; do
        kill -9 $(docker inspect --format={{.State.Pid}} $name)
        until [ "$(docker inspect --format='{{.RestartCount}} {{.State.Status}}' $name)" = "$end running" ]; do sleep 0.1; done
      done`;
    await bench.inside("timeout", "300", "sh", "-ec", ends);
    const third = performance.now();
    await waitFor("the alert of the crash loop", () => of("ledger").length > 0);
    const seconds = (performance.now() - third) / 1000;
    console.log(`a crash loop was told ${seconds.toFixed(1)} s after its third restart`);

    await bench.inside("docker", "stop", "--time=1", "cache");
    // The fourth tells of it. What of the crash loop is known is forgotten after fifteen, with those of the timer.
    await looks(5);
    await waitFor("the alert of the service that does not run", () => of("cache").length > 0);
    await bench.inside("docker", "start", "cache");
    const well = "docker inspect --format={{.State.Health.Status}} cache";
    await waitFor("it is healthy", async () => (await bench.inside("sh", "-c", well)).trim() === "healthy");
    await looks(1);
    await waitFor("the alert that it is well", () => of("cache").length > 1);
    expect([of("ledger"), of("cache")]).toEqual([["it ends again and again"], ["it does not run", "it is well again"]]);
    expect(heard.every(({ host }) => host === "web")).toBe(true);
  } finally {
    close();
  }
});
