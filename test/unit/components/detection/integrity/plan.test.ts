import { describe, expect, it } from "vitest";
import { rebootTime } from "../../../../../components/config/calendar";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { integrity } from "../../../../../components/detection/integrity/concern";
import { integrityPlan } from "../../../../../components/detection/integrity/plan";
import { integritySettings } from "../../../../../components/detection/integrity/settings";
import { changed, complete, faultsOf, smallest } from "../../examples";
import { expectGolden } from "../../golden";

const ENTRY = {
  host: "web",
  kind: "job of cron",
  path: "/etc/cron.d/vendor",
  reason: "the laboratory's transfer, ticket 12",
  owner: "anna@example.org",
  expires: "2027-02-28",
};

function declaredOf(config: unknown, index = 0) {
  const parsed = parseConfig(config);
  const host = parsed.hosts[index];
  if (host === undefined) throw new Error("no such host");
  return integritySettings(stackModel(parsed), host).declared;
}

describe("the plan of integrity", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, integrity);
  });

  it("declares of each host what it has: a vault has neither services nor their ports", () => {
    const { containers, listeners } = declaredOf(complete());
    expect(containers.length).toBeGreaterThan(0);
    expect(listeners).toEqual(expect.arrayContaining(["tcp/22", "tcp/443", "udp/443"]));
    const vault = declaredOf(complete(), 1);
    expect(vault.containers).toEqual([]);
    expect(vault.listeners).not.toContain("tcp/443");
  });

  it("hands a host what is accepted of it alone", () => {
    const config = changed(smallest(), { integrity: { accepted: [ENTRY], sealed: [{ host: "web", sha256: "a".repeat(64) }] } });
    expect(declaredOf(config)).toMatchObject({
      accepted: [{ kind: ENTRY.kind, path: ENTRY.path, sha256: null, reason: ENTRY.reason, owner: ENTRY.owner, expires: ENTRY.expires }],
      seal: "a".repeat(64),
    });
  });

  it.each([
    ["an unknown host", { ...ENTRY, host: "wob" }, "the name of a host under hosts"],
    ["no reason worth the name", { ...ENTRY, reason: "because" }, "a sentence of 20 to 300"],
    ["no owner", { ...ENTRY, owner: "" }, "who sees to it"],
    ["no last day", { ...ENTRY, expires: "2026-02-30" }, "a day from 2000 to 2099"],
    ["no kind", { ...ENTRY, kind: "" }, "the kind of a finding"],
    ["a library that every program loads", { ...ENTRY, path: "/etc/ld.so.preload" }, "what does not make someone root"],
    ["keys of root", { ...ENTRY, path: "/root/.ssh/authorized_keys" }, "what does not make someone root"],
    ["rights", { ...ENTRY, path: "/etc/sudoers.d/vendor" }, "what does not make someone root"],
  ])("accepts nothing with %s", (_, entry, message) => {
    expect(faultsOf(changed(smallest(), { integrity: { accepted: [entry] } })).join()).toContain(message);
  });

  it("alerts where the host has what sends alerts, and names no unit that is not there", () => {
    const onFailure = (alerts: boolean): string =>
      JSON.stringify(integrityPlan({ time: "21:40", alerts, declared: declaredOf(smallest()) }));
    expect(onFailure(true)).toContain("OnFailure=phiward-alert@%n.service");
    expect(onFailure(false)).not.toContain("phiward-alert@");
  });

  it("looks in no minute in which a host restarts itself", () => {
    const config = parseConfig(changed(smallest(), { integrity: { time: "03:25" } }));
    expect(rebootTime(config)).toBe("03:55");
  });
});
