import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import { secondsOf, silenceOf } from "../../../ops/commands/silence";
import { complete } from "../components/examples";

const CONFIG = parseConfig(complete());
const TERMS = { stack: "prod", for: "2h", why: "new disk, ticket 12" };

describe("a silence", () => {
  it.each([
    ["30m", 1800],
    ["2h", 7200],
    ["7d", 604_800],
  ])("lasts %s", (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it.each(["", "2", "0h", "8d", "2w", "-2h", "2h30m", "99999d"])("lasts no time such as %j", (text) => {
    expect(() => secondsOf(text)).toThrow("--for: found something else, allowed: minutes, hours or days up to a week");
  });

  it("is of one alert or of all, on one host or on all", () => {
    expect(silenceOf(CONFIG, TERMS, false)).toEqual({ seconds: 7200, why: TERMS.why, acknowledged: false });
    expect(silenceOf(CONFIG, { ...TERMS, alert: "DISK_FULL", host: "web" }, true)).toEqual({
      alert: "DISK_FULL",
      host: "web",
      seconds: 7200,
      why: TERMS.why,
      acknowledged: true,
    });
  });

  it.each([
    ["an alert that there is not", { alert: "DISK" }, "ALERT: found DISK, allowed: HOST_SILENT, "],
    ["the heartbeat", { alert: "HEARTBEAT" }, "ALERT: found HEARTBEAT"],
    ["another host", { host: "wob" }, "--host: found wob, allowed: web or store"],
    ["no reason", { why: " " }, "--why: found something else"],
  ])("is not of %s", (_, options, message) => {
    expect(() => silenceOf(CONFIG, { ...TERMS, ...options }, false)).toThrow(message);
  });
});
