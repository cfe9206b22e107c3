/** A step of a recovery: the new server keeps out whom and what the other hosts of the stack keep out. */
import type { StackConfig } from "../../../components/config/schema";
import { openStack, type StackOptions } from "../command";
import { actOn } from "../containment/everywhere";
import { OperatorError } from "../errors";
import { type HostAddress, namedHost, resolveHosts, stackOutputs } from "../hosts";
import type { Patience } from "../ssh";
import { vaultOf } from "./checks";
import { askOthers, type KeepOut, lockedAndDeclared, type Said, unionOf } from "./keptOut";

/** What is said where no other host keeps anybody or anything out. */
export const NOBODY_KEPT_OUT = "nobody and nothing is kept out at";

/**
 * Has the new server keep out what others do, as a person with sudo, by the acts of `lock`, `revoke` and `block`; given again it does no
 * harm. What it refuses is said. Throws OperatorError where the vault does not say it, or the new server does not answer.
 */
export async function keepOut(options: StackOptions, host: string, person: string): Promise<string> {
  const open = openStack(options);
  const { config, context } = open;
  const own = namedHost(config, resolveHosts(config, stackOutputs(config, open.stack)).reachable, host, ["application"]);
  const said = await askOthers(open, host);
  requireVault(said, vaultOf(open).name, person);
  const others = said.flatMap((one) =>
    "silent" in one ? [`! ${one.host}: it does not say whom and what it keeps out: ${one.silent}`] : [],
  );
  const { acts, left } = unionOf(said, config, Date.now());
  const lines: string[] = [];
  for (const one of acts) lines.push(...(await kept(own, person, one, context.patience)));
  const found = [...lines, ...left];
  const asked = said.flatMap((one) => ("kept" in one ? [one.host] : [])).join(", ");
  return [...(found.length === 0 ? [`${NOBODY_KEPT_OUT} ${asked}`] : found), ...others].join("\n");
}

/** What is said before anything is changed: until this step the new server admits whom the stack's file declares. */
export async function warnOfLocked(options: StackOptions, host: string): Promise<readonly string[]> {
  const open = openStack(options);
  return lockedAndDeclared(await askOthers(open, host), open.config).map(
    (name) =>
      `${name} is locked on another host, and the stack's file declares them: the new server admits them until the step "keep out"; where you can, take them out of people in the file first`,
  );
}

/** What that step leaves to people: what the new server did not do, and what the former one alone knew. */
export function leftOfKeepOut(host: string, { hosts }: Pick<StackConfig, "hosts">, said: string): readonly string[] {
  const others = hosts.flatMap(({ name }) => (name === host ? [] : [name])).join(", ");
  return [
    ...said.split("\n").flatMap((line) => (line.startsWith("! ") ? [`- ${line.slice(2)}`] : [])),
    `- who was locked, what was blocked and which keys were revoked at ${others} is so here too. What the old server alone kept out (--host ${host}) it alone knew, and nobody believes it: say it again, npx phiward lock PERSON --host ${host}, revoke KEY or block ADDRESS`,
  ];
}

// The vault has what was given without --host, and a recovery asks it for all else; by the word of another host nobody is held up.
function requireVault(said: readonly Said[], vault: string, person: string): void {
  const own = said.find(({ host }) => host === vault);
  if (own === undefined || "silent" in own)
    throw new OperatorError(
      `${vault}: it does not say whom and what it keeps out: ${own?.silent ?? "it was not asked"}; the same command goes on with it`,
      2,
    );
  if (Object.hasOwn(own.kept.people, person))
    throw new OperatorError(`--as: found ${person}, who is locked at ${vault}, allowed: another person with sudo`, 1);
}

async function kept(host: HostAddress, person: string, { act, words }: KeepOut, patience: Patience): Promise<readonly string[]> {
  // It would end the session that asks for it.
  if (act.verb === "lock" && act.what === person) return [`! ${host.name}: not so: ${words}: it is you; a colleague locks you`];
  try {
    const { notDone } = await actOn(host, person, act, patience);
    return [words, ...notDone.map((line) => `! ${host.name}: ${words}, but ${line}`)];
  } catch (error) {
    // What a host refuses now it refuses each time: a network of administrators, the last one with sudo.
    if (error instanceof OperatorError && error.code === 1) return [`! not so: ${words}: ${error.message}`];
    throw error;
  }
}
