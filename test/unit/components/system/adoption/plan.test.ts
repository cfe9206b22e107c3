import { describe, it } from "vitest";
import { adoptPlan } from "../../../../../components/system/adoption/plan";
import { CONFIG, expectGoldenPlan } from "../../golden";

describe("the plan by which a server is adopted", () => {
  it("is as it was last reviewed, with its files", async () => {
    await expectGoldenPlan(__dirname, adoptPlan(CONFIG));
  });
});
