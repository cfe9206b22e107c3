/** Ways to stay on a host, planted by root: each is found by verify, by its path or name. */
import { expect, it } from "vitest";
import { useBench } from "../useBench";
import { KINDS, planted } from "./tamperings";

const useIt = useBench();

/** What the looks of integrity say now, and the ids of the other checks that fail. */
async function seen(bench: ReturnType<typeof useIt>): Promise<string> {
  const failed = (await bench.verify()).filter(({ status }) => status === "fail");
  return failed.map(({ id, seen: words }) => `${id}\n${words ?? ""}`).join("\n");
}

it("finds nothing on a host that nobody touched, and each of the things that root plants", { timeout: 300_000 }, async (context) => {
  const bench = useIt(context);
  expect(await seen(bench)).toBe("");
  const program = planted();
  await bench.inside("sh", "-c", program.plant);
  const found = await bench.inside("python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "integrity", "report");
  const verified = await seen(bench);
  const missed = KINDS.filter(({ name }) => !found.includes(JSON.stringify(name).slice(1, -1)));
  await bench.inside("sh", "-c", program.remove);
  console.log(`tampering: ${String(KINDS.length)} kinds, ${String(KINDS.length - missed.length)} noticed by name`);
  expect(missed.map(({ name }) => name)).toEqual([]);
  // A verify names the first of them, and says how many there are.
  expect(verified).toContain("integrity-nothing-undeclared");
  expect(await seen(bench)).toBe("");
});
