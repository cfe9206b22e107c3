import type { Rule } from "../engine/rule";
import { cloudType, optionalMap } from "../readers/cloud";
import { optionalFlag, optionalItems, optionalText } from "../readers/containers";

/** A tag is whatever its owner last called so: the app would run what nobody has looked at. */
export const appImagesByDigest: Rule = {
  id: "app-images-by-digest",
  description: "Apps run images by their digest, and none that a push replaces by itself.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-01"],
  remedy: "set image.digest, and leave deployOnPushes out",
  appliesTo: [cloudType("App")],
  judge(unit, report) {
    const spec = unit.at("spec");
    spec.at("name").text();
    for (const image of ["services", "workers", "jobs"]
      .flatMap((key) => optionalItems(spec, key) ?? [])
      .flatMap((part) => optionalMap(part, "image"))) {
      const digest = optionalText(image, "digest");
      if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
        report({ at: image.path, found: "an image without a digest", allowed: "sha256: and 64 hexadecimal digits" });
      for (const push of optionalItems(image, "deployOnPushes") ?? [])
        if (optionalFlag(push, "enabled") === true) report({ at: push.path, found: "a deploy at each push", allowed: "off" });
    }
  },
};
