/**
 * Runs the embedded engine on a sandbox, with changes to its configuration from standard input: `all` runs every command and asks no host
 * before, `changed` what differs, as `make sandbox` does.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseConfig } from "../../components/config/faults";
import { stackContext } from "../../ops/lib/context";
import { operate } from "../../ops/lib/operate";
import { readStackFile } from "../../ops/lib/stack";
import { askedBefore, deployEmbedded } from "../../sandbox/deploy";
import { up } from "../../sandbox/engine/engine";
import { openSandbox } from "../../sandbox/machines/inventory";

// What started it is before them (sandbox/start.cjs).
const [id = "", commands, ...addresses] = process.argv.slice(3);

operate(async () => {
  const sandbox = openSandbox(id);
  if (sandbox === undefined) throw new Error("no such sandbox");
  const changes = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(0, "utf8")));
  // A section that is changed to null is taken out.
  const config = Object.fromEntries(
    Object.entries({ ...readStackFile(join(sandbox.dir, "Pulumi.sandbox.yaml")), ...changes }).filter(([, value]) => value !== null),
  );
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const place = { config, addresses };
  if (commands === "all") await up({ ...place, stack: "sandbox", identity: sandbox.keyFile, progress: say });
  else await deployEmbedded(sandbox, place, () => askedBefore(parseConfig(config), stackContext("sandbox"), say), say);
  return 0;
});
