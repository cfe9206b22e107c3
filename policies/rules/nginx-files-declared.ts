import type { Rule } from "../engine/rule";
import { blocks, NGINX, nginx } from "../readers/nginx";

/** All that the web server does is written where it can be judged. */
export const nginxFilesDeclared: Rule = {
  id: "nginx-files-declared",
  description: "Every file that nginx reads is rendered by its component, and none of them configures anything but HTTP.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["TLS-19"],
  remedy: "include only files of the component, and proxy nothing but HTTP",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, unreadable } = nginx(unit);
    for (const { at, found } of unreadable) report({ at, found, allowed: "directives, and includes of files that the component renders" });
    for (const top of versions)
      for (const name of ["stream", "mail", "load_module"])
        for (const { at } of [...blocks(top, name).map(({ block }) => block), ...top.filter((directive) => directive.name === name)])
          report({ at, found: `${name}, which proxies more than HTTP or runs foreign code`, allowed: "events and http" });
  },
};
