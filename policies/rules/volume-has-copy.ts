import type { StackRule } from "../engine/rule";
import { cloudType, optionalMap } from "../readers/cloud";
import { DROPLET } from "../readers/droplets";
import { namedBy } from "../readers/relations";

/** DigitalOcean's backups of a droplet leave its volumes out. */
export const volumeHasCopy: StackRule = {
  id: "volume-has-copy",
  description: "Every volume is one that a declared host backs up, or has a snapshot.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-01"],
  remedy: "declare the volume under hosts, where the daily backup has its data, or add a VolumeSnapshot of it",
  appliesTo: [cloudType("Volume")],
  judge(stack, report) {
    const hasCopy = namedBy(stack.of(cloudType("VolumeSnapshot")), "volumeId");
    const declared = new Set(
      stack
        .of(DROPLET)
        .flatMap(({ args }) => optionalMap(args.at("settings"), "volume"))
        .flatMap((volume) => volume.at("name").text() ?? []),
    );
    for (const volume of stack.of(cloudType("Volume"))) {
      const name = volume.args.has("name") ? volume.args.at("name").text() : "";
      if (name !== undefined && !declared.has(name) && hasCopy(volume) === false)
        report({ at: volume.args.path, found: "a volume without a copy", allowed: "a declared one, or a VolumeSnapshot of it" });
    }
  },
};
