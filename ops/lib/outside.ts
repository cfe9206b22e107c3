/** What an outsider sees of a host: its open ports, its SSH algorithms, its host key and its sites. */

import { hostDuties, isClosed } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { stackModel } from "../../components/containers/model";
import { nginxSettings } from "../../components/edge/nginx/settings";
import { SSH_PORT } from "../../components/plan/places";
import { CIPHERS, HOST_KEY_ALGORITHMS, KEY_EXCHANGES, MACS } from "../../components/system/ssh/algorithms";
import type { StackContext } from "./context";
import { aboutHost, type OutsideHostCheck, type OutsideResult } from "./outsideControls";
import { siteChecks } from "./outsideTls";
import { type Argv, type Prefix, through } from "./programs";
import { tool } from "./tool";

/** Probes one host from outside the admin networks, where the context has such a place; else from here. */
export async function outsideChecks(
  config: StackConfig,
  host: { name: string; address: string; hostKey: string },
  context: StackContext,
): Promise<readonly OutsideResult[]> {
  const sites = hostDuties(config, host.name).sites && !isClosed(config, host.name) ? nginxSettings(stackModel(config)).sites : [];
  const [ports, ssh, ...tls] = await Promise.all([
    portCheck(config, host, context),
    sshChecks(host, context.outside),
    ...sites.map((site) => siteChecks(site, host.address, context.outside)),
  ]);
  return [ports, ...ssh, ...tls.flat()];
}

// Port 22 is left to ssh-keyscan: nmap asks a port that answers again and again, to time its scan, and an outsider who connects
// six times in thirty seconds meets the limit.
async function portCheck(
  config: StackConfig,
  { name, address }: { readonly name: string; readonly address: string },
  { outside, scanRate }: StackContext,
): Promise<OutsideResult> {
  // Whoever asks may be in a network that a listener is open to.
  const openings = [...config.publicPorts.filter(({ protocol }) => protocol === "tcp"), ...config.listeners];
  const declared = isClosed(config, name) ? [] : openings.map(({ port }) => port);
  const scan: Argv = [
    "nmap",
    ...(address.includes(":") ? ["-6"] : []),
    "-Pn",
    "-n",
    "-p-",
    `--exclude-ports=${String(SSH_PORT)}`,
    "-T4",
    `--min-rate=${String(scanRate)}`,
    "--max-retries=1",
    "--host-timeout=140s",
    "-oG",
    "-",
    address,
  ];
  const { stdout, missing } = await tool(through(outside, scan));
  const check = aboutHost("ports-declared");
  if (missing) return { ...check, status: "skipped", reason: "nmap is not installed here" };
  const expected = `open beside SSH, at most: ${declared.join(", ") || "none"}`;
  if (!/# Nmap done.*1 host up/.test(stdout)) return { ...check, status: "fail", expected, seen: "the scan did not end" };
  const open = [...stdout.matchAll(/(\d+)\/open\/tcp/g)].map((match) => Number(match[1]));
  const undeclared = open.filter((port) => !declared.includes(port));
  return undeclared.length === 0 ? { ...check, status: "pass" } : { ...check, status: "fail", expected, seen: `open: ${open.join(", ")}` };
}

// A ban of the one who asks looks like a server that is down.
const UNANSWERED =
  "no answer. The host may have banned the address that asks, for failed logins or requests from there. Wait for bans.banTime, or verify from an admin network";

/** Asks the SSH server for its key and its algorithms, as anyone may: no login is tried, so none fails (sshFilter.ts). */
export async function sshChecks(
  host: { readonly address: string; readonly hostKey: string },
  from: Prefix,
): Promise<readonly OutsideResult[]> {
  const { stdout, stderr } = await tool(
    through(from, ["ssh-keyscan", "-vv", "-T", "10", "-t", "ed25519", "-p", String(SSH_PORT), host.address]),
  );
  const key = stdout
    .split("\n")
    .find((line) => line !== "" && !line.startsWith("#"))
    ?.split(" ")
    .slice(1, 3)
    .join(" ");
  // ssh-keyscan prints its own proposal first and the server's second.
  const offer = stderr.split("peer server KEXINIT proposal")[1] ?? "";
  const offered = (name: string): readonly string[] => new RegExp(`debug2: ${name}: (.*)`).exec(offer)?.[1]?.trim().split(",") ?? [];
  const allowed = (check: OutsideHostCheck, name: string, names: readonly string[]): OutsideResult => {
    const seen = offered(name).filter((entry) => !entry.startsWith("kex-strict") && entry !== "ext-info-s");
    const unexpected = seen.filter((entry) => !names.includes(entry));
    return seen.length > 0 && unexpected.length === 0
      ? { ...aboutHost(check), status: "pass" }
      : { ...aboutHost(check), status: "fail", expected: names.join(","), seen: seen.join(",") || "no offer" };
  };
  return [
    key === host.hostKey
      ? { ...aboutHost("host-key-pinned"), status: "pass" }
      : { ...aboutHost("host-key-pinned"), status: "fail", expected: host.hostKey, seen: key ?? UNANSWERED },
    allowed(
      "ssh-key-exchange",
      "KEX algorithms",
      KEY_EXCHANGES.flatMap(({ names }) => names),
    ),
    allowed("ssh-host-key-algorithms", "host key algorithms", HOST_KEY_ALGORITHMS),
    allowed("ssh-ciphers", "ciphers stoc", CIPHERS),
    allowed("ssh-macs", "MACs stoc", MACS),
  ];
}
