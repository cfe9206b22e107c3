import { describe, expect, it } from "vitest";
import type { HostPlan } from "../../../../components/plan/hostPlan";
import { reviewedArguments } from "../../../../components/plan/reviewedArguments";
import { shownPlan } from "../../../../components/plan/shownPlan";
import { hostPlans } from "../../../../components/registry";
import { CONFIG } from "../golden";

const shown = (plan: HostPlan): string => JSON.stringify([reviewedArguments({}, {}, plan), shownPlan(plan)]);
const plans = CONFIG.hosts.flatMap(({ name }) => hostPlans(CONFIG, name));

describe("what Pulumi's state shows of a plan", () => {
  it("differs where any part of the plan differs, of every concern", () => {
    const differs = (plan: HostPlan, part: keyof HostPlan): boolean => {
      const value: unknown = plan[part];
      const other = Array.isArray(value) ? value.slice(1) : typeof value === "boolean" ? !value : value === null ? 30 : null;
      // What a host would be sent, with one part of it another.
      return shown({ ...plan, [part]: other }) !== shown(plan);
    };
    const silent = plans.flatMap((plan) =>
      (Object.keys(plan) as (keyof HostPlan)[])
        .filter((part) => part !== "unit" && !(Array.isArray(plan[part]) && plan[part].length === 0))
        .flatMap((part) => (differs(plan, part) ? [] : [`${plan.unit}: ${part}`])),
    );
    expect(silent).toEqual([]);
  });

  it("names the commands that wait for a file, and those that the host's state decides", () => {
    const commands = Object.values(shownPlan(plans.find(({ unit }) => unit === "nginx") ?? missing()).commands);
    expect(commands).toContain("systemctl start nginx.service");
    expect(commands).toContainEqual({
      run: "systemctl reload-or-restart nginx.service",
      on: expect.arrayContaining(["/etc/nginx/nginx.conf"]) as unknown,
    });
  });

  it("is a small part of the plan", () => {
    const size = (value: unknown): number => JSON.stringify(value).length;
    for (const plan of plans) expect(size(shownPlan(plan)), plan.unit).toBeLessThan(size({ ...plan, files: [] }) / 2);
  });
});

function missing(): never {
  throw new Error("no such plan");
}
