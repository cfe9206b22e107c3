import type { StackConfig } from "../../config/schema";
import { DEPLOY_USER, SSH_PORT } from "../../plan/places";
import type { Probe } from "../../plan/types";
import { BREAK_GLASS_USER, SSH_GROUP } from "../people/settings";

/** How the SSH server of a host behaves: sshd_config(5) keywords, in camel case. */
export interface SshSettings {
  readonly port: number;
  readonly permitRootLogin: "no";
  readonly passwordAuthentication: "no";
  readonly kbdInteractiveAuthentication: "no";
  readonly authenticationMethods: "publickey";
  readonly allowGroups: readonly string[];
  readonly denyUsers: readonly string[];
  readonly disableForwarding: "yes";
  readonly clientAliveInterval: number;
  readonly clientAliveCountMax: number;
  readonly maxAuthTries: number;
  readonly loginGraceTime: number;
  /** Seconds after which a shell that nobody types into ends. */
  readonly shellIdleSeconds: number;
  /** Networks exempt from OpenSSH's own per-source penalties: a deploy must not shut itself out. */
  readonly penaltyExempt: readonly string[];
  /** Accounts whose effective settings are checked, beside root. */
  readonly accounts: readonly string[];
}

export function sshSettings(config: StackConfig): SshSettings {
  return {
    port: SSH_PORT,
    permitRootLogin: "no",
    passwordAuthentication: "no",
    kbdInteractiveAuthentication: "no",
    authenticationMethods: "publickey",
    allowGroups: [SSH_GROUP],
    denyUsers: [BREAK_GLASS_USER],
    disableForwarding: "yes",
    clientAliveInterval: Math.floor(config.ssh.idleSeconds / 2),
    clientAliveCountMax: 2,
    maxAuthTries: config.ssh.maxAuthTries,
    loginGraceTime: config.ssh.loginGraceTime,
    shellIdleSeconds: config.shell.idleSeconds,
    penaltyExempt: config.adminNetworks,
    accounts: [DEPLOY_USER, ...config.people.map((person) => person.name)],
  };
}

/** Whether the server that runs has no options but its files'; `sshd -T` shows what the files say, and not what it was started with. */
export const PLAIN_DAEMON: Probe = {
  argv: ["ps", "-C", "sshd", "-o", "args="],
  expect: { kind: "matches", pattern: "^sshd: /usr/sbin/sshd -D \\[listener\\]" },
};

/** Whether SSH is reached by TCP alone, where the firewall, bans and limits by address apply. */
export const NO_LOCAL_SOCKET: Probe = {
  argv: ["ss", "--no-header", "--listening", "--unix", "--vsock", "--processes"],
  expect: { kind: "lacks", pattern: "^v_str|/ssh-unix|/unix-export/ssh|sshd-" },
};
