/** The seals of a host's journal: its encrypted verification keys, and what another machine finds by them. */
import type { Readable } from "node:stream";
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import { refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { start } from "../process";
import { overSsh, type Patience, sshArgv } from "../ssh";
import { hostJson, quotedLines, warn } from "../terminal";

const NAME = /^\d{8}T\d{6}-[0-9a-f]{16}(\.[0-9a-f]{16})?$/;
const SECOND = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const kept = z.object({ host: z.string(), name: z.string().regex(NAME), at: z.int(), text: z.string() });
// `untried`: so many keys more could be those of a broken file, and were left out.
const times = { file: z.string(), head: z.number(), tail: z.number(), untried: z.int().positive().optional() };
const seal = z.discriminatedUnion("verdict", [
  z.object({ ...times, verdict: z.literal("whole"), key: z.string(), sealedFrom: SECOND, sealedTo: SECOND, unsealedFor: z.string() }),
  z.object({ ...times, verdict: z.literal("unsealed") }),
  z.object({ ...times, verdict: z.literal("broken") }),
]);

/** A verification key, encrypted as `text` is. `at`: since when it is where it is kept, in seconds since 1970. */
export type KeptKey = z.infer<typeof kept>;

/** What the seal of a file shows. `head`, `tail`: when its first and last record were written, by its own word, in seconds since 1970. */
export type Seal = z.infer<typeof seal>;

/** A verification key, which makes seals as well: it is in memory, and is sent to the machine that looks. */
export interface OpenedKey {
  readonly name: string;
  readonly at: number;
  readonly key: string;
}

/** The encrypted verification keys that a machine keeps. */
export async function listKeys(keeper: HostAddress, person: string, patience: Patience): Promise<readonly KeptKey[]> {
  const { code, stdout, stderr } = await overSsh(personTarget(keeper, person), sealing(["list"]), "", patience);
  if (code !== 0) throw refusalOf(keeper, { code, stderr });
  return hostJson(stdout, z.array(kept), ["text"]);
}

/** Who gives the files, who looks at them, as whom, and which times it is about. */
export interface Look {
  readonly of: HostAddress;
  readonly on: HostAddress;
  readonly person: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * Has one machine look at the journal files of another: they go from here to there as they come, and are on no disk on the way. Throws
 * OperatorError where either does not do its part.
 */
export async function lookAtSeals(look: Look, keys: readonly OpenedKey[], patience: Patience): Promise<readonly Seal[]> {
  const { of, on, person, from, to } = look;
  const seconds = [Math.floor(from.getTime() / 1000), Math.ceil(to.getTime() / 1000)].map(String);
  const giver = start([...sshArgv(personTarget(of, person), patience), sealing(["hand", ...seconds])], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const looker = start([...sshArgv(personTarget(on, person), patience), sealing(["judge"])], { stdio: "pipe" });
  // It may end without reading all of it, having refused; its answer says why.
  looker.stdin.on("error", () => giver.kill());
  looker.stdin.write(`${JSON.stringify({ keys })}\n`);
  giver.stdout.pipe(looker.stdin);
  const [given, said, looked, answer, complaint] = await Promise.all([
    ended(giver),
    gathered(giver.stderr),
    ended(looker),
    gathered(looker.stdout),
    gathered(looker.stderr),
  ]);
  // What was cut off there is refused here: the cause comes first.
  if (given !== 0 && (looked === 0 || said !== "")) throw refusalOf(of, { code: given, stderr: quotedLines(said) });
  if (looked !== 0) throw refusalOf(on, { code: looked, stderr: quotedLines(complaint) });
  if (said.includes(NOT_CLOSED)) warn(`${of.name}: ${NOT_CLOSED}, since there are too many: what is in it is not looked at`);
  return hostJson(answer, z.array(seal));
}

/** What sealing/handing.py says beside the archive. */
export const NOT_CLOSED = "the newest file was not closed for this look";

function sealing(words: readonly string[]): string {
  return `exec sudo -n ${programCommand("sealing", ...words).join(" ")}`;
}

function ended(child: ReturnType<typeof start>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => {
      resolve(code ?? 255);
    });
  });
}

const MOST_ANSWERED = 4 * 1024 * 1024;

async function gathered(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= MOST_ANSWERED) parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
