import { describe, it } from "vitest";
import { retire } from "../../../../../components/containers/retire/concern";
import { expectGolden } from "../../golden";

describe("what is retired", () => {
  it("is as it was last reviewed: the plan and its removal", async () => {
    await expectGolden(__dirname, retire);
  });
});
