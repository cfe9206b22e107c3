/** Runs the embedded engine on a sandbox, with changes to its configuration from standard input: for tests of refusals. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseConfig } from "../../components/config/faults";
import { stackContext } from "../../ops/lib/context";
import { operate } from "../../ops/lib/operate";
import { readStackFile } from "../../ops/lib/stack";
import { askedBefore, deployEmbedded } from "../../sandbox/deploy";
import { openSandbox } from "../../sandbox/machines/inventory";

operate(async () => {
  const sandbox = openSandbox(process.argv[3] ?? "");
  if (sandbox === undefined) throw new Error("no such sandbox");
  const changes = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(0, "utf8")));
  // A section that is changed to null is taken out.
  const config = Object.fromEntries(
    Object.entries({ ...readStackFile(join(sandbox.dir, "Pulumi.sandbox.yaml")), ...changes }).filter(([, value]) => value !== null),
  );
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const ask = () => askedBefore(parseConfig(config), stackContext("sandbox"), say);
  await deployEmbedded(sandbox, { config, addresses: process.argv.slice(4) }, ask, say);
  return 0;
});
