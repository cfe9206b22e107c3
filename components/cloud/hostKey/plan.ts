import { EMPTY_PLAN, type HostPlan, type Probe, type Step } from "../../plan/types";
import type { HostKeySettings } from "./settings";

const HOST_KEY = "/etc/ssh/ssh_host_ed25519_key";
const DIRECTORY = "/var/lib/phiward/host-key";
const NEW_KEY = `${DIRECTORY}/key`;

// The public half stays in the directory: as long as it is the one in use, the lasting key is there.
const IN_PLACE: Probe = { argv: ["cmp", "--silent", `${NEW_KEY}.pub`, `${HOST_KEY}.pub`], expect: { kind: "exit", code: 0 } };

// Until it has ended, cloud-init may still write what later units replace. A host without it has nothing to wait for.
const BOOTED: Probe = {
  argv: ["test", "!", "-d", "/var/lib/cloud/instance", "-o", "-e", "/var/lib/cloud/instance/boot-finished"],
  expect: { kind: "exit", code: 0 },
};

/** Makes the lasting SSH host key on the host, once, in place of the one that came with the droplet's user data. */
export function hostKeyPlan({ deadManSeconds }: HostKeySettings): HostPlan & { readonly deadManSeconds: number } {
  const made = (id: string, argv: readonly string[]): Step => ({
    id,
    argv,
    phase: "after",
    when: { kind: "change", on: ["make-host-key"] },
    undo: { kind: "none" },
  });
  return {
    ...EMPTY_PLAN,
    unit: "host-key",
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
      {
        id: "make-host-key",
        argv: ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", NEW_KEY],
        phase: "after",
        when: { kind: "state", unless: IN_PLACE },
        undo: { kind: "none" },
      },
      made("install-private-half", ["mv", "--force", NEW_KEY, HOST_KEY]),
      made("install-public-half", ["install", "--mode=0644", `${NEW_KEY}.pub`, `${HOST_KEY}.pub`]),
      made("try-host-key", ["/usr/sbin/sshd", "-t"]),
      { ...made("reload-ssh", ["systemctl", "reload", "ssh.service"]), undo: { kind: "again" } },
    ],
    reports: [{ id: "hostKey", path: `${HOST_KEY}.pub` }],
    deadManSeconds,
  };
}
