/** How the hosts are, as the vault's monitoring knows it: alerts that are raised, what was not delivered, and a few numbers of each host. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh, type Patience } from "../ssh";
import { hostJson } from "../terminal";

// Alerts, silences and hosts: more than a screen has room for, and fewer than would fill a memory.
const MOST = 1000;
const MOST_CHARACTERS = 1 << 20;
const name = z.string().max(500);
const seconds = z.number().min(0).max(4e9);

const now = z.object({
  /** Seconds since 1970, by the vault's clock. */
  at: seconds,
  vault: name,
  hosts: z.array(name).max(MOST),
  /** What could not be asked: nothing of it is known. */
  missing: z.array(name).max(MOST),
  raised: z
    .array(
      z.object({
        alert: name,
        host: name,
        severity: name,
        since: seconds,
        what: name,
        /** Whose silence keeps it back; empty where it goes to the contacts. */
        silenced: name,
        /** Nobody acknowledged it in the time of its severity. */
        escalated: z.boolean(),
      }),
    )
    .max(MOST),
  /** Messages that failed within an hour, by the way that they were to go. */
  undelivered: z.record(name, z.number()),
  /** Values of each figure, by host. */
  figures: z.record(name, z.record(name, z.number())),
});

/** What the vault's monitoring knows. */
export type Now = z.infer<typeof now>;

/** The same, or why it could not be asked. */
export type Looked = Now | { readonly vault: string; readonly unreachable: string };

/** Asks the vault, as a person with sudo; a vault that does not answer is part of the answer. */
export async function lookedAt(vault: HostAddress, person: string, patience: Patience): Promise<Looked> {
  try {
    return nowOf(await askedOf(vault, person, "now", patience));
  } catch (error) {
    if (error instanceof OperatorError) return { vault: vault.name, unreachable: error.message };
    throw error;
  }
}

/** Reads the vault's answer. Throws OperatorError where it is of another form. */
export function nowOf(text: string): Now {
  return readOf(text, now);
}

/** The vault's page, with the moment at which it was made (seconds since 1970). Throws OperatorError. */
export async function pageOf(
  vault: HostAddress,
  person: string,
  patience: Patience,
): Promise<{ readonly at: number; readonly page: string }> {
  const page = z.object({ at: seconds, page: z.string().max(MOST_CHARACTERS) });
  return readOf(await askedOf(vault, person, "shown", patience), page, ["page"]);
}

async function askedOf(vault: HostAddress, person: string, verb: "now" | "shown", patience: Patience): Promise<string> {
  const command = `sudo -n ${programCommand("monitor", verb).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(vault, person), command, "", patience);
  if (code !== 0) throw refusalOf(vault, { code, stderr });
  return stdout;
}

function readOf<T>(text: string, form: z.ZodType<T>, manyLines: readonly string[] = []): T {
  try {
    return hostJson(text, form, manyLines);
  } catch {
    throw new OperatorError("the vault's monitoring answered in another form; has it this version? npx phiward up brings it", 1);
  }
}
