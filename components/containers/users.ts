/** The users that containers run as, as Docker and plans write them. */
import type { ContainerUser } from "../config/containerIds";
import type { Owner } from "../plan/files";

/** A user and its group as `uid:gid`. */
export function ownerOf({ uid, gid }: ContainerUser): Owner {
  return `${String(uid)}:${String(gid)}`;
}
