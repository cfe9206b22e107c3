import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SandboxUnavailable } from "./errors";
import { mustRun } from "./run";

/** Where Debian packages come from. */
export interface DebianArchive {
  /** The main archive, for the release and its updates. */
  readonly main: string;
  /** The security archive. */
  readonly security: string;
}

/**
 * Finds the Debian archive that this machine's own apt uses, so that a closed network's mirror is found without configuration.
 * `PHIWARD_DEBIAN_ARCHIVE` goes before it, for a machine that is no Debian itself; the security archive is then taken from its
 * sibling `<archive>-security`, as on Debian's own servers.
 */
export async function findDebianArchive(): Promise<DebianArchive> {
  const given = process.env["PHIWARD_DEBIAN_ARCHIVE"]?.replace(/\/+$/, "");
  if (given !== undefined && given !== "") return { main: given, security: `${given}-security` };
  const format = "$(SITE)\t$(RELEASE)\t$(ORIGIN)\t$(COMPONENT)";
  const rows = (await mustRun(["apt-get", "indextargets", "--format", format])).trim().split("\n");
  const sites = rows.flatMap((row) => {
    const [site = "", release = "", origin = "", component = ""] = row.split("\t");
    // Before the first `apt-get update` apt does not know the origin and leaves the placeholder; the path then has to do.
    const debian = origin === "Debian" || (origin.startsWith("$") && /\/debian(-security)?$/.test(site));
    return debian && component === "main" && /^https?:/.test(site) ? [{ site, release }] : [];
  });
  const main = sites.find(({ release }) => !/-security$|\/updates$|-backports$/.test(release))?.site;
  if (main === undefined) {
    throw new SandboxUnavailable(
      "this machine's apt uses no Debian archive: set PHIWARD_DEBIAN_ARCHIVE to the address of one, without the release",
    );
  }
  const security = sites.find(({ release }) => /-security$|\/updates$/.test(release))?.site;
  return { main, security: security ?? `${main}-security` };
}

const SETTINGS = /^Acquire::(Check-Date|Check-Valid-Until|Max-FutureTime|ForceIPv4|https?::Proxy(::[^ ]+)?) "[^"]+";$/;

/**
 * Returns the settings of this machine's apt that decide whether an archive can be reached at all, as lines of apt.conf(5):
 * proxies, and the checks of dates where the machine's clock or mirror is frozen. All others are left to Debian's defaults.
 */
export async function aptReachability(): Promise<readonly string[]> {
  const dump = await mustRun(["apt-config", "dump"]);
  const settings = dump.split("\n").filter((line) => SETTINGS.test(line));
  // apt(8) also honours these variables, but they are not set inside a host.
  const proxies = ["http", "https"].flatMap((scheme) => {
    const proxy = process.env[`${scheme}_proxy`] ?? "";
    const setting = `Acquire::${scheme}::Proxy`;
    return proxy === "" || settings.some((line) => line.startsWith(`${setting} `)) ? [] : [`${setting} "${proxy}";`];
  });
  return [...settings, ...proxies];
}

/** Returns this machine's own certificate authorities by file name: behind an inspecting proxy no download works without. */
export function localAuthorities(): ReadonlyMap<string, string> {
  const directory = "/usr/local/share/ca-certificates";
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith(".crt"));
    return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name), "utf8")]));
  } catch {
    return new Map();
  }
}

/** Returns the text of a resolv.conf(5) whose name servers can also be reached from a network namespace, or none. */
export function reachableResolvConf(): string | undefined {
  // systemd-resolved and NetworkManager put a server on the loopback into the first, and the real ones into their own.
  const files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"];
  for (const file of files) {
    try {
      const text = readFileSync(file, "utf8");
      if (/^nameserver\s+(?!127\.|::1)/m.test(text)) return text;
    } catch {
      // This machine has no such file: the next one.
    }
  }
  return undefined;
}
