import type { StackConfig } from "../config";
import { SSH_PORT } from "../host/place";

/** One thing that is watched. */
export interface Jail {
  readonly name: string;
  /** Filter of fail2ban, with its mode in brackets where it has one. */
  readonly filter: string;
  readonly journalMatch: string;
  readonly ports: readonly number[];
}

/** Who is banned, for what, and for how long. */
export interface Fail2banState {
  readonly jails: readonly Jail[];
  readonly maxRetry: number;
  readonly findTimeSeconds: number;
  readonly banTimeSeconds: number;
  readonly maximumBanSeconds: number;
  /** Never banned: this host and the admin networks. */
  readonly ignore: readonly string[];
  readonly deadManSeconds: number;
}

// OpenSSH 10 logs key failures in words that the filter's default mode does not know; aggressive does.
const SSHD: Jail = { name: "sshd", filter: "sshd[mode=aggressive]", journalMatch: "_SYSTEMD_UNIT=ssh.service", ports: [SSH_PORT] };

/** Takes the bans' part out of the configuration. A jail is added in one place: `bans.jails`. */
export function fail2banState(config: StackConfig): Fail2banState {
  return {
    jails: [SSHD, ...config.bans.jails],
    maxRetry: config.bans.failures,
    findTimeSeconds: config.bans.withinSeconds,
    banTimeSeconds: config.bans.seconds,
    maximumBanSeconds: config.bans.maximumSeconds,
    ignore: ["127.0.0.0/8", "::1", ...config.adminNetworks],
    deadManSeconds: config.deadMan.seconds,
  };
}
