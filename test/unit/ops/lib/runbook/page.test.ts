/** The runbook has every procedure of both guides and every alert, and shows commands that there are, with a stack's own names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROCEDURES } from "../../../../../components/compliance/duties/guides/procedures";
import { parseConfig } from "../../../../../components/config/faults";
import { alertMatrix } from "../../../../../components/monitoring/alerts/matrix";
import { phiward } from "../../../../../ops/cli";
import { isCommand, procedureHeading, runbookPage } from "../../../../../ops/lib/runbook/page";
import { changed, complete, smallest } from "../../../components/examples";

const PAGE = readFileSync(join(__dirname, "../../../../../docs/runbook.md"), "utf8");
const PROGRAM = phiward(() => () => Promise.resolve());

describe("docs/runbook.md", () => {
  it("has every procedure of both guides, each with a command at least", () => {
    expect(PROCEDURES.length).toBeGreaterThan(55);
    expect(new Set(PROCEDURES.map((one) => `${one.guide}${procedureHeading(one)}`)).size).toBe(PROCEDURES.length);
    for (const procedure of PROCEDURES) {
      const [, part = ""] = PAGE.split(`${procedureHeading(procedure)}\n`);
      expect(part.split(/^#/m)[0], procedureHeading(procedure)).toMatch(/^1\. `npx phiward /m);
      for (const command of procedure.commands) expect(isCommand(PROGRAM, command), command).toBe(true);
    }
  });

  it("has every alert, with who takes it on first and what is looked at", () => {
    for (const { id } of alertMatrix(parseConfig(complete()).monitoring)) {
      const [, part = ""] = PAGE.split(`### ${id}\n`);
      expect(part.split(/^#/m)[0], id).toContain(`npx phiward acknowledge ${id} --why REASON`);
    }
  });

  it("shows a stack's own hosts and contacts, and none of them is more than text", () => {
    const config = parseConfig(
      changed(complete(), {
        incidents: { contacts: [{ name: "<b>[Eve](http://evil.example)|", roles: ["legal"], phone: "+49 30 5550101" }] },
      }),
    );
    const page = runbookPage(config, "clinic", PROGRAM, "Made by a test.");
    expect(page).toContain("| legal | \\<b\\>\\[Eve\\]\\(http://evil.example\\)\\| | +49 30 5550101 |");
    expect(page).toContain("--stack clinic`");
    for (const { name } of config.hosts) expect(page).toContain(`| ${name} |`);
    expect(runbookPage(parseConfig(smallest()), "prod", PROGRAM, "Made by a test.")).toContain(
      "Nobody is declared under `incidents.contacts`.",
    );
  });
});
