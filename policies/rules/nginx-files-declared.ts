import type { Rule } from "../engine/rule";
import { blocks, NGINX, nginx, type Placed } from "../readers/nginx";
import { STREAM_MODULE } from "../readers/nginxStream";

/** All that the web server does is written where it can be judged. */
export const nginxFilesDeclared: Rule = {
  id: "nginx-files-declared",
  description:
    "Every file that nginx reads is rendered by its component, and none of them configures anything but HTTP and declared listeners.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["TLS-19"],
  remedy: "include only files of the component, and declare what is not HTTP under listeners",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, unreadable } = nginx(unit);
    for (const { at, found } of unreadable) report({ at, found, allowed: "directives, and includes of files that the component renders" });
    // Where it is not known whether there are any, the deploy knows.
    const listeners = unit.at("settings").has("listeners") ? unit.at("settings").at("listeners").items() : [];
    const names = listeners?.map((listener) => listener.at("name").text());
    const listens = names === undefined || names.length > 0;
    for (const top of versions)
      for (const name of ["stream", "mail", "load_module"])
        for (const found of [...blocks(top, name).map(({ block }) => block), ...top.filter((directive) => directive.name === name)])
          if (!listens || !isOfListeners(found))
            report({ at: found.at, found: `${name}, which proxies more than HTTP or runs foreign code`, allowed: "events and http" });
  },
};

function isOfListeners({ name, args }: Placed): boolean {
  return name === "stream" || (name === "load_module" && args[0] === STREAM_MODULE);
}
