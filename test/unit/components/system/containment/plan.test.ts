import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { containment } from "../../../../../components/system/containment/concern";
import { containmentSettings } from "../../../../../components/system/containment/settings";
import { isolationTable } from "../../../../../components/system/containment/table";
import { configurations } from "../../configurations";
import { CONFIG, expectGolden } from "../../golden";

describe("the plan of isolation", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, containment);
  });

  it("drops what it does not name at each place of the kernel's, and names administrators' SSH and the vault alone", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        for (const host of config.hosts) {
          const lines = isolationTable(containmentSettings(config, host))
            .split("\n")
            .map((line) => line.trim());
          expect(lines.filter((line) => line.startsWith("type filter"))).toEqual(
            ["prerouting", "forward", "output"].map((hook) => `type filter hook ${hook} priority -500; policy drop;`),
          );
          const accepted = lines.filter((line) => line.endsWith(" accept") && !/icmp|"lo"/.test(line));
          for (const line of accepted)
            expect(line).toMatch(
              /^ip6? [sd]addr (@vault[46]|[0-9a-f.:/]+) tcp [sd]port 22( tcp flags & \(syn \| ack\) != syn| meta skuid 0)? accept$/,
            );
          for (const network of config.adminNetworks)
            expect(accepted.some((line) => line.includes(` saddr ${network} tcp dport 22`))).toBe(true);
        }
      }),
    );
  });

  it("leaves a vault to its administrators alone", () => {
    const vault = CONFIG.hosts.find(({ role }) => role === "vault");
    if (vault === undefined) throw new Error("the example has no vault");
    const table = isolationTable(containmentSettings(CONFIG, vault));
    expect(table).not.toContain("elements");
  });
});
