/** Hosts that run what Pulumi's state does not have, since that was lost or is an older one: containers go on, or are taken over. */
import { expect, it } from "vitest";
import { containersModel } from "../../../components/containers/model";
import { repairDocker } from "../../../ops/commands/up";
import { dockerObjects } from "../../../ops/lib/containers";
import { stackState } from "../../../ops/lib/stackState";
import type { Bench } from "../bench";
import { evidenceTests } from "../hostEvidence";
import { answers, deployServices, failures, runningServices, startsOf, withServices } from "../servicesBench";
import { useBench } from "../useBench";

const running = runningServices(useBench());

/** What `up` does before Pulumi, where Pulumi's state of the host `web` is `exported`. */
async function beforePulumi(bench: Bench, exported: object, takeOver: boolean): Promise<unknown> {
  // Stands for the Pulumi CLI, which reads and replaces the state.
  const state = stackState((words) => (words[1] === "export" ? JSON.stringify(exported) : ""));
  return repairDocker(withServices(bench), { patience: bench.patience }, [bench.host], state, takeOver);
}

it.for([
  ["was lost", [], ["api", "cache", "db"]],
  ["is of before a service was made", ["db", "cache"], ["api"]],
] as const)("where Pulumi's state %s, what it lacks is named, and taken over with its data on demand", async ([, knows, made], context) => {
  const bench = await running(context);
  const config = withServices(bench);
  const sql = (text: string): Promise<string> => bench.inside("docker", "exec", "db", "psql", "-U", "postgres", "-At", "-c", text);
  await sql("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer");
  const objects = (await dockerObjects(bench.host, bench.patience)) ?? [];
  const resources = objects
    .filter(({ service, kind }) => kind === "Network" || knows.some((name) => name === service))
    .map(({ kind, id, name }) => ({
      urn: `urn:pulumi:prod::phiward::docker:index/${kind.toLowerCase()}:${kind}::web-${name}`,
      ...{
        type: `docker:index/${kind.toLowerCase()}:${kind}`,
        id,
        provider: "urn:pulumi:prod::phiward::pulumi:providers:docker::web-engine::1",
      },
    }))
    .filter(({ type }) => knows.length > 0 || !type.endsWith("Network"));
  const exported = { version: 3, deployment: { manifest: {}, resources } };
  const before = await startsOf(bench);
  const api = containersModel(config).services[0]?.name ?? "";
  await expect(beforePulumi(bench, exported, false)).rejects.toThrow(
    new RegExp(`^web: it runs what Pulumi's state does not have: .*${api}.*\nNothing was changed\\..*npx phiward up --take-over`),
  );
  expect(await startsOf(bench)).toEqual(before);
  await beforePulumi(bench, exported, true);
  expect(
    (await deployServices(bench, config))
      .filter((name) => /^(?:api-.*|db|cache)$/.test(name))
      .map((name) => name.split("-")[0])
      .sort(),
  ).toEqual(made);
  const after = await startsOf(bench);
  expect(
    Object.keys(after)
      .filter((name) => after[name] !== before[name])
      .sort(),
  ).toEqual(made);
  expect([(await sql("SELECT answer FROM kept")).trim(), await answers(bench, config), await failures(bench, config)]).toEqual([
    "42",
    true,
    [],
  ]);
});

// These hosts have services, and take the shortest time.
evidenceTests(running);
