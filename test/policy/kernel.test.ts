/** The rule about the kernel's settings has a list of its own: it must hold each setting of the baseline. */
import { expect, it } from "vitest";
import { INTERFACE_SYSCTLS, SYSCTLS } from "../../components/system/baseline/kernel";
import { judge } from "../../policies/engine/judge";
import { kernelHardened } from "../../policies/rules/kernel-hardened";
import { goodUnit, putAt, textOf, valueAt } from "./fixtures";

it.each(Object.entries({ ...SYSCTLS, ...INTERFACE_SYSCTLS }))("kernel-hardened demands %s", (key, { value }) => {
  const unit = goodUnit("baseline");
  const path = textOf("baseline", "/etc/sysctl.d/zz-phiward.conf");
  const lines = String(valueAt(unit.args, path)).split("\n");
  const violationsOf = (changed: readonly string[]): number => {
    putAt(unit.args, path, changed.join("\n"));
    return judge(kernelHardened, unit.args).violations.length;
  };
  const line = `${key} = ${value}`;
  expect(lines).toContain(line);
  expect(violationsOf(lines)).toBe(0);
  const advice = "it is in the baseline and not among what the rule demands";
  expect(violationsOf(lines.filter((entry) => entry !== line)), advice).toBeGreaterThan(0);
  expect(violationsOf([...lines, `${key} = -1`]), advice).toBeGreaterThan(0);
});
