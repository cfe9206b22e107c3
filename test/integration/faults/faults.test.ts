/** What is lost, damaged, hung or held on a host: it is named, fails verify, and the next deploy mends it without hand work. */
import { expect, it } from "vitest";
import { execInHost } from "../../../sandbox/machines/exec";
import type { Bench } from "../bench";
import { deployServices, failures, planOf, runningServices, withServices } from "../servicesBench";
import { useBench } from "../useBench";

const STATE = "/var/lib/phiward";
const useIt = useBench();
const running = runningServices(useIt);

const read = (bench: Bench, path: string): Promise<string> => bench.inside("cat", path);
const containers = (bench: Bench): Promise<string> => bench.inside("docker", "ps", "--quiet", "--no-trunc");

/** The checks that fail, of the system's units and of the services'. */
async function failing(bench: Bench): Promise<readonly string[]> {
  // The bench's own configuration has no services, so that by it each container is one that nobody declared.
  const system = (await bench.verify()).filter(({ unit, status }) => unit !== "integrity" && status === "fail").map(({ id }) => id);
  return [...system, ...(await failures(bench, withServices(bench))).map((result) => String(Reflect.get(Object(result), "id")))];
}

it.for([
  ["is gone", ["rm", `${STATE}/secrets/db-api.1`]],
  ["is empty", ["truncate", "--size=0", `${STATE}/secrets/db-api.1`]],
  ["is cut", ["truncate", "--size=20", `${STATE}/secrets/db-api.1`]],
  ["has another value", ["cp", `${STATE}/secrets/cache-api.1`, `${STATE}/secrets/db-api.1`]],
] as const)("a service's password that %s is taken back from the file of the service", async ([, argv], context) => {
  const bench = await running(context);
  const before = [await read(bench, `${STATE}/secrets/db-api.1`), await containers(bench)];
  await bench.inside(...argv);
  expect(await failing(bench)).toContain("secret-db-api-kept");
  expect(await deployServices(bench, withServices(bench))).toEqual(["secrets"]);
  expect([await read(bench, `${STATE}/secrets/db-api.1`), await containers(bench)]).toEqual(before);
  expect(await failing(bench)).toEqual([]);
});

it("a service's password that is nowhere is named, and no other takes its place", async (context) => {
  const bench = await running(context);
  const places = [`${STATE}/secrets/db-api.1`, `${STATE}/services/api/secrets/db-url.1.tls`];
  for (const place of places) await bench.inside("mv", place, `/root/${place.replaceAll("/", "_")}`);
  const answer = await bench.apply(planOf(withServices(bench), "secrets"));
  expect([answer.code, answer.stderr]).toEqual([1, expect.stringMatching(/secret db-api\.1: \S+\/secrets\/db-api\.1 is missing/)]);
  expect((await execInHost(bench.host, ["test", "-e", places[0] ?? ""])).code).toBe(1);
  for (const place of places) await bench.inside("mv", `/root/${place.replaceAll("/", "_")}`, place);
  expect(await failing(bench)).toEqual([]);
});

it("the password of the host's own user in Redis is made anew, and put to use", async (context) => {
  const bench = await running(context);
  await bench.inside("rm", `${STATE}/secrets/cache-redis.1`);
  expect(await failing(bench)).toContain("secret-cache-redis-kept");
  expect(await deployServices(bench, withServices(bench))).toEqual(["secrets", "accounts"]);
  expect(await failing(bench)).toEqual([]);
});

it("an earlier copy of the break-glass password's record is noticed, and a new password escrowed", async (context) => {
  const bench = await running(context);
  const copy = ["cp", "--archive", `${STATE}/escrow`, "/root/escrow"];
  await bench.inside(...copy);
  await bench.inside("sh", "-c", "echo breakglass:Another1Password2Of3Long4Length | chpasswd");
  expect(await failing(bench)).toContain("people-break-glass-opens");
  expect((await bench.deploy(bench.plan("people"))).changed).toContain("secret breakglass-password");
  expect(await failing(bench)).not.toContain("people-break-glass-opens");
  await bench.inside("cp", "--archive", "--no-target-directory", "/root/escrow", `${STATE}/escrow`);
  expect(await failing(bench)).toContain("people-break-glass-opens");
  await bench.deploy(bench.plan("people"));
  expect(await failing(bench)).toEqual([]);
});

it.for([
  ["empty", ""],
  ["cut", '{"hash": "3'],
] as const)("records of a concern that are %s are kept aside, and it is applied again", async ([, text], context) => {
  const bench = await running(context);
  const unit = `${STATE}/units/baseline`;
  await bench.inside("mkdir", "--parents", `${unit}/transaction`);
  for (const path of ["generation.json", "transaction/manifest.json"])
    await bench.inside("sh", "-c", `printf '%s' '${text}' > ${unit}/${path}`);
  expect(await failing(bench)).toContain("baseline-generation");
  await execInHost(bench.host, ["systemctl", "start", "phiward-recover@baseline.service"]);
  const shown = await bench.inside("systemctl", "show", "--property=NRestarts,ActiveState", "phiward-recover@baseline.service");
  expect(shown.trim().split("\n").sort()).toEqual(["ActiveState=failed", "NRestarts=0"]);
  await bench.inside("systemctl", "reset-failed", "phiward-recover@baseline.service");
  const said = await bench.inside("journalctl", "--unit=phiward-recover@baseline.service", "--output=cat", "--no-pager");
  expect(said).toContain("transaction/manifest.json was damaged");
  await bench.deploy(bench.plan("baseline"));
  expect(await failing(bench)).toEqual([]);
});

it("a Docker that hangs is asked once, and verify ends", async (context) => {
  const bench = await running(context);
  await bench.inside("sh", "-c", "kill -STOP $(pidof dockerd)");
  const start = performance.now();
  const found = await failures(bench, withServices(bench)).finally(() => bench.inside("sh", "-c", "kill -CONT $(pidof dockerd)"));
  expect((performance.now() - start) / 1000).toBeLessThan(240);
  expect(JSON.stringify(found)).toContain("Docker did not answer");
  expect(await failing(bench)).toEqual([]);
});

it("a /tmp and a /var/tmp that are full stop no program in a container, and so no health check and no database", async (context) => {
  const bench = await running(context);
  for (const path of ["/tmp", "/var/tmp"]) {
    await bench.inside("mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "tmpfs", path);
    await bench.inside("sh", "-c", `printf %5000s > ${path}/full || true`);
  }
  const answer = await execInHost(bench.host, ["docker", "exec", "db", "pg_isready", "--quiet", "--host=127.0.0.1"]);
  const found = await failing(bench).finally(() => bench.inside("umount", "/tmp", "/var/tmp"));
  expect(found).toEqual([]);
  expect([answer.code, answer.stderr]).toEqual([0, ""]);
});

it("a service that was stopped and disabled is started, and waited for", async (context) => {
  const bench = await running(context);
  await bench.inside("systemctl", "disable", "--now", "fail2ban.service");
  expect(await failing(bench)).not.toEqual([]);
  await bench.deploy(bench.plan("fail2ban"));
  expect(await failing(bench)).toEqual([]);
});

it("records in whose place something else is are kept aside by the deploy that meets them", async (context) => {
  const bench = await running(context);
  const before = [await read(bench, `${STATE}/secrets/db-api.1`), await containers(bench)];
  const directories = ["units/fail2ban/generation.json", "fingerprints/db-api.1.sha256", "trials/db", "log/fail2ban.log"];
  for (const path of directories) await bench.inside("sh", "-c", `cd ${STATE} && rm -f ${path} && mkdir --parents ${path}`);
  await bench.inside("sh", "-c", `cd ${STATE} && echo '[7]' > people.json && truncate --size=10 container-users.json`);
  expect(await failing(bench)).toEqual(expect.arrayContaining(["fail2ban-generation", "secret-db-api-kept"]));
  for (const unit of ["people", "fail2ban"]) await bench.deploy(bench.plan(unit));
  await deployServices(bench, withServices(bench));
  expect([await read(bench, `${STATE}/secrets/db-api.1`), await containers(bench)]).toEqual(before);
  expect(await failing(bench)).toEqual([]);
});

it("a package that an interrupted dpkg left is finished, once another program has let go of the packages", async (context) => {
  const bench = useIt(context);
  const halfDone = "/^Package: kmod$/,/^$/s/^Status: install ok installed/Status: install ok unpacked/";
  await bench.inside("sed", "-i", halfDone, "/var/lib/dpkg/status");
  const hold = "held = [open(f'/var/lib/dpkg/{name}', 'w') for name in ('lock', 'lock-frontend')]";
  const script = `import fcntl, time; ${hold}; [fcntl.lockf(file, fcntl.LOCK_EX) for file in held]; time.sleep(8)`;
  await bench.inside("systemd-run", "--collect", "--quiet", "--unit=holds-packages", "/usr/bin/python3", "-c", script);
  await bench.deploy(bench.plan("baseline"));
  expect(await bench.inside("dpkg-query", "--show", "--showformat=${db:Status-Status}", "kmod")).toBe("installed");
});
