/** What `phiward report phi-access` says of the record of a stack's databases. */
import { describe, expect, it } from "vitest";
import { reportPhiAccessCommand, textOf } from "../../../../ops/commands/reportPhiAccess";

const WHERE = { host: "web", server: "db", database: "api" };

describe("the report of accesses to patients' data", () => {
  it("has who read whose data, when and why, and says where there is more", () => {
    const access = {
      ...WHERE,
      at: "2026-11-29T12:06:00+00:00",
      login: "api_e2",
      accessor: "dr.bell",
      subject: "p-17",
      reason: "treatment",
    };
    expect(textOf([access, { ...WHERE, more: true }])).toBe(
      "2026-11-29T12:06:00+00:00 web db/api: dr.bell (api_e2) read of p-17: treatment\nweb db/api: more than it tells at once; take a later day",
    );
    expect(textOf([])).toBe("nobody decrypted anything in this time");
  });

  it.each(["yesterday", "2026-13-01", "2026-11-01; id"])("begins at no day such as %j, and asks no host", async (since) => {
    await expect(reportPhiAccessCommand({ stack: "prod", since })).rejects.toThrow(
      "--since: found another text, allowed: a day such as 2026-11-01",
    );
  });
});
