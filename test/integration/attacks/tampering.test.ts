/**
 * Ways to stay on a host, planted by root: each is found at once and by the daily look, by its path or name, and is repaired by a deploy
 * or ended by the command that is named for it.
 */
import { describe, expect, it } from "vitest";
import { hostPlans } from "../../../components/registry";
import { askHosts } from "../../../ops/lib/askHosts";
import { askDrift, type DriftFinding } from "../../../ops/lib/drift";

import type { Bench } from "../bench";
import { useBench } from "../useBench";
import { KINDS, planted, type Tampering } from "./tamperings";

type By = DriftFinding["remedy"]["by"] | "up, at once";

/** What the looks of integrity say now, and the ids of the other checks that fail. */
async function seen(bench: Bench): Promise<string> {
  const failed = (await bench.verify()).filter(({ status }) => status === "fail");
  return failed.map(({ id, seen: words }) => `${id}\n${words ?? ""}`).join("\n");
}

/** As `npx phiward drift` asks. */
async function found(bench: Bench): Promise<readonly DriftFinding[]> {
  const [host] = bench.config.hosts;
  if (host?.kind !== "existing") throw new Error("the configuration has no host");
  return (await askDrift(host, "alice", bench.patience)).found;
}

function of({ name }: Tampering, findings: readonly DriftFinding[]): readonly DriftFinding[] {
  return findings.filter(({ path }) => path === name || path.startsWith(`${name} `));
}

/** Runs what the findings name, as their reader would: first what removes, since a planted setting of apt is in the way of a package. */
async function endAll(bench: Bench, findings: readonly DriftFinding[]): Promise<void> {
  const commands = [...new Set(findings.flatMap(({ remedy: { by, command } }) => (by === "host" ? [command] : [])))];
  const [packages, others] = [
    commands.filter((command) => command.startsWith("apt-get")),
    commands.filter((command) => !command.startsWith("apt-get")),
  ];
  for (const command of [...others, ...packages]) await bench.inside("sh", "-c", command);
}

/** As `up` does: applies again what the hosts say is not as declared. */
async function deployStale(bench: Bench): Promise<readonly string[]> {
  const { stale } = await askHosts(bench.config, { file: "", patience: bench.patience, outside: [], scanRate: 30_000 });
  const units = new Set(stale.map(({ unit }) => unit));
  for (const plan of hostPlans(bench.config, bench.host.name)) if (units.has(plan.unit)) await bench.deploy(plan);
  return [...units];
}

describe("what root plants on a host", () => {
  const useIt = useBench();
  const program = planted();
  let atOnce: readonly DriftFinding[] = [];

  it("is nothing on one that nobody touched, and each kind is found at once", async (context) => {
    const bench = useIt(context);
    expect(await seen(bench)).toBe("");
    expect(await found(bench)).toEqual([]);
    await bench.inside("sh", "-c", program.plant);
    atOnce = await found(bench);
    expect(KINDS.filter((kind) => of(kind, atOnce).length === 0).map(({ name }) => name)).toEqual([]);
    // A verify names the first of them, and says how many there are.
    expect(await seen(bench)).toContain("integrity-nothing-undeclared");
  });

  it("is found by the timer's own service, which fails, and says in the journal what and at which cost", async (context) => {
    const bench = useIt(context);
    const since = (await bench.inside("date", "+@%s")).trim();
    await bench.inside("sh", "-c", "systemctl start phiward-integrity.service; test $? = 1");
    const journal = await bench.journal("--unit=phiward-integrity.service", `--since=${since}`, "--output=cat");
    expect(KINDS.filter(({ name }) => !journal.includes(`: ${name}`)).map(({ name }) => name)).toEqual([]);
    expect(journal).toMatch(/^\d+ found, by [\d.]+ seconds of processor time$/m);
    console.log(`the daily look: ${/^.* found, by.*$/m.exec(journal)?.[0] ?? ""}`);
    expect(await bench.inside("python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "integrity", "last")).toContain(KINDS[0]?.name);
  });

  it("is repaired by a deploy where it is ours, and else ended by the command that is named", async (context) => {
    const bench = useIt(context);
    const units = await deployStale(bench);
    const left = await found(bench);
    const by = (kind: Tampering): By => of(kind, left)[0]?.remedy.by ?? "up, at once";
    const table = KINDS.map((kind) => ({ kind: of(kind, atOnce)[0]?.kind ?? "", name: kind.name, by: by(kind) }));
    // A deploy leaves nothing to a further one.
    expect(table.filter((row) => row.by === "up")).toEqual([]);
    await endAll(bench, left);
    const looked = KINDS.filter((kind) => by(kind) === "look");
    for (const { remove } of looked) await bench.inside("sh", "-c", remove);
    console.log(`tampering: ${String(KINDS.length)} kinds; applied again: ${units.join(", ")}\n${rows(table)}`);
    // Its record of failed checks is from before.
    await bench.inside("sh", "-c", "systemctl start phiward-integrity.service || test $? = 1");
    expect(await found(bench)).toEqual([]);
    expect(await seen(bench)).toBe("");
  });
});

function rows(table: readonly { readonly kind: string; readonly name: string; readonly by: By }[]): string {
  const WORDS: Readonly<Record<By, string>> = {
    "up, at once": "repaired by up",
    up: "left to up",
    host: "named, with what removes it",
    look: "named, to be decided about",
  };
  const lines = table.map(({ kind, name, by }) => `${name.padEnd(74)} ${kind.padEnd(46)} ${WORDS[by]}`);
  const counts = Object.entries(WORDS).map(([by, words]) => `${words} ${String(table.filter((row) => row.by === by).length)}`);
  return [...lines, counts.join(", ")].join("\n");
}
