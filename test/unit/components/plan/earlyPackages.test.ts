import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { EARLY_PACKAGES, earlyPackages, earlyPackagesIn, earlyVariable } from "../../../../components/plan/earlyPackages";
import { hostPlans } from "../../../../components/registry";
import { complete } from "../examples";

const PLANS = hostPlans(parseConfig(complete()), "web");
const WANTED = PLANS.flatMap(({ packages }) => packages);

describe("the packages that a host gets before its first concern", () => {
  it("are those that its plans ask for, and not one that starts a service before that is configured", () => {
    const early = earlyPackages(PLANS);
    expect(early.filter((name) => !WANTED.includes(name))).toEqual([]);
    expect(early).toEqual(expect.arrayContaining(["age", "iptables", "restic", "ufw"]));
    const services = ["certbot", "docker.io", "fail2ban", "nginx", "openssh-server", "systemd-timesyncd", "unattended-upgrades"];
    expect(services.filter((name) => early.includes(name))).toEqual([]);
  });

  it("leave out what no plan of the host asks for", () => {
    expect(earlyPackages([{ packages: ["nginx", "ufw"] }])).toEqual(["ufw"]);
    expect(earlyVariable([{ packages: ["nginx"] }])).toEqual({});
  });

  it("come back from the variable that carries them, and no other package does", () => {
    const variable = earlyVariable(PLANS)[EARLY_PACKAGES] ?? "";
    expect(earlyPackagesIn(variable)).toEqual(earlyPackages(PLANS));
    expect(earlyPackagesIn("")).toEqual([]);
    for (const other of ["age nginx", "-y", "age=1", "age\nufw"]) expect(earlyPackagesIn(other)).toBeUndefined();
  });
});
