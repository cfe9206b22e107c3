import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { namedBy, sharesTag } from "../readers/relations";

const INSIGHTS = "v1/insights/droplet/";
const KINDS: Readonly<Record<string, readonly string[]>> = {
  cpu: [`${INSIGHTS}cpu`, `${INSIGHTS}load_1`, `${INSIGHTS}load_5`, `${INSIGHTS}load_15`],
  memory: [`${INSIGHTS}memory_utilization_percent`],
  disk: [`${INSIGHTS}disk_utilization_percent`],
};

/** A full disk stops a database; someone should know before. */
export const dropletWatched: StackRule = {
  id: "droplet-watched",
  description: "Every droplet has alerts about its processor, its memory and its disk.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["MON-02"],
  remedy: "add MonitorAlerts with the droplet's id under entities, or with one of its tags",
  appliesTo: [cloudType("Droplet")],
  judge(stack, report) {
    const alerts = stack.of(cloudType("MonitorAlert")).map((alert) => ({ alert, type: alert.args.at("type").text() }));
    const kinds = Object.entries(KINDS).map(([kind, types]) => {
      const watching = alerts.filter(({ type }) => type === undefined || types.includes(type)).map(({ alert }) => alert);
      return { kind, named: namedBy(watching, "entities"), tagged: sharesTag(watching) };
    });
    for (const droplet of stack.of(cloudType("Droplet"))) {
      const missing = kinds.filter(({ named, tagged }) => {
        const isNamed = named(droplet);
        return isNamed !== true && tagged(droplet) === false && isNamed === false;
      });
      if (missing.length > 0)
        report({ at: droplet.args.path, found: `no alert about ${missing.map(({ kind }) => kind).join(", ")}`, allowed: "one about each" });
    }
  },
};
