/** Services that are renamed, taken out and put back: no data is left without a word, and what is erased is what was declared. */
import { expect, it, type TestContext } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { REDIS_CLIENT } from "../../../components/containers/databases/redisFiles";
import { containersModel } from "../../../components/containers/model";
import { AUTHORITY_FILE } from "../../../components/containers/names";
import { requireDataDeclared } from "../../../ops/lib/serviceData";
import { execInHost } from "../../../sandbox/machines/exec";
import type { Bench } from "../bench";
import { answers, bringImages, deployServices, failures, HEALTH, imageId, planOf, withServices } from "../servicesBench";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

const useIt = useBench();
const PLACE = "/var/lib/postgresql/data";
let broughtUp = false;

/** The bench's services with one more, which has a volume and a database, under a name of its own. */
function withNotes(bench: Bench, name = "notes", changes: object = {}): StackConfig {
  const { services, ...rest } = withServices(bench);
  const health = { ...HEALTH, command: ["true"] };
  const volumes = [{ name: "kept", path: PLACE }];
  const image = imageId("postgres");
  const notes = { kind: "container", name, image, command: ["sleep", "infinity"], health, uses: ["db"], volumes, ...changes };
  return parseConfig({ ...rest, services: [...services, notes] });
}

const withRemoved = (bench: Bench, ...removed: readonly object[]): StackConfig => parseConfig({ ...withServices(bench), removed });

async function running(context: TestContext): Promise<Bench> {
  const bench = useIt(context);
  if (broughtUp) return bench;
  await bringImages(bench);
  await deployServices(bench, withNotes(bench));
  await sql(bench, "CREATE TABLE kept AS SELECT 42 AS answer", "phiward_notes", "notes");
  await bench.inside("sh", "-c", "echo 42 > /var/lib/docker/volumes/phiward-notes.kept/_data/answer");
  broughtUp = true;
  return bench;
}

async function sql(bench: Bench, text: string, user = "postgres", database = "postgres"): Promise<string> {
  return (await bench.inside("docker", "exec", "db", "psql", "-U", user, "-d", database, "-At", "-c", text)).trim();
}

/** What is there of the service: its volume's content, its databases and its roles. */
async function holdings(bench: Bench): Promise<readonly string[]> {
  const file = await execInHost(bench.host, ["cat", "/var/lib/docker/volumes/phiward-notes.kept/_data/answer"]);
  const databases = await sql(bench, "SELECT datname FROM pg_database WHERE datname ~ '^notes' ORDER BY 1");
  const roles = await sql(bench, "SELECT rolname FROM pg_roles WHERE rolname ~ 'notes' ORDER BY 1");
  return [file.stdout.trim(), databases, roles.replaceAll("\n", " ")];
}

const whole = (bench: Bench): Promise<string> => bench.inside("sh", "-c", "docker ps --all --quiet --no-trunc; docker volume ls --quiet");
const declared = (bench: Bench, config: StackConfig): Promise<void> =>
  requireDataDeclared(config, [bench.host], bench.patience, () => undefined);

it.for([
  ["a service", "memos", {}, /volume phiward-notes\.kept of notes.*database of notes in db/s],
  ["a volume", "notes", { volumes: [{ name: "other", path: PLACE }] }, /volume phiward-notes\.kept of notes/],
  ["a service that no longer uses its database", "notes", { uses: [] }, /database of notes in db/],
] as const)("%s that is renamed or left is refused, and nothing is changed", async ([, name, changes, words], context) => {
  const bench = await running(context);
  const before = await whole(bench);
  const config = withNotes(bench, name, changes);
  await expect(declared(bench, config)).rejects.toThrow(words);
  const answer = await bench.apply(planOf(config, "docker"));
  expect([answer.code, answer.stderr]).toEqual([1, expect.stringMatching(words)]);
  expect(answer.stderr).toContain("removed: [{service: notes, ");
  expect(await whole(bench)).toBe(before);
  await waitFor("every check passes", async () => (await failures(bench, withNotes(bench))).length === 0);
});

const IN_CONTAINER = `cat ${PLACE}/answer`.split(" ");

/** What Redis says to a command of the API's login, whatever the API is called. */
async function redis(bench: Bench, words: string): Promise<string> {
  const login = "(printf 'AUTH api_e1 '; cat /var/lib/phiward/secrets/cache-api.1; printf '\\n%s\\n' \"$1\")";
  return (await bench.inside("sh", "-c", `${login} | docker exec -i cache ${REDIS_CLIENT.join(" ")}`, "sh", words))
    .replace("OK\n", "")
    .trim();
}

/** All services under other names; each uses what it used. */
function withRenamed(bench: Bench): StackConfig {
  const { services, ...rest } = withNotes(bench);
  const names: Readonly<Record<string, string>> = { db: "pg", cache: "sessions", api: "records", notes: "memos" };
  const renamed = (name: string): string => names[name] ?? name;
  const environment = {
    ...{ DB_URL_FILE: "/run/secrets/pg-url", CACHE_URL_FILE: "/run/secrets/sessions-url" },
    ...{ DB_CA_FILE: AUTHORITY_FILE, CACHE_CA_FILE: AUTHORITY_FILE },
  };
  return parseConfig({
    ...rest,
    services: services.map((service) => ({
      ...{ ...service, name: renamed(service.name), formerly: [service.name] },
      ...(service.kind === "container" ? { environment, uses: service.uses.map(renamed) } : {}),
    })),
  });
}

it("services that are renamed keep their data, also where the deploy was cut off, and have it under their first names again", async (context) => {
  const bench = await running(context);
  const renamed = withRenamed(bench);
  const lasting =
    "docker container inspect db cache --format '{{.Id}} {{.State.StartedAt}}'; docker volume ls --quiet; docker network ls --quiet";
  const before = await bench.inside("sh", "-c", lasting);
  await redis(bench, "SET kept 42");
  await declared(bench, renamed);
  for (const unit of ["docker", "secrets", "accounts"]) await bench.deploy(planOf(renamed, unit));
  expect(await failures(bench, renamed)).not.toEqual([]);
  const changes = await deployServices(bench, renamed);
  for (const name of [/^notes-[0-9a-f]{8}$/, /^api-[0-9a-f]{8}$/, /^notes-[0-9a-f]{8} removed$/, /^api-[0-9a-f]{8} removed$/])
    expect(changes).toContainEqual(expect.stringMatching(name));
  expect(await failures(bench, renamed)).toEqual([]);
  expect(await answers(bench, renamed, "records")).toBe(true);
  expect(await deployServices(bench, renamed)).toEqual([]);
  expect(await holdings(bench)).toEqual(["42", "notes", "notes notes_e1 phiward_notes"]);
  expect(await sql(bench, "SELECT answer FROM kept", "phiward_notes", "notes")).toBe("42");
  const memos = containersModel(renamed).services.find(({ called }) => called === "memos");
  expect((await bench.inside("docker", "exec", memos?.name ?? "", ...IN_CONTAINER)).trim()).toBe("42");
  expect(await redis(bench, "GET kept")).toBe("42");
  expect(await bench.inside("sh", "-c", lasting)).toBe(before);
  await deployServices(bench, withNotes(bench));
  expect(await holdings(bench)).toEqual(["42", "notes", "notes notes_e1 phiward_notes"]);
  expect(await failures(bench, withNotes(bench))).toEqual([]);
});

it("a service that is taken out keeps its data where that is declared, and has it again when it is put back", async (context) => {
  const bench = await running(context);
  const kept = withRemoved(bench, { service: "notes", data: "keep" });
  await declared(bench, kept);
  expect(await deployServices(bench, kept)).toContainEqual(expect.stringMatching(/^notes-[0-9a-f]{8} removed$/));
  expect(await holdings(bench)).toEqual(["42", "notes", "notes phiward_notes"]);
  expect(await failures(bench, kept)).toEqual([]);
  expect(await deployServices(bench, kept)).toEqual([]);
  await expect(declared(bench, withServices(bench))).rejects.toThrow(/phiward-notes\.kept/);
  await deployServices(bench, withNotes(bench));
  expect(await sql(bench, "SELECT answer FROM kept", "phiward_notes", "notes")).toBe("42");
  expect(await failures(bench, withNotes(bench))).toEqual([]);
});

it("a service that is erased and put back before anything was done has all of its data", async (context) => {
  const bench = await running(context);
  const erased = withRemoved(bench, { service: "notes", data: "erase", confirm: "notes" });
  for (const unit of ["docker", "secrets", "accounts"]) await bench.deploy(planOf(erased, unit));
  await deployServices(bench, withNotes(bench));
  expect(await holdings(bench)).toEqual(["42", "notes", "notes notes_e1 phiward_notes"]);
  expect(await failures(bench, withNotes(bench))).toEqual([]);
});

it("a service that is erased is gone, also after a deploy that was cut off before its container went", async (context) => {
  const bench = await running(context);
  const erased = withRemoved(bench, { service: "notes", data: "erase", confirm: "notes" });
  await sql(bench, "CREATE DATABASE notes_before_20260102t030405z OWNER notes");
  for (const unit of ["docker", "secrets", "accounts", "retire"]) await bench.deploy(planOf(erased, unit));
  expect(await holdings(bench)).toEqual(["42", "", ""]);
  expect(await deployServices(bench, erased)).toContain("web: what was removed is erased");
  expect(await holdings(bench)).toEqual(["", "", ""]);
  expect((await bench.inside("docker", "volume", "ls", "--quiet", "--filter", "label=phiward.service=notes")).trim()).toBe("");
  expect(await failures(bench, erased)).toEqual([]);
  expect(await deployServices(bench, withServices(bench))).not.toContainEqual(expect.stringContaining("notes"));
  await declared(bench, withServices(bench));
  expect(await failures(bench, withServices(bench))).toEqual([]);
});
