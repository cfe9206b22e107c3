import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { alertMatrix } from "../../../../../components/monitoring/alerts/matrix";
import { detectors } from "../../../../../components/monitoring/detectors/concern";
import { detectorsSettings, THRESHOLDS } from "../../../../../components/monitoring/detectors/settings";
import { complete, smallest } from "../../examples";
import { CONFIG, expectGolden } from "../../golden";

function settingsOf(raw: unknown, name: string) {
  const config = parseConfig(raw);
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return detectorsSettings(stackModel(config), host);
}

describe("the plan of the detectors", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, detectors, CONFIG, "store");
  });

  it("is a vault's that has records of other hosts, and no other host's", () => {
    expect(settingsOf(complete(), "store")).toMatchObject({ host: "store", senders: ["web"], breakGlass: "breakglass" });
    expect(settingsOf(complete(), "web")).toBeUndefined();
    expect(settingsOf(smallest(), "web")).toBeUndefined();
  });

  it("has a threshold for each event that the host's program counts by one", () => {
    const program = readFileSync(join(__dirname, "../../../../../components/host/phiward_host/detectors/classes.py"), "utf8");
    const reached = /^REACHED: Sequence\[str\] = \((.*)\)$/m.exec(program)?.[1] ?? "";
    // The operations guide's.
    expect(THRESHOLDS).toMatchObject({ "brute-force": { count: 5, seconds: 900 }, "restores-repeated": { count: 2, seconds: 3600 } });
    expect([...reached.matchAll(/"([\w-]+)"/g)].map(([, event]) => event).sort()).toEqual(Object.keys(THRESHOLDS).sort());
  });

  it("counts every event that an alert waits for", () => {
    const program = readFileSync(join(__dirname, "../../../../../components/host/phiward_host/detectors/classes.py"), "utf8");
    const events = JSON.stringify(
      alertMatrix({
        diskPercent: 80,
        memoryPercent: 90,
        certificateDays: 7,
        vulnerabilities: { graveDays: 1, otherDays: 7, indexDrop: 5 },
        rotation: { passwordDays: 92, keyDays: 366, broughtDays: 366, graceDays: 14 },
      }),
    ).matchAll(/"event":"([\w-]+)"/g);
    const named = [...events].map(([, event = ""]) => event);
    expect(named.length).toBeGreaterThan(8);
    for (const event of named) expect(program, event).toContain(`"${event}"`);
  });
});
