import { describe, expect, it } from "vitest";
import { scanTimes } from "../../../../../components/config/calendar";
import { scans } from "../../../../../components/detection/scans/concern";
import { scansPlan } from "../../../../../components/detection/scans/plan";
import { changed, faultsOf, smallest } from "../../examples";
import { expectGolden } from "../../golden";

const TIMES = scanTimes("00:20");

describe("the plan of scans", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, scans);
  });

  it("brings the data half an hour before the look, and has lynis begin an hour before it, also around midnight", () => {
    expect(TIMES).toEqual({ look: "00:20", tracker: "23:50", lynis: "23:20" });
  });

  it("asks no tracker where none is named, and ends what asked one", () => {
    const plan = scansPlan({ times: TIMES, tracker: null });
    expect(plan.files.map(({ path }) => path).filter((path) => path.includes("data"))).toEqual([]);
    expect(plan.steps.map(({ id }) => id)).toContain("stop-tracker");
    expect(plan.checks.map(({ id }) => id)).not.toContain("vulnerabilities-data-brought-daily");
  });

  it.each([
    ["http", "http://mirror.example.org/debsecan/"],
    ["no slash at its end", "https://mirror.example.org/debsecan"],
    ["a password", "https://a:b@mirror.example.org/debsecan/"],
    ["a query", "https://mirror.example.org/?debsecan/"],
    ["spaces", "https://mirror.example.org/a b/"],
  ])("takes no tracker with %s", (_, tracker) => {
    expect(faultsOf(changed(smallest(), { monitoring: { vulnerabilities: { tracker } } })).join()).toContain(
      "monitoring.vulnerabilities.tracker",
    );
  });
});
