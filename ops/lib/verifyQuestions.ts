/** What a host is asked by `phiward verify` and at the end of a deploy, and whether its answers are those of a host that passes. */
import type { StackConfig } from "../../components/config/schema";
import { acceptedIn } from "../../components/plan/acceptedChecks";
import { generationOf, type Questions } from "../../components/plan/request";
import { checkedUnits, hostPlans } from "../../components/registry";
import { type AcceptedChecks, acceptedChecks } from "../../policies/waivers/acceptedChecks";
import { loadWaivers, waiversBeside } from "../../policies/waivers/load";
import { utcDay } from "../../policies/waivers/schema";
import type { CheckResult } from "./agent";
import type { StackContext } from "./context";

/** The checks whose failure the waivers beside the stack's file accept today. */
export function acceptedToday(config: StackConfig, { file }: Pick<StackContext, "file">): AcceptedChecks {
  return acceptedChecks(config, utcDay(new Date()), (terms) => loadWaivers(waiversBeside(file), terms));
}

/**
 * All checks of a host, and the generations of its units: what `HostVerify` asks. A failure that is accepted is shown all the same, and is
 * nothing that the next deploy should put right.
 */
export function verifyQuestions(config: StackConfig, host: string, accepted: AcceptedChecks): Questions {
  const plans = checkedUnits(config, host).map((unit) => acceptedIn(unit, accepted(host)));
  return { plans, generations: Object.fromEntries(hostPlans(config, host).map((plan) => [plan.unit, generationOf(plan)])) };
}

/** Whether a deploy that asked this would go on: every question has its answer, and what fails only warns. */
export function allHold({ plans, generations }: Questions, results: readonly CheckResult[]): boolean {
  const asked = [
    ...Object.keys(generations).map((unit) => ({ name: nameOf(unit, `${unit}-generation`), onlyWarns: false })),
    ...plans.flatMap(({ unit, checks }) => checks.map((check) => ({ name: nameOf(unit, check.id), onlyWarns: check.onlyWarns === true }))),
  ];
  const answers = new Map<string, readonly string[]>();
  for (const { unit, id, status } of results) answers.set(nameOf(unit, id), [...(answers.get(nameOf(unit, id)) ?? []), status]);
  return asked.every(({ name, onlyWarns }) => {
    const statuses = answers.get(name) ?? [];
    return statuses.length > 0 && (onlyWarns || !statuses.includes("fail"));
  });
}

function nameOf(unit: string, id: string): string {
  return JSON.stringify([unit, id]);
}
