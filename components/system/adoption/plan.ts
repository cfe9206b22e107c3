import type { StackConfig } from "../../config/schema";
import { textFile } from "../../plan/files";
import { type HostPlan, hostPlan } from "../../plan/hostPlan";
import { DEPLOY_USER } from "../../plan/places";
import { EMPTY_PLAN } from "../../plan/types";
import { authorizedKeys } from "../people/settings";

/**
 * What a server needs before a first deploy: the deploy account, which the administrators' keys open. It only adds, so it
 * needs no dead-man's switch; the deploy itself removes the old access, one confirmed step after the other.
 */
export function adoptPlan(config: StackConfig): HostPlan {
  const home = `/home/${DEPLOY_USER}` as const;
  const owner = `${DEPLOY_USER}:${DEPLOY_USER}` as const;
  const rule = textFile("/etc/sudoers.d/phiward", `${DEPLOY_USER} ALL=(ALL:ALL) NOPASSWD: ALL\n`, "0440");
  return hostPlan("adopt", null, {
    ...EMPTY_PLAN,
    packages: ["sudo"],
    directories: [{ path: `${home}/.ssh`, owner, mode: "0700" }],
    files: [textFile(`${home}/.ssh/authorized_keys`, authorizedKeys(config.people.filter((person) => person.sudo)), "0600", owner), rule],
    validators: [{ id: "visudo", argv: ["visudo", "--check", "--quiet"], files: [rule] }],
    steps: [
      {
        id: "account-deploy",
        argv: ["useradd", "--create-home", "--shell", "/bin/bash", "--user-group", DEPLOY_USER],
        phase: "before",
        when: { kind: "state", unless: { argv: ["getent", "passwd", DEPLOY_USER], expect: { kind: "exit", code: 0 } } },
        undo: { kind: "none" },
      },
    ],
  });
}
