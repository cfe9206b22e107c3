/**
 * `phiward drill NAME …`: incidents are practised in a sandbox that is made for them on this machine, with the commands that are for them, and gone
 * afterwards. No other host is asked anything: each command is given the sandbox's stack, which has the sandbox's addresses alone.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { cacheRoot } from "../lib/context";
import { OperatorError } from "../lib/errors";
import { attached } from "../lib/process";
import { ROOT } from "../lib/root";
import { print } from "../lib/terminal";
import { attestCommand } from "./attest";

const SANDBOX = "drill";
const STARTER = join(ROOT, "sandbox/start.cjs");

/** Options of `phiward drill`. */
export interface DrillOptions {
  /** The stack whose duty `incident-practised` is attested with what was measured. */
  readonly attest?: string;
  readonly key?: string;
  readonly as?: string;
}

const found = z.array(z.object({ drill: z.string(), note: z.string() }));

/** `phiward drill`: 1 where a part took longer than it may, 2 where the drill could not be done to its end. */
export async function drillCommand(names: readonly string[], options: DrillOptions): Promise<number> {
  if (!existsSync(STARTER))
    throw new OperatorError("found no sandbox in this installation, allowed: a clone of the project, which has one", 2);
  if (existsSync(join(cacheRoot(), "sandboxes", SANDBOX)))
    throw new OperatorError(
      `found a sandbox named ${SANDBOX}, allowed: none, since a drill makes and removes its own; where no other drill goes on: SANDBOX=${SANDBOX} make sandbox-down`,
      2,
    );
  const directory = mkdtempSync(join(tmpdir(), "phiward-drill-"));
  try {
    const file = join(directory, "results.json");
    const code = await attached(["node", STARTER, "drill", SANDBOX, file, ...names], { cwd: ROOT });
    const ended = existsSync(file) ? found.parse(JSON.parse(readFileSync(file, "utf8"))) : [];
    for (const { note } of ended) await onRecord(note, options);
    const left = names.filter((name) => !ended.some(({ drill }) => drill === name));
    if (left.length > 0) throw new OperatorError(`drill ${left.join(", ")}: it did not come to its end, as it says above`, 2);
    return code;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function onRecord(note: string, { attest, key, as }: DrillOptions): Promise<void> {
  if (attest === undefined) {
    print(`\nput it on record, signed by your key:\nnpx phiward attest incident-practised --stack STACK --note ${quoted(note)}`);
    return;
  }
  await attestCommand("incident-practised", {
    stack: attest,
    note,
    ...(key === undefined ? {} : { key }),
    ...(as === undefined ? {} : { as }),
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
