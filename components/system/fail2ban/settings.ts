import { backupPartners } from "../../config/backupPartners";
import { HTTP_PORTS, WEB_JAILS } from "../../config/names";
import type { StackConfig } from "../../config/schema";
import { SSH_PORT } from "../../plan/places";
import { SSH_FILTER } from "./sshFilter";
import { WEB_JAIL_TABLE } from "./webFilters";

/** One thing that is watched. */
export interface Jail {
  readonly name: string;
  /** Filter of fail2ban, with its mode in brackets where it has one. */
  readonly filter: string;
  readonly journalMatch: string;
  readonly ports: readonly number[];
  /** Offences that make a ban, where it is not `Fail2banState.maxRetry`. */
  readonly maxRetry?: number;
  /** Who acts on a ban, where it is not the firewall: the web server, of the requests that the jail is about. */
  readonly acts?: "webServer";
  /** Never banned, where it is not `Fail2banSettings.ignore`. */
  readonly ignore?: readonly string[];
}

/** Who is banned, for what, and for how long. */
export interface Fail2banSettings {
  readonly jails: readonly Jail[];
  readonly maxRetry: number;
  /** Seconds in which offences are counted. */
  readonly findTime: number;
  /** Seconds of a first ban; each further one doubles, up to `maxBanTime`. */
  readonly banTime: number;
  readonly maxBanTime: number;
  /** Never banned: this host, the admin networks, and who it brings backups to or takes them from. */
  readonly ignore: readonly string[];
  /** Networks of proxies that say who asks; left out where there are none. */
  readonly proxies?: readonly string[];
}

const LOOPBACK: readonly string[] = ["127.0.0.0/8", "::1"];

const SSHD: Jail = { name: "sshd", filter: SSH_FILTER, journalMatch: "_SYSTEMD_UNIT=ssh.service", ports: [SSH_PORT] };

// The unit and not the name, which any program can log under.
const WEB = { journalMatch: "_SYSTEMD_UNIT=nginx.service", ports: Object.values(HTTP_PORTS) };

/** Jails for SSH, for sites where the host has them, and those of `bans.jails`. */
export function fail2banSettings(config: StackConfig, hostName?: string): Fail2banSettings {
  const role = config.hosts.find(({ name }) => name === hostName)?.role ?? "application";
  const ignore = [...new Set([...LOOPBACK, ...config.adminNetworks, ...backupPartners(config, hostName)])];
  return {
    jails: [SSHD, ...(role === "application" ? webJails(config, ignore) : []), ...config.bans.jails],
    maxRetry: config.bans.maxRetry,
    findTime: config.bans.findTime,
    banTime: config.bans.banTime,
    maxBanTime: config.bans.maxBanTime,
    ignore,
    ...(role === "application" && config.trustedProxies.length > 0 ? { proxies: config.trustedProxies } : {}),
  };
}

function webJails({ sites, bans, trustedProxies }: StackConfig, ignore: readonly string[]): readonly Jail[] {
  return WEB_JAILS.flatMap((name): readonly Jail[] => {
    const { filter, perFailure, watches, closes } = WEB_JAIL_TABLE[name];
    if (!sites.some((site) => watches?.(site) ?? true)) return [];
    const often = perFailure === 1 ? {} : { maxRetry: bans.maxRetry * perFailure };
    // Without a login to a site an administrator still has SSH, so that nobody is exempt: a clinic's network may be theirs too.
    const acts = closes === "logins" ? ({ acts: "webServer", ignore: LOOPBACK } as const) : {};
    // The firewall sees the proxies alone; one of them that is banned would close the sites to all.
    const behind =
      closes === "sites" && trustedProxies.length > 0 ? ({ acts: "webServer", ignore: [...ignore, ...trustedProxies] } as const) : {};
    return [{ ...WEB, name, filter, ...often, ...acts, ...behind }];
  });
}
