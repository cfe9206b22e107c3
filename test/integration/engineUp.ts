/** Runs the embedded engine on a sandbox, with changes to its configuration from standard input: for tests of refusals. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { operate } from "../../ops/lib/operate";
import { readStackFile } from "../../ops/lib/stack";
import { up } from "../../sandbox/engine/engine";
import { openSandbox } from "../../sandbox/machines/inventory";

operate(async () => {
  const sandbox = openSandbox(process.argv[2] ?? "");
  if (sandbox === undefined) throw new Error("no such sandbox");
  const changes = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(0, "utf8")));
  // A section that is changed to null is taken out.
  const config = Object.fromEntries(
    Object.entries({ ...readStackFile(join(sandbox.dir, "Pulumi.sandbox.yaml")), ...changes }).filter(([, value]) => value !== null),
  );
  await up({
    stack: "sandbox",
    config,
    addresses: process.argv.slice(3),
    identity: sandbox.keyFile,
    progress: (line) => process.stdout.write(`${line}\n`),
  });
  return 0;
});
