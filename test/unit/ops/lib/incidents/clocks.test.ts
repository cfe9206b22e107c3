/** Clocks of incidents: their arithmetic over summer time, time zones, leap years and New Year, and how they stand. */
import { describe, expect, it } from "vitest";
import { clocksOf, clockText, running, span, statedClocks } from "../../../../../ops/lib/incidents/clocks";
import type { Entry } from "../../../../../ops/lib/incidents/entry";
import { incidentOf } from "../../../../../ops/lib/incidents/state";
import { momentOf } from "../../../../../ops/lib/incidents/write";

type Settings = Parameters<typeof clocksOf>[1];
const SETTINGS: Settings = { contacts: [], responses: { P1: 15, P2: 60, P3: 240, P4: 1440 }, law: ["gdpr", "hipaa"] };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Said = Omit<Entry, "clocks" | "previous">;
const opened = (aware: string, more: Partial<Said> = {}): Said => ({
  ...{ stack: "prod", incident: 1, kind: "opened", at: aware, of: aware, by: "alice", says: "Files are encrypted", class: "P1", aware },
  ...more,
});
const noted = (of: string, more: Partial<Said>): Said => ({
  ...{ stack: "prod", incident: 1, kind: "noted", at: of, of, by: "bob", says: "A note of it" },
  ...more,
});
const ends = (aware: string, more: Partial<Said> = {}, settings = SETTINGS): Record<string, string | null> =>
  Object.fromEntries(
    clocksOf(incidentOf([opened(aware, more)]), settings).map((clock) => [
      clock.name,
      clock.ends === null ? null : new Date(clock.ends).toISOString(),
    ]),
  );

describe("the clocks of an incident", () => {
  it("are of its class and of the law, from when somebody knew", () => {
    expect(ends("2026-11-29T08:00:00.000Z")).toEqual({
      acknowledge: "2026-11-29T08:15:00.000Z",
      contain: "2026-11-29T08:30:00.000Z",
      authority: "2026-12-02T08:00:00.000Z",
      persons: null,
      individuals: "2027-01-28T08:00:00.000Z",
      media: "2027-01-28T08:00:00.000Z",
      hhs: "2027-01-28T08:00:00.000Z",
    });
    expect(ends("2026-11-29T08:00:00.000Z", { class: "P3" })).toMatchObject({
      acknowledge: "2026-11-29T12:00:00.000Z",
      contain: "2026-11-30T00:00:00.000Z",
    });
    expect(Object.keys(ends("2026-11-29T08:00:00.000Z", { data: "none" }))).toEqual(["acknowledge", "contain"]);
    expect(Object.keys(ends("2026-11-29T08:00:00.000Z", {}, { ...SETTINGS, law: ["gdpr"] }))).toEqual([
      "acknowledge",
      "contain",
      "authority",
      "persons",
    ]);
  });

  it("of a business associate are one, to the covered entity", () => {
    const of = (persons: number) => ends("2026-11-29T08:00:00.000Z", { persons }, { ...SETTINGS, law: ["hipaa-associate"] });
    for (const persons of [3, 5000])
      expect(of(persons)).toEqual({
        acknowledge: "2026-11-29T08:15:00.000Z",
        contain: "2026-11-29T08:30:00.000Z",
        entity: "2027-01-28T08:00:00.000Z",
      });
    const [, , entity] = clocksOf(incidentOf([opened("2026-11-29T08:00:00.000Z")]), { ...SETTINGS, law: ["hipaa-associate"] });
    expect(new Date(entity?.warns ?? 0).toISOString()).toBe("2026-12-29T08:00:00.000Z");
  });

  it("take 72 hours, also where the wall's clock is put on or back meanwhile", () => {
    const now = new Date("2026-12-01T00:00:00Z");
    for (const [local, end] of [
      ["2026-03-28T12:00+01:00", "2026-03-31T13:00+02:00"],
      ["2025-10-25T12:00+02:00", "2025-10-28T11:00+01:00"],
      ["2026-03-07T23:30-05:00", "2026-03-11T00:30-04:00"],
    ] as const) {
      const aware = momentOf("--aware", local, now);
      expect(ends(aware?.toISOString() ?? "")["authority"], local).toBe(new Date(end).toISOString());
    }
  });

  it("count an unknown number of persons as a large one, and fewer than 500 by the calendar year", () => {
    const few = { persons: 499 };
    expect(Object.keys(ends("2026-11-29T08:00:00.000Z", few))).not.toContain("media");
    expect(ends("2026-11-29T08:00:00.000Z", few)["hhs"]).toBe("2027-03-01T00:00:00.000Z");
    expect(ends("2027-11-29T08:00:00.000Z", few)["hhs"]).toBe("2028-02-29T00:00:00.000Z");
    // New Year's morning in UTC is still the old year for some.
    expect(ends("2027-01-01T05:00:00.000Z", few)["hhs"]).toBe("2027-03-01T00:00:00.000Z");
    expect(ends("2026-11-29T08:00:00.000Z", { persons: 500 })["hhs"]).toBe("2027-01-28T08:00:00.000Z");
    expect(Object.keys(ends("2026-11-29T08:00:00.000Z", { persons: 500 }))).not.toContain("media");
    expect(Object.keys(ends("2026-11-29T08:00:00.000Z", { persons: 501 }))).toContain("media");
  });

  it("stop by what was done, when it was done, and say so where that was late", () => {
    const at = "2026-11-29T08:00:00.000Z";
    const incident = incidentOf([
      opened(at),
      noted("2026-11-29T08:12:00.000Z", { done: ["acknowledge"] }),
      noted("2026-11-29T09:00:00.000Z", { done: ["contain"] }),
      noted("2026-11-29T10:00:00.000Z", { notNeeded: ["media"], says: "All of them live in two states" }),
    ]);
    const text = (name: string): string => {
      const clock = clocksOf(incident, SETTINGS).find((one) => one.name === name);
      return clock === undefined ? "" : clockText(clock, incident, Date.parse(at) + 80 * HOUR);
    };
    expect(text("acknowledge")).toBe("done after 12 min, by bob");
    expect(text("contain")).toBe("done after 1 h 0 min, 30 min too late, by bob");
    expect(text("media")).toBe("not needed, as bob says: All of them live in two states");
    expect(text("authority")).toBe("OVER since 8 h 0 min");
    expect(text("persons")).toContain("without undue delay");
    expect(text("individuals")).toBe("56 d 16 h left, until 2027-01-28T08:00Z");
    expect(running(incident, SETTINGS).map(({ name }) => name)).toEqual(["authority", "persons", "individuals", "hhs"]);
  });

  it("are stated with every entry: each warns before it is over, actions too", () => {
    const incident = incidentOf([
      opened("2026-11-29T08:00:00.000Z", { class: "P4" }),
      noted("2026-11-29T09:00:00.000Z", { action: { what: "keys on hardware", owner: "anna", until: "2027-01-31" } }),
    ]);
    const stated = statedClocks(incident, SETTINGS);
    for (const { clock, warns, ends: over } of stated) expect(over ?? Number.POSITIVE_INFINITY, clock).toBeGreaterThan(warns);
    expect(stated.find(({ clock }) => clock === "authority")).toEqual({
      ...{ clock: "authority", warns: Date.parse("2026-12-01T08:00:00Z") / 1000, ends: Date.parse("2026-12-02T08:00:00Z") / 1000 },
    });
    expect(stated.find(({ clock }) => clock === "action-1")?.ends).toBe(Date.parse("2027-02-01T00:00:00Z") / 1000);
    expect(span(2 * DAY + 3 * HOUR)).toBe("2 d 3 h");
  });
});

describe("a time of the command line", () => {
  const now = new Date("2026-11-29T12:00:00Z");
  it.each(["2026-11-29", "2026-11-29T08:30", "2026-02-30T08:30Z", "2026-11-29T13:00Z", "2026-11-29T13:30:00+00:30", "yesterday", ""])(
    "is refused: %j",
    (text) => {
      expect(() => momentOf("--since", text, now)).toThrow("--since: found ");
    },
  );
  it("has its offset", () => {
    expect(momentOf("--since", "2026-11-29T13:00+01:00", now)?.toISOString()).toBe("2026-11-29T12:00:00.000Z");
  });
});
