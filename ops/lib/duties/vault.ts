/** The vault's copy of the record of duties (components/host/phiward_host/duties): it takes what goes on from what it has. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import type { OpenStack } from "../command";
import { OperatorError } from "../errors";
import { type HostAddress, resolveHosts, stackOutputs } from "../hosts";
import { personTarget } from "../person";
import { withProgress } from "../progress";
import { overSsh } from "../ssh";
import { hostJson } from "../terminal";

const KEEP = `exec sudo -n ${programCommand("duties", "keep").join(" ")}`;
// As cli.main of the host's programs has it: it refused, in a sentence of its own.
const REFUSED = 1;
const taken = z.object({ new: z.int().nonnegative() });

/** What a vault said of a record: how many lines were new there, that it refused it, or that it was not asked. */
export type Sent =
  | { readonly vault: string; readonly kind: "kept"; readonly lines: number }
  | { readonly vault: string; readonly kind: "refused" | "unasked"; readonly why: string };

/** Sends a record to every vault of the stack, as a person who has sudo there. Never throws OperatorError. */
export function sendRecord(open: OpenStack, person: string, text: string): Promise<readonly Sent[]> {
  const vaults = open.config.hosts.filter(({ role }) => role === "vault").map(({ name }) => name);
  if (vaults.length === 0) return Promise.resolve([]);
  return withProgress("sending the record to the vault", async () => {
    const found = addresses(open);
    return Promise.all(
      vaults.map((vault): Promise<Sent> => {
        const host = typeof found === "string" ? undefined : found.find(({ name }) => name === vault);
        const why = typeof found === "string" ? found : "it was never deployed";
        return host === undefined ? Promise.resolve({ vault, kind: "unasked", why }) : sentTo(open, host, person, text);
      }),
    );
  });
}

/** Whether the person may send: the vault keeps what those bring who may become root there. */
export function maySend({ config }: Pick<OpenStack, "config">, person: string): boolean {
  return config.people.some(({ name, sudo }) => name === person && sudo);
}

function addresses({ config, stack }: OpenStack): readonly HostAddress[] | string {
  try {
    return resolveHosts(config, stackOutputs(config, stack)).reachable;
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
}

async function sentTo({ context }: OpenStack, host: HostAddress, person: string, text: string): Promise<Sent> {
  const vault = host.name;
  try {
    // It is sent again with the next one: nobody waits a minute for a vault that is away.
    const patience = { ...context.patience, retries: 1 };
    const { code, stdout, stderr } = await overSsh(personTarget(host, person), KEEP, text, patience);
    if (code === 0) return keptOf(vault, stdout);
    const why = stderr.trim().replace(/^phiward: /, "");
    return { vault, kind: code === REFUSED && stderr.startsWith("phiward: ") ? "refused" : "unasked", why };
  } catch (error) {
    if (error instanceof OperatorError) return { vault, kind: "unasked", why: error.message };
    throw error;
  }
}

function keptOf(vault: string, stdout: string): Sent {
  try {
    return { vault, kind: "kept", lines: hostJson(stdout, taken).new };
  } catch {
    return { vault, kind: "unasked", why: "found another answer than of the program of duties; deploy first: npx phiward up" };
  }
}
