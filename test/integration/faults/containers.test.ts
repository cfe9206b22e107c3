/** Containers whose files of the host are removed or replaced. */
import { expect, it, type TestContext } from "vitest";
import type { Bench } from "../bench";
import { answers, bringImages, deployServices, failures, withServices } from "../servicesBench";
import { useBench } from "../useBench";

const STATE = "/var/lib/phiward";
const CONFIGURATION = "/etc/phiward/services";
const useIt = useBench();
let broughtUp = false;

async function running(context: TestContext): Promise<Bench> {
  const bench = useIt(context);
  if (broughtUp) return bench;
  await bringImages(bench);
  await deployServices(bench, withServices(bench));
  broughtUp = true;
  return bench;
}

const ids = async (bench: Bench): Promise<readonly string[]> =>
  (await failures(bench, withServices(bench))).map((result) => String(Reflect.get(Object(result), "id")));

/** When each container was started, by its name without the hash. */
async function starts(bench: Bench): Promise<Readonly<Record<string, string>>> {
  const format = "--format={{.Name}} {{.State.StartedAt}}";
  const told = await bench.inside("sh", "-c", `docker inspect '${format}' $(docker ps --quiet)`);
  return Object.fromEntries(
    told
      .trim()
      .split("\n")
      .map((line): [string, string] => {
        const [, name = "", at = ""] = /^\/([a-z]+)\S* (.*)$/.exec(line) ?? [];
        return [name, at];
      }),
  );
}

it.for([
  ["a password is replaced by rename", `cp -a F F.new; mv F.new F`.replaceAll("F", `${STATE}/services/api/secrets/db-url.1`), ["api"]],
  ["a password is removed", `rm ${STATE}/services/api/secrets/admin-password.1`, ["api"]],
  ["a database's configuration is removed", `rm -r ${CONFIGURATION}/db`, ["db"]],
] as const)("where %s, that container alone is started again, and once", async ([, script, restarted], context) => {
  const bench = await running(context);
  const before = await starts(bench);
  await bench.inside("sh", "-ec", script);
  expect(await ids(bench)).toContain("containers-mounts-current");
  expect(await deployServices(bench, withServices(bench))).toContain("retire");
  const after = await starts(bench);
  expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(restarted);
  expect(await ids(bench)).toEqual([]);
  expect(await deployServices(bench, withServices(bench))).toEqual([]);
});

it("where all of the host's records are lost, the next deploy gives services new passwords, and starts them again with these", async (context) => {
  const bench = await running(context);
  const before = await starts(bench);
  await bench.inside("sh", "-ec", `rm -r ${STATE}`);
  await bench.deployAll();
  await deployServices(bench, withServices(bench));
  const after = await starts(bench);
  expect(
    Object.keys(after)
      .filter((name) => after[name] !== before[name])
      .sort(),
  ).toEqual(["api", "cache", "db"]);
  expect(await ids(bench)).toEqual([]);
  expect(await answers(bench, withServices(bench))).toBe(true);
  expect(await deployServices(bench, withServices(bench))).toEqual([]);
});
