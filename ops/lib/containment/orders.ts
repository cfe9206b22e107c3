/** Orders for a host whose SSH does not answer: signed by the person who gives them, left at the vault, carried out by the host. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { lastingName } from "../../../components/config/names";
import { programCommand } from "../../../components/plan/programs";
import { ORDER_NAMESPACE } from "../../../components/system/containment/settings";
import type { ResolvedStack } from "../command";
import { dutySigner } from "../duties/signatures";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh } from "../ssh";
import { hostJson } from "../terminal";

/** What is ordered. */
export type Ordered = "isolate" | "unisolate";

/** How an order went: when the host did it, by its own record at the vault; null where that has not arrived yet. */
export interface OrderAnswer {
  readonly left: string;
  readonly done: string | null;
}

// An order counts for an hour: who waits longer gives another one.
const VALID_MS = 3_600_000;
// The host asks each minute, and its record has to come back.
const WAIT_MS = 150_000;
const ASK_EVERY_MS = 3000;

const carried = z.object({ what: z.string(), at: z.number() }).nullable();

/** The text of an order: each line is what is shown of it, and nothing else (isolation/orders.py). */
export function orderText(what: Ordered, host: string, hostKey: string, who: string, why: string, at: Date, nonce: string): string {
  const lines = {
    host,
    "host key": hostKey.split(" ").slice(0, 2).join(" "),
    what,
    why,
    who,
    at: at.toISOString(),
    until: new Date(at.getTime() + VALID_MS).toISOString(),
    nonce,
  };
  return ["An order to a host\n", ...Object.entries(lines).map(([name, value]) => `${name}: ${value}\n`)].join("");
}

/** Signs an order, leaves it at the vault as the person, and waits until the host has done it. Throws OperatorError. */
export async function orderByVault(
  { config, hosts, context: { patience } }: ResolvedStack,
  host: HostAddress,
  what: Ordered,
  by: { readonly person: string; readonly why: string; readonly key: string | undefined },
  say: (line: string) => void,
): Promise<OrderAnswer> {
  const own = config.hosts.find(({ name }) => name === host.name);
  const vault = hosts.find(({ name }) => name === config.backup?.offsite);
  if (own?.role !== "application" || vault === undefined)
    throw new OperatorError("--by-vault: found a host that has no vault, allowed: one that brings its backups to a vault of the stack", 2);
  const signer = dutySigner({ people: config.people.filter(({ sudo }) => sudo) }, by.key, by.person, ORDER_NAMESPACE);
  const at = new Date();
  const name = lastingName(own);
  const text = orderText(what, name, host.hostKey, by.person, by.why, at, randomBytes(16).toString("hex"));
  const ask = async (input: string, ...words: readonly string[]): Promise<string> => {
    const command = `exec sudo -n ${programCommand("isolation", ...words).join(" ")}`;
    const { code, stdout, stderr } = await overSsh(personTarget(vault, by.person), command, input, patience);
    if (code !== 0) throw refusalOf(vault, { code, stderr });
    return stdout;
  };
  await ask(JSON.stringify({ text, signature: signer.sign(text) }), "leave", name);
  say(`${vault.name}: the order is left; ${host.name} asks for it within a minute`);
  for (const limit = Date.now() + WAIT_MS; Date.now() < limit; ) {
    const done = hostJson(await ask("", "carried", name), carried);
    if (done?.what === what && done.at * 1000 >= at.getTime())
      return { left: at.toISOString(), done: new Date(done.at * 1000).toISOString() };
    await sleep(ASK_EVERY_MS);
  }
  return { left: at.toISOString(), done: null };
}
