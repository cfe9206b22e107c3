/** The users of a host's containers: that nobody else has their numbers, and that volumes are theirs. */
import { CONTAINER_IDS, type ContainerUser } from "../../config/containerIds";
import { type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import type { Check, Probe, Step } from "../../plan/types";
import type { ServicesSettings } from "../services/containerSettings";

const SETTINGS = "/etc/phiward/container-users.json";
/** Where useradd(8) reads which numbers it may take. */
export const LOGIN_DEFS = "/etc/login.defs";

/** The configuration of the host's program. */
export function usersFile({ databases, services }: ServicesSettings): PlanFile {
  const entries = [...databases, ...services].map(({ service, user, volumes }) => ({
    name: service,
    ...numbers(user),
    volumes: volumes.map(({ volume }) => volume),
  }));
  return textFile(SETTINGS, `${JSON.stringify({ ...CONTAINER_IDS, services: entries }, undefined, 1)}\n`, "0600");
}

function numbers(user: string): ContainerUser {
  const [uid, gid] = user.split(":").map(Number);
  return { uid: uid ?? Number.NaN, gid: gid ?? Number.NaN };
}

/** Before any container: people's numbers end below the containers', and what the program has to say is said. */
export function userSteps(): readonly Step[] {
  return [
    ...["UID_MAX", "GID_MAX"].map((key): Step => {
      const line = `^${key}[[:space:]]`;
      return {
        id: `people-below-containers-${key === "UID_MAX" ? "users" : "groups"}`,
        argv: ["sed", "--in-place", `s/${line}.*/${key} ${String(CONTAINER_IDS.first - 1)}/`, LOGIN_DEFS],
        phase: "before",
        when: { kind: "state", unless: { argv: ["grep", "--extended-regexp", line, LOGIN_DEFS], expect: lastIs(key) } },
        undo: { kind: "none" },
      };
    }),
    {
      id: "container-users",
      argv: programCommand("container-users", "settle", SETTINGS),
      phase: "after",
      when: { kind: "state", unless: { argv: programCommand("container-users", "settled", SETTINGS), expect: { kind: "exit", code: 0 } } },
      undo: { kind: "none" },
      advice: "see which number another account has; no volume changes hands until each number is a container's own",
    },
  ];
}

function lastIs(key: string): Probe["expect"] {
  return { kind: "equals", text: `${key} ${String(CONTAINER_IDS.first - 1)}` };
}

/** Whether the numbers of the running host's containers are theirs alone. */
export const USERS_CHECK: Check = {
  id: "containers-users-own",
  control: "CTR-01",
  argv: programCommand("container-users", "settled", SETTINGS),
  expect: { kind: "exit", code: 0 },
};
