import { isImage } from "../../components/config/imageName";
import type { Rule } from "../engine/rule";
import { containersOf, isComponent, WITH_CONTAINERS } from "../readers/containers";
import { shown } from "../readers/value";

/** What was judged is what runs: a tag can be moved to other content, a digest cannot. */
export const containerImageByDigest: Rule = {
  id: "container-image-by-digest",
  description: "Every container's image is referenced by its digest.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-02"],
  remedy: "take the digest from `docker buildx imagetools inspect`, or load the image with `npx phiward adopt --images` and give its id",
  appliesTo: [...WITH_CONTAINERS, "docker:index/remoteImage:RemoteImage"],
  judge(unit, report) {
    if (!isComponent(unit) && unit.has("build"))
      report({ at: unit.at("build").path, found: "an image that is built on the host", allowed: "one that is pulled by its digest" });
    // An image that is pulled for a container to come is named by `name`.
    const isPulled = !isComponent(unit) && !unit.has("image") && unit.has("name");
    const images = containersOf(unit).map((holder) => holder.at(isPulled ? "name" : "image"));
    for (const image of images) {
      const found = image.text();
      if (found !== undefined && !isImage(found))
        report({
          at: image.path,
          found: `${shown(found)} without a digest at its end`,
          allowed: "name@sha256:… or sha256:…, with 64 hexadecimal digits",
        });
    }
  },
};
