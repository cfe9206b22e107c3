import type { StackConfig } from "../../config/schema";
import { textFile } from "../../plan/files";
import { type HostPlan, hostPlan } from "../../plan/hostPlan";
import { DEPLOY_USER, KEYS_DIRECTORY } from "../../plan/places";
import { ANY, EMPTY_PLAN } from "../../plan/types";
import { notSystemAccountsStep } from "../people/plan";
import { authorizedKeys } from "../people/settings";

const DROP_IN = "/etc/ssh/sshd_config.d/00-phiward-adopt.conf";

/**
 * What a server needs before a first deploy: the deploy account, which the administrators' keys open. It only adds, so it
 * needs no dead-man's switch; the deploy itself removes the old access, one confirmed step after the other.
 * The keys are in the directory where the deploy has them too: nothing is written to a home.
 */
export function adoptPlan(config: StackConfig): HostPlan {
  const keysFile = `${KEYS_DIRECTORY}/${DEPLOY_USER}` as const;
  const keys = textFile(keysFile, authorizedKeys(config.people.filter((person) => person.sudo)));
  // A block of its own: whoever else logs in does so as before, until the deploy.
  const dropIn = textFile(DROP_IN, `Match User ${DEPLOY_USER}\n  AuthorizedKeysFile ${keysFile}\n`, "0600");
  const rule = textFile("/etc/sudoers.d/phiward", `${DEPLOY_USER} ALL=(ALL:ALL) NOPASSWD: ALL\n`, "0440");
  return hostPlan("adopt", null, {
    ...EMPTY_PLAN,
    packages: ["sudo"],
    directories: [{ path: KEYS_DIRECTORY, owner: "root:root", mode: "0755" }],
    files: [keys, dropIn, rule],
    validators: [
      { id: "visudo", argv: ["visudo", "--check", "--quiet"], files: [rule] },
      { id: "sshd", argv: ["/usr/sbin/sshd", "-t"], files: [dropIn] },
    ],
    steps: [
      notSystemAccountsStep([DEPLOY_USER, ...config.people.map(({ name }) => name)]),
      {
        id: "account-deploy",
        argv: ["useradd", "--create-home", "--shell", "/bin/bash", "--user-group", DEPLOY_USER],
        phase: "before",
        when: { kind: "state", unless: { argv: ["getent", "passwd", DEPLOY_USER], expect: { kind: "exit", code: 0 } } },
        undo: { kind: "none" },
      },
      {
        // A server that is started for each connection reads its settings anyway.
        id: "reload-ssh",
        argv: ["systemctl", "try-reload-or-restart", "ssh.service"],
        phase: "after",
        when: { kind: "change", on: [ANY] },
        undo: { kind: "again" },
      },
      {
        id: "sshd-reads-its-directory",
        argv: ["grep", "--quiet", "--ignore-case", "^Include */etc/ssh/sshd_config.d/", "/etc/ssh/sshd_config"],
        phase: "after",
        when: {
          kind: "state",
          unless: {
            argv: ["/usr/sbin/sshd", "-T", "-C", `user=${DEPLOY_USER},host=outside.example,addr=192.0.2.1`],
            expect: { kind: "lines", lines: [`authorizedkeysfile ${keysFile}`] },
          },
        },
        undo: { kind: "none" },
        advice: "add the line Include /etc/ssh/sshd_config.d/*.conf at the beginning of /etc/ssh/sshd_config, as Debian has it",
      },
    ],
  });
}
