import { describe, expect, it } from "vitest";
import { programsVersion } from "../../../../components/plan/programs";
import { generationOf } from "../../../../components/plan/request";
import { hostPlans } from "../../../../components/registry";
import { changedBehindPulumi, replacements, type Stale, withFollowers } from "../../../../ops/lib/stale";
import { CONFIG } from "../../components/golden";

const urn = (name: string): string => `urn:pulumi:prod::phiward::phiward:host:Ssh$command:remote:Command::${name}`;
const state = {
  deployment: {
    resources: [
      { urn: urn("web-ssh-apply") },
      { urn: urn("web-ssh-confirm") },
      { urn: urn("web-ufw-apply") },
      { urn: urn("db-ssh-apply") },
      { urn: urn("web-verify") },
      { urn: "urn:pulumi:prod::phiward::phiward:host:Verify::web-verify" },
    ],
  },
};

describe("what phiward up tells Pulumi to run again", () => {
  it("is the apply and the confirmation of each stale unit, and the verification of its host, but no component", () => {
    expect(replacements(CONFIG, [{ host: "web", unit: "ssh", why: "" }], state)).toEqual([
      urn("web-ssh-apply"),
      urn("web-ssh-confirm"),
      urn("web-verify"),
    ]);
  });

  it("is the programs of a host with a stale unit too, which may have lost them", () => {
    const install = "urn:pulumi:prod::phiward::phiward:host:Programs$command:local:Command::web-programs-install";
    const resources = [...state.deployment.resources, { urn: install }];
    expect(replacements(CONFIG, [{ host: "web", unit: "ssh", why: "" }], { deployment: { resources } })).toContain(install);
  });

  it("is nothing that the state does not have yet: Pulumi makes that anyway", () => {
    expect(replacements(CONFIG, [{ host: "web", unit: "fail2ban", why: "" }], state)).toEqual([urn("web-verify")]);
    expect(replacements(CONFIG, [{ host: "web", unit: "ssh", why: "" }], { deployment: {} })).toEqual([]);
    expect(replacements(CONFIG, [], state)).toEqual([]);
  });

  it("is the verification alone of a host whose containers were repaired", () => {
    expect(replacements(CONFIG, [], state, ["web"])).toEqual([urn("web-verify")]);
  });
});

describe("what is applied after a unit that replaces what containers have mounted", () => {
  const units = new Set(["docker", "secrets", "retire", "ufw"]);
  const of = (...names: readonly string[]): readonly Stale[] => names.map((unit) => ({ host: "web", unit, why: "" }));

  it("is the unit that starts containers with former files again, once, and on a host that has it", () => {
    for (const writer of ["docker", "secrets"])
      expect(withFollowers(of("ufw", writer), units).map(({ unit }) => unit)).toEqual(["ufw", writer, "retire"]);
    expect(withFollowers(of("secrets", "retire"), units)).toEqual(of("secrets", "retire"));
    expect(withFollowers(of("ufw"), units)).toEqual(of("ufw"));
    expect(withFollowers(of("docker"), new Set(["docker"]))).toEqual(of("docker"));
  });
});

describe("what changed behind Pulumi's back", () => {
  const [host] = CONFIG.hosts;
  const plans = host === undefined ? [] : hostPlans(CONFIG, host.name);
  const stale = plans.map(({ unit }): Stale => ({ host: host?.name ?? "", unit, why: "it has drifted: /etc/motd" }));
  const applied = (generation: (declared: string) => unknown): unknown => ({
    deployment: {
      resources: plans.flatMap((plan) => {
        const name = `${host?.name ?? ""}-${plan.unit}`;
        const component = `urn:pulumi:prod::phiward::phiward:host:Ssh::${name}`;
        return [
          { urn: component, outputs: { generation: generation(generationOf(plan)) } },
          { urn: urn(`${name}-apply`), outputs: {} },
        ];
      }),
    },
  });

  it("is what Pulumi's state says was applied as it is declared now", () => {
    expect(stale.length).toBeGreaterThan(5);
    expect(
      changedBehindPulumi(
        CONFIG,
        stale,
        applied((generation) => generation),
      ),
    ).toEqual(stale);
  });

  it("is nothing that the configuration or the program has changed since, nor what was never applied: Pulumi does that by itself", () => {
    expect(
      changedBehindPulumi(
        CONFIG,
        stale,
        applied(() => "0".repeat(64)),
      ),
    ).toEqual([]);
    expect(changedBehindPulumi(CONFIG, stale, { deployment: {} })).toEqual([]);
    expect(changedBehindPulumi(CONFIG, stale, {})).toEqual([]);
  });

  it("is the loss of the programs where Pulumi believes that the host has this version of them", () => {
    const lost = [{ host: "web", unit: "programs", why: "it lacks the agent or the programs of this version" }];
    const install = "urn:pulumi:prod::phiward::phiward:host:Programs$command:local:Command::web-programs-install";
    const deployed = (version: unknown) => ({
      deployment: { resources: [{ urn: install, outputs: { environment: { PHIWARD_PROGRAMS: version } } }] },
    });
    expect(changedBehindPulumi(CONFIG, lost, deployed(programsVersion()))).toEqual(lost);
    expect(changedBehindPulumi(CONFIG, lost, deployed({ "4dabf18193072939515e22adb298388d": "secret" }))).toEqual(lost);
    expect(changedBehindPulumi(CONFIG, lost, deployed("0".repeat(64)))).toEqual([]);
    expect(changedBehindPulumi(CONFIG, lost, {})).toEqual([]);
    expect(replacements(CONFIG, lost, deployed(programsVersion()))).toEqual([install]);
  });

  it("is what has changed where the state keeps as a secret what was applied", () => {
    expect(
      changedBehindPulumi(
        CONFIG,
        stale,
        applied(() => ({ "4dabf18193072939515e22adb298388d": "secret" })),
      ),
    ).toEqual(stale);
  });
});
