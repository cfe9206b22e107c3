import type { StackConfig } from "../config";
import { SSH_PORT } from "../host/place";
import { EMPTY_PLAN, type HostPlan, serviceSteps, textFile } from "../host/plan";
import { fail2banChecks } from "./checks";

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

const JAILS = "/etc/fail2ban/jail.d/phiward.local";
const SERVICE = "/etc/fail2ban/fail2ban.local";

/** Everything this unit wants of the host. */
export function fail2banPlan(state: Fail2banState): HostPlan {
  return {
    ...EMPTY_PLAN,
    unit: "fail2ban",
    packages: ["fail2ban", "python3-systemd", "nftables"],
    directories: [{ path: "/etc/fail2ban/jail.d", owner: "root:root", mode: "0755", exclusive: { noun: "jails", keep: [] } }],
    files: [textFile(JAILS, jails(state)), textFile(SERVICE, service(state))],
    absent: [{ noun: "jails", glob: "/etc/fail2ban/jail.local" }],
    validators: [{ id: "fail2ban-client", argv: ["fail2ban-client", "--test"], files: [JAILS, SERVICE] }],
    steps: [
      ...serviceSteps("fail2ban.service"),
      {
        // A plain reload drops every action that the jail did not have before, and then bans in name only (seen with 1.1.0):
        // the jails are made anew; running bans come back from fail2ban's own database.
        id: "reload-fail2ban",
        argv: ["fail2ban-client", "reload", "--restart"],
        phase: "after",
        when: { kind: "change", on: ["*"] },
        undo: { kind: "again" },
      },
    ],
    checks: fail2banChecks(state),
    deadManSeconds: state.deadManSeconds,
  };
}

function jails(state: Fail2banState): string {
  return [
    "[DEFAULT]",
    "backend = systemd",
    "usedns = no",
    `ignoreip = ${state.ignore.join(" ")}`,
    "ignoreself = true",
    `maxretry = ${String(state.maxRetry)}`,
    `findtime = ${String(state.findTimeSeconds)}`,
    `bantime = ${String(state.banTimeSeconds)}`,
    "bantime.increment = true",
    "bantime.overalljails = true",
    `bantime.maxtime = ${String(state.maximumBanSeconds)}`,
    // nftables, in a table of its own: a firewall that is loaded anew does not let the banned back in.
    "banaction = nftables-multiport",
    "banaction_allports = nftables-allports",
    ...state.jails.flatMap((jail) => [
      "",
      `[${jail.name}]`,
      "enabled = true",
      `filter = ${jail.filter}`,
      `journalmatch = ${jail.journalMatch}`,
      `port = ${jail.ports.join(",")}`,
    ]),
    "",
  ].join("\n");
}

// Bans are remembered for as long as the longest lasts: a further offence within it is not a first one.
function service(state: Fail2banState): string {
  return `[Definition]\nallowipv6 = auto\nlogtarget = SYSOUT\ndbpurgeage = ${String(state.maximumBanSeconds)}\n`;
}
