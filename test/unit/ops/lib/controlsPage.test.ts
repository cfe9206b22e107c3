/** The generated page of controls: every host, every control, and nothing that is both waived and asked for. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONTROL_IDS, CONTROLS } from "../../../../components/compliance/controls";
import { WAIVERS } from "../../../../components/compliance/waivers";
import { hostPlans } from "../../../../components/registry";
import { controlsPage } from "../../../../ops/lib/controlsPage";
import { OUTSIDE_HOST, OUTSIDE_SITE } from "../../../../ops/lib/outsideControls";
import { readStack } from "../../../../ops/lib/stack";
import { ALL_RULES } from "../../../../policies/all";

const CONFIG = readStack(join(__dirname, "../../../../Pulumi.prod.yaml"));
const PAGE = controlsPage(CONFIG);

/** Rows of the table under a heading, as their cells. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| (.*) \|$/gm)].slice(2).map(([, row = ""]) => row.split(/ \| /));
}

describe("the page of controls", () => {
  it("shows each check of each host once, with the roles of the hosts that are asked", () => {
    const roles = new Map<string, Set<string>>();
    for (const { name, role } of CONFIG.hosts)
      for (const { id } of hostPlans(CONFIG, name).flatMap(({ checks }) => checks)) roles.set(id, (roles.get(id) ?? new Set()).add(role));
    const shown = rowsUnder("On the running host").map(([, asked, , id]) => [id, asked]);
    expect(shown.map(([id]) => id).sort()).toEqual([...roles.keys()].map((id) => `\`${id}\``).sort());
    for (const [id = "", asked] of shown) expect(asked, id).toBe([...(roles.get(id.slice(1, -1)) ?? [])].join(", "));
    const onVault = rowsUnder("On the running host").filter(([, asked, concern]) => asked === "vault" && concern === "vault");
    expect(onVault.map(([control]) => control)).toEqual(expect.arrayContaining(["BKP-04", "BKP-10"]));
  });

  it("shows each check from outside with its control", () => {
    const shown = rowsUnder("From outside").map(([control, , id]) => [id, control]);
    const hosts = Object.entries(OUTSIDE_HOST).map(([check, control]) => [`\`outside-${check}\``, control]);
    const sites = Object.entries(OUTSIDE_SITE).map(([check, control]) => [`\`outside-SITE-${check}\``, control]);
    expect(shown.sort()).toEqual([...hosts, ...sites].sort());
  });

  it("lists as not covered exactly the controls that have neither check nor rule nor waiver", () => {
    const checked = CONFIG.hosts.flatMap(({ name }) =>
      hostPlans(CONFIG, name).flatMap(({ checks }) => checks.map(({ control }) => control)),
    );
    const named = new Set<string>([
      ...checked,
      ...Object.values(OUTSIDE_HOST),
      ...Object.values(OUTSIDE_SITE),
      ...ALL_RULES.flatMap(({ controls }) => controls),
      ...WAIVERS.map(({ control }) => control),
    ]);
    const open = rowsUnder("Not covered").map(([id]) => id);
    expect(open).toEqual(CONTROL_IDS.filter((id) => !named.has(id)));
    expect(open.length).toBeGreaterThan(0);
    expect(open.length + named.size).toBe(CONTROL_IDS.length);
  });

  it("waives no control that is checked or judged all the same", () => {
    const held = new Set<string>([
      ...CONFIG.hosts.flatMap(({ name }) => hostPlans(CONFIG, name).flatMap(({ checks }) => checks.map(({ control }) => control))),
      ...ALL_RULES.flatMap(({ controls }) => controls),
    ]);
    expect(WAIVERS.filter(({ control }) => held.has(control))).toEqual([]);
    expect(rowsUnder("Waived").map(([id]) => id)).toEqual(WAIVERS.map(({ control }) => control));
  });

  it("shows every control with its title", () => {
    expect(rowsUnder("The controls").map(([id, title]) => [id, title])).toEqual(CONTROL_IDS.map((id) => [id, CONTROLS[id].title]));
  });
});
