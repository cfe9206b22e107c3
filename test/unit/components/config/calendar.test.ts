import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rebootTime } from "../../../../components/config/calendar";
import { parseConfig } from "../../../../components/config/faults";
import { textsOf } from "../../../../components/plan/files";
import { hostPlans } from "../../../../components/registry";
import { changed, complete, faultsOf, smallest } from "../examples";

const DAY = 1440;
// They take a second: what the one ends has ended after a restart, and the others, each minute or every five, look again after it.
const SHORT = ["people", "isolation", "journal-watch", "collector-watch", "sealing", "sessions", "status-page"].map(
  (name) => `/etc/systemd/system/phiward-${name}.timer`,
);
const JOB = { service: "notes-api", command: ["/app/report"] };
const hosts = parseConfig(complete()).hosts.map(({ name }) => name);
const time = fc.integer({ min: 0, max: DAY - 1 }).map((minute) => {
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0"));
  return `${hours ?? ""}:${minutes ?? ""}`;
});
const configurations = fc
  .record({
    ...{ at: time, every: fc.constantFrom("hour", "day"), restoreTest: fc.constantFrom("day", "week"), rebootTime: time },
    jobTimes: fc.array(fc.tuple(fc.constantFrom("hour", "day", "week"), time), { maxLength: 3 }),
  })
  .map(({ rebootTime: wanted, at, every, restoreTest, jobTimes }) => {
    const jobs = jobTimes.map(([often, when], index) => ({ ...JOB, name: `job-${String(index)}`, every: often, time: when }));
    return changed(complete(), {
      updates: { reboot: "automatic", rebootTime: wanted },
      backup: { time: at, every, restoreTest, offsite: "store" },
      jobs,
    });
  })
  // What leaves no time for a restart is refused.
  .filter((raw) => faultsOf(raw).length === 0)
  .map(parseConfig);

/** All that a plan writes on the stack's hosts. */
function texts(config: ReturnType<typeof parseConfig>): readonly (readonly [string, string])[] {
  return hosts
    .flatMap((host) => hostPlans(config, host))
    .flatMap(({ files }) => files.map(({ path, content }) => [path, textsOf(content).join("\n")] as const));
}

/** The minutes of the day at which a timer may start its job; none for a timer without a time of day. */
function starts(timer: string): readonly { readonly minute: number; readonly late: number }[] {
  const calendar = /^OnCalendar=(.*)$/m.exec(timer)?.[1];
  if (calendar === undefined) return [];
  const [, hour = "", minute = ""] = /^(?:Sun )?\*-\*-\* (\d\d|\*):(\d\d):00 UTC$/.exec(calendar) ?? [];
  expect(minute, `${calendar} is a time that this test reads`).not.toBe("");
  const late = Number(/^RandomizedDelaySec=(\d+)$/m.exec(timer)?.[1] ?? 0) / 60;
  return (hour === "*" ? Array.from({ length: 24 }, (_, index) => index) : [Number(hour)]).map((each) => ({
    minute: each * 60 + Number(minute),
    late,
  }));
}

describe("the time at which hosts restart themselves", () => {
  it("is in no job of any host: ten minutes before each, and half an hour after it", () => {
    fc.assert(
      fc.property(configurations, (config) => {
        const written = texts(config);
        const [reboot, ...others] = new Set(
          written.flatMap(([, text]) =>
            [...text.matchAll(/Automatic-Reboot-Time "(\d\d):(\d\d)"/g)].map(([, h, m]) => Number(h) * 60 + Number(m)),
          ),
        );
        expect(others).toEqual([]);
        const timers = written.filter(([path]) => path.endsWith(".timer") && !SHORT.includes(path)).flatMap(([, text]) => starts(text));
        expect(timers.length).toBeGreaterThan(6);
        for (const { minute, late } of timers) {
          const after = ((reboot ?? Number.NaN) - minute + DAY) % DAY;
          expect(after).toBeGreaterThanOrEqual(late + 10);
          expect(after).toBeGreaterThanOrEqual(30);
          expect(DAY - after).toBeGreaterThanOrEqual(10);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is the declared one where no job is due then", () => {
    const at = (wanted: string, raw: Record<string, unknown>): string =>
      rebootTime(parseConfig(changed(raw, { updates: { rebootTime: wanted } })));
    expect(at("04:15", smallest())).toBe("04:15");
    expect(at("00:30", smallest())).toBe("01:10");
    expect(at("23:50", smallest())).toBe("01:10");
    const backups = { ...complete(), backup: { every: "day", time: "01:30", offsite: "store" } };
    expect(at("12:00", backups)).toBe("12:00");
    expect(at("03:30", backups)).toBe("05:30");
  });
});
