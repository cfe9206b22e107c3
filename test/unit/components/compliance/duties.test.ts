/** The year's work: each row of both guides' lists is done by something that there is. */
import { describe, expect, it } from "vitest";
import { DUTIES, LISTED_DUTIES } from "../../../../components/compliance/duties/duties";
import { GUIDE_LISTS } from "../../../../components/compliance/duties/guides/lists";
import type { Does } from "../../../../components/compliance/duties/guides/row";
import { parseConfig } from "../../../../components/config/faults";
import { textsOf } from "../../../../components/plan/files";
import { hostPlans } from "../../../../components/registry";
import { phiward } from "../../../../ops/cli";
import { complete } from "../examples";

const CONFIG = parseConfig(complete());
const PLANS = CONFIG.hosts.flatMap(({ name }) => hostPlans(CONFIG, name));
const CHECKS = new Set(PLANS.flatMap(({ checks }) => checks.map(({ id }) => id)));
const FILES = new Map(PLANS.flatMap(({ files }) => files.map((file) => [file.path, textsOf(file.content).join("\n")] as const)));
// Debian's own.
const OTHER_TIMERS = ["apt-daily-upgrade.timer"];

/** The command line's verb, by its words up to the first option or argument. */
function isCommand(words: string): boolean {
  let command = phiward(() => () => Promise.resolve());
  for (const word of words.split(" ")) {
    const below = command.commands.find((one) => one.name() === word);
    if (below === undefined) break;
    command = below;
  }
  const options = [...words.matchAll(/(--[a-z-]+)/g)].map(([, name]) => name);
  return command.parent !== null && options.every((name) => command.options.some(({ long }) => long === name));
}

function faultOf(does: Does): string | undefined {
  if ("duty" in does) return Object.hasOwn(DUTIES, does.duty) ? undefined : `duty ${does.duty}`;
  if ("command" in does) return isCommand(does.command) ? undefined : `command ${does.command}`;
  if ("check" in does) return CHECKS.has(does.check) ? undefined : `check ${does.check}`;
  const unit = FILES.get(`/etc/systemd/system/${does.alert}`);
  return unit?.includes("OnFailure=phiward-alert@") === true ? undefined : `alert ${does.alert}`;
}

describe("the lists of both guides", () => {
  it("have all their rows, and each is done by a duty, command, check or alert that there is", () => {
    const faults = GUIDE_LISTS.flatMap(({ heading, rows }) =>
      rows.flatMap(([row, ...does]) => does.map(faultOf).flatMap((fault) => (fault === undefined ? [] : [`${heading}: ${row}: ${fault}`]))),
    );
    expect(faults).toEqual([]);
    // As both guides have them: a row that is taken out here is taken out there.
    expect(GUIDE_LISTS.map(({ heading, rows }) => [heading, rows.length])).toEqual([
      ["Morning Security Check", 4],
      ["Security Alert Response Procedures", 5],
      ["Security Event Severity Levels", 4],
      ["Emergency Contacts", 4],
      ["Security Operations Checklist: Daily", 4],
      ["Security Operations Checklist: Weekly", 4],
      ["Security Operations Checklist: Monthly", 5],
      ["Security Operations Checklist: Quarterly", 5],
      ["Security Operations Checklist: Annually", 5],
      ["Security Incident Classification", 4],
      ["Immediate Response Checklist", 7],
      ["Daily Security Checks", 6],
      ["Weekly Security Review", 7],
      ["Administrative Safeguards", 5],
      ["Physical Safeguards", 3],
      ["Technical Safeguards", 5],
      ["Key Security Indicators", 5],
      ["Monthly Security Report Template", 4],
    ]);
  });

  it("has a heading of no two lists of one guide", () => {
    expect(new Set(GUIDE_LISTS.map(({ guide, heading }) => `${guide} ${heading}`)).size).toBe(GUIDE_LISTS.length);
  });
});

describe("a duty", () => {
  it.each(LISTED_DUTIES)("$id is done by a timer whose check there is, by a command that there is, or by people", ({ done, title }) => {
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    if (done.by === "timer") {
      expect([done.check, CHECKS.has(done.check)]).toEqual([done.check, true]);
      const isThere = OTHER_TIMERS.includes(done.unit) || FILES.has(`/etc/systemd/system/${done.unit}`);
      expect([done.unit, isThere]).toEqual([done.unit, true]);
    } else if (done.command !== undefined) expect([done.command, isCommand(done.command)]).toEqual([done.command, true]);
  });

  it("is one of which a guide has a row, or the law alone asks for", () => {
    const used = new Set(
      GUIDE_LISTS.flatMap(({ rows }) => rows.flatMap(([, ...does]) => does.flatMap((one) => ("duty" in one ? [one.duty] : [])))),
    );
    expect(LISTED_DUTIES.filter(({ id }) => !used.has(id)).map(({ id }) => id)).toEqual(["recovery-key-opened"]);
  });
});
