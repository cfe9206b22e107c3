import { literal } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import type { VolumeSettings } from "./settings";

export function volumeChecks({ device, filesystem, mount, held }: VolumeSettings): readonly Check[] {
  return [
    {
      id: "volume-mounted",
      control: "FS-05",
      argv: ["findmnt", "--noheadings", "--output", "TARGET,FSTYPE", "--source", device],
      expect: { kind: "matches", pattern: `^${literal(mount)} +${filesystem}$` },
    },
    ...held.map(
      ({ on, path }): Check => ({
        id: `volume-holds-${path.split("/").at(-1) ?? ""}`,
        control: path === "/var/lib/docker" ? "FS-04" : "FS-05",
        argv: ["findmnt", "--noheadings", "--output", "FSROOT", "--mountpoint", path],
        expect: { kind: "equals", text: on.slice(mount.length) },
      }),
    ),
  ];
}
