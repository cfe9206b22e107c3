/** A step of a recovery: the new server keeps out whom and what the vault keeps out, and what other hosts say of that is named. */
import { fingerprintOf } from "../../commands/revoke";
import { openStack, type StackOptions } from "../command";
import { actOn } from "../containment/everywhere";
import { OperatorError } from "../errors";
import { type HostAddress, namedHost, resolveHosts, stackOutputs } from "../hosts";
import type { Patience } from "../ssh";
import { vaultOf } from "./checks";
import { askOthers, type KeepOut, lockedAndDeclared, type Said, saidBy, unionOf } from "./keptOut";

/** What is said where no other host keeps anybody or anything out. */
export const NOBODY_KEPT_OUT = "nobody and nothing is kept out at";

/**
 * Has the new server keep out what the vault does, as a person with sudo, by the acts of `lock`, `revoke` and `block`; given again it does
 * no harm. What it refuses is said, and what another host alone keeps out: whoever has root there could keep all others out. Throws
 * OperatorError where the vault does not say it, or the new server does not answer.
 */
export async function keepOut(options: StackOptions, host: string, person: string): Promise<string> {
  const open = openStack(options);
  const { config, context } = open;
  const own = namedHost(config, resolveHosts(config, stackOutputs(config, open.stack)).reachable, host, ["application"]);
  const said = await askOthers(open, host);
  const vault = vaultOf(open).name;
  requireVault(said, vault, person);
  const others = said.flatMap((one) =>
    "silent" in one ? [`! ${one.host}: it does not say whom and what it keeps out: ${one.silent}`] : [],
  );
  const now = Date.now();
  const { acts, left } = unionOf(
    said.filter((one) => one.host === vault),
    config,
    now,
  );
  const lines: string[] = [];
  for (const one of acts) lines.push(...(await kept(own, person, one, context.patience)));
  const known = new Set(acts.map(({ act }) => nameOf(act)));
  const more = unionOf(
    said.filter((one) => one.host !== vault),
    config,
    now,
  ).acts.filter(({ act }) => !known.has(nameOf(act)));
  const found = [...lines, ...left, ...more.map((one) => byHand(host, one))];
  const asked = said.flatMap((one) => ("kept" in one ? [one.host] : [])).join(", ");
  return [...(found.length === 0 ? [`${NOBODY_KEPT_OUT} ${asked}`] : found), ...others].join("\n");
}

/** What is said before anything is changed: until this step the new server admits whom the stack's file declares. */
export async function warnOfLocked(options: StackOptions): Promise<readonly string[]> {
  const open = openStack(options);
  const vault = vaultOf(open);
  return lockedAndDeclared([await saidBy(vault, open.context.patience)], open.config).map(
    (name) =>
      `${name} is locked at ${vault.name}, and the stack's file declares them: the new server admits them until the step "keep out"; where you can, take them out of people in the file first`,
  );
}

/** What that step leaves to people: what the new server did not do, and what the former one alone knew. */
export function leftOfKeepOut(host: string, said: string): readonly string[] {
  return [
    ...said.split("\n").flatMap((line) => (line.startsWith("! ") ? [`- ${line.slice(2)}`] : [])),
    `- who was locked, what was blocked and which keys were revoked at the vault is so here too. What the old server alone kept out (--host ${host}) it alone knew, and nobody believes it: say it again, npx phiward lock PERSON --host ${host}, revoke KEY or block ADDRESS`,
  ];
}

const nameOf = ({ verb, what }: KeepOut["act"]): string => `${verb} ${what}`;

function byHand(host: string, { act, words }: KeepOut): string {
  const what = act.verb === "revoke" ? fingerprintOf(act.what) : act.what;
  return `! ${words}, and not at the vault: if it is to be so here, npx phiward ${act.verb} ${what} --host ${host}`;
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
  try {
    const { notDone } = await actOn(host, person, act, patience);
    return [words, ...notDone.map((line) => `! ${host.name}: ${words}, but ${line}`)];
  } catch (error) {
    // What a host refuses now it refuses each time: a network of administrators, the last one with sudo.
    if (error instanceof OperatorError && error.code === 1) return [`! not so: ${words}: ${error.message}`];
    throw error;
  }
}
