/** Where the data of containers is: mounted so that nothing in it can be executed, be a device, or give other rights. */
import { type PlanFile, textFile } from "../../plan/files";
import { serviceSteps } from "../../plan/systemd";
import type { Check, Step } from "../../plan/types";

const VOLUMES = "/var/lib/docker/volumes";

/** Name of the systemd unit of the mount. */
export const VOLUMES_MOUNT = "var-lib-docker-volumes.mount";

/**
 * The unit of the mount: the directory onto itself. Docker has no such option for a volume, but what it mounts into a container has
 * the flags of the mount that it is taken from.
 */
export const VOLUMES_MOUNT_FILE: PlanFile = textFile(
  `/etc/systemd/system/${VOLUMES_MOUNT}`,
  [
    "[Unit]",
    "Description=Data of containers, of which nothing can be executed",
    "Before=docker.service",
    "",
    "[Mount]",
    `What=${VOLUMES}`,
    `Where=${VOLUMES}`,
    "Type=none",
    "Options=bind,noexec,nosuid,nodev",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "RequiredBy=docker.service",
    "",
  ].join("\n"),
);

/** Steps that mount it, before any container gets its data from there. */
export function volumesMountSteps(): readonly Step[] {
  return [
    {
      id: "have-volumes",
      argv: ["mkdir", "--parents", "--mode=0701", VOLUMES],
      phase: "after",
      when: { kind: "state", unless: { argv: ["test", "-d", VOLUMES], expect: { kind: "exit", code: 0 } } },
      undo: { kind: "none" },
    },
    ...serviceSteps(VOLUMES_MOUNT, { requiredNow: true }),
  ];
}

/** Asks the kernel for the flags of the mount. */
export const VOLUMES_MOUNT_CHECK: Check = {
  id: "container-volumes-noexec",
  control: "CTR-07",
  argv: ["findmnt", "--noheadings", "--output=VFS-OPTIONS", `--mountpoint=${VOLUMES}`],
  expect: { kind: "matches", pattern: "^(?=.*\\bnoexec\\b)(?=.*\\bnosuid\\b)(?=.*\\bnodev\\b)" },
};
