/** The vault's copy of the record of incidents (components/host/phiward_host/incidents), which several people write to from their machines. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import type { OpenStack } from "../command";
import { OperatorError } from "../errors";
import { type HostAddress, resolveHosts, stackOutputs } from "../hosts";
import { personTarget } from "../person";
import { overSsh } from "../ssh";
import { hostJson } from "../terminal";

// As cli.main of the host's programs has it: it refused, in a sentence of its own.
const REFUSED = 1;
const taken = z.object({ new: z.int().nonnegative() });

/** A vault, or why it cannot be asked. */
export type Vault = { readonly name: string; readonly host: HostAddress } | { readonly name: string; readonly why: string };

/** The vaults of a stack. */
export function vaultsOf({ config, stack }: OpenStack): readonly Vault[] {
  const names = config.hosts.filter(({ role }) => role === "vault").map(({ name }) => name);
  if (names.length === 0) return [];
  try {
    const { reachable } = resolveHosts(config, stackOutputs(config, stack));
    return names.map((name) => {
      const host = reachable.find((one) => one.name === name);
      return host === undefined ? { name, why: "it was never deployed" } : { name, host };
    });
  } catch (error) {
    if (error instanceof OperatorError) return names.map((name) => ({ name, why: error.message }));
    throw error;
  }
}

/** The text of a vault's record; where it cannot be asked, why. Never throws OperatorError. */
export async function fetched(
  open: OpenStack,
  vault: Vault,
  person: string,
): Promise<{ readonly text: string } | { readonly why: string }> {
  const answer = await asked(open, vault, person, "show", "");
  return "why" in answer ? { why: answer.why } : { text: answer.stdout };
}

/** Gives a vault lines. Throws OperatorError where it refused them, with its own sentence; returns why it could not be asked. */
export async function kept(open: OpenStack, vault: Vault, person: string, text: string): Promise<{ readonly why?: string }> {
  const answer = await asked(open, vault, person, "keep", text);
  if ("why" in answer) {
    if (answer.refused) throw new OperatorError(`${vault.name}: ${answer.why}`, 1);
    return { why: answer.why };
  }
  try {
    hostJson(answer.stdout, taken);
    return {};
  } catch {
    return { why: "found another answer than of the program of incidents; deploy first: npx phiward up" };
  }
}

type Answer = { readonly stdout: string } | { readonly why: string; readonly refused: boolean };

async function asked(open: OpenStack, vault: Vault, person: string, verb: "show" | "keep", text: string): Promise<Answer> {
  if ("why" in vault) return { why: vault.why, refused: false };
  const command = `exec sudo -n ${programCommand("incidents", verb).join(" ")}`;
  try {
    // Nobody waits a minute for a vault that is away, in an incident least of all.
    const patience = { ...open.context.patience, retries: 1 };
    const { code, stdout, stderr } = await overSsh(personTarget(vault.host, person), command, text, patience);
    if (code === 0) return { stdout };
    const refused = code === REFUSED && stderr.startsWith("phiward: ");
    return { why: stderr.trim().replace(/^phiward: /, "") || `it ended with ${String(code)}`, refused };
  } catch (error) {
    if (error instanceof OperatorError) return { why: error.message, refused: false };
    throw error;
  }
}
