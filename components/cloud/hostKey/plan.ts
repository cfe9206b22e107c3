import { type HostPlan, hostPlan } from "../../plan/hostPlan";
import { type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "../../plan/types";
import type { HostKeySettings } from "./settings";

const HOST_KEY = "/etc/ssh/ssh_host_ed25519_key";
const DIRECTORY = "/var/lib/phiward/host-key";
const NEW_KEY = `${DIRECTORY}/key` as const;

// The public half stays in the directory: as long as it is the one in use, the lasting key is there.
const IN_PLACE: Probe = { argv: ["cmp", "--silent", `${NEW_KEY}.pub`, `${HOST_KEY}.pub`], expect: { kind: "exit", code: 0 } };

// Until it has ended, cloud-init may still write what later units replace. A host without it has nothing to wait for.
const BOOTED: Probe = {
  argv: ["test", "!", "-d", "/var/lib/cloud/instance", "-o", "-e", "/var/lib/cloud/instance/boot-finished"],
  expect: { kind: "exit", code: 0 },
};

const MAKE: Step = {
  id: "make-host-key",
  argv: ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", NEW_KEY],
  phase: "after",
  when: { kind: "state", unless: IN_PLACE },
  undo: { kind: "none" },
};

function onceMade(id: string, argv: readonly string[]): Step {
  return { id, argv, phase: "after", when: { kind: "change", on: [MAKE] }, undo: { kind: "none" } };
}

const PLAN: ConcernPlan = {
  ...EMPTY_PLAN,
  directories: [{ path: DIRECTORY, owner: "root:root", mode: "0700" }],
  writes: [NEW_KEY, `${NEW_KEY}.pub`, HOST_KEY, `${HOST_KEY}.pub`],
  steps: [
    {
      id: "wait-for-cloud-init",
      argv: ["-cloud-init", "status", "--wait"],
      phase: "before",
      when: { kind: "state", unless: BOOTED },
      undo: { kind: "none" },
    },
    MAKE,
    onceMade("install-private-half", ["mv", "--force", NEW_KEY, HOST_KEY]),
    onceMade("install-public-half", ["install", "--mode=0644", `${NEW_KEY}.pub`, `${HOST_KEY}.pub`]),
    onceMade("try-host-key", ["/usr/sbin/sshd", "-t"]),
    { ...onceMade("reload-ssh", ["systemctl", "reload", "ssh.service"]), undo: { kind: "again" } },
  ],
  reports: [{ id: "hostKey", path: `${HOST_KEY}.pub` }],
};

/** Makes the lasting SSH host key on the host, once, in place of the one that came with the droplet's user data. */
export function hostKeyPlan({ deadManSeconds }: HostKeySettings): HostPlan & { readonly deadManSeconds: number } {
  return { ...hostPlan("host-key", deadManSeconds, PLAN), deadManSeconds };
}
