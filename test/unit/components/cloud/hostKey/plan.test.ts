import { describe, it } from "vitest";
import { hostKeyPlan } from "../../../../../components/cloud/hostKey/plan";
import { expectGoldenPlan } from "../../golden";

describe("the plan of a droplet's lasting host key", () => {
  it("is as it was last reviewed", async () => {
    await expectGoldenPlan(__dirname, hostKeyPlan({ firstHostKey: "", deadManSeconds: 20 }));
  });
});
