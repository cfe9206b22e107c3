/** Steps and checks of systemd units, as most rooms need them. */
import type { ControlId } from "../compliance/controls";
import { ANY, type Cause, type Check, type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "./types";

/** Steps that keep a systemd unit enabled and running. */
export function serviceSteps(service: string): readonly Step[] {
  const asked = (verb: string): Probe => ({ argv: ["systemctl", "--quiet", verb, service], expect: { kind: "exit", code: 0 } });
  return [
    {
      id: `enable-${service}`,
      argv: ["systemctl", "enable", service],
      phase: "after",
      when: { kind: "state", unless: asked("is-enabled") },
      undo: { kind: "none" },
    },
    {
      id: `start-${service}`,
      argv: ["systemctl", "start", service],
      phase: "after",
      when: { kind: "state", unless: asked("is-active") },
      undo: { kind: "none" },
    },
  ];
}

/** The step by which systemd reads changed unit files; it comes before all others that use one. */
export function readUnits(on: readonly Cause[], id = "read-units"): Step {
  return { id, argv: ["systemctl", "daemon-reload"], phase: "after", when: { kind: "change", on }, undo: { kind: "again" } };
}

/** A check that a unit runs. */
export function isActive(unit: string, about: Pick<Check, "id" | "control">): Check {
  return { ...about, argv: ["systemctl", "is-active", unit], expect: { kind: "equals", text: "active" } };
}

/** A check that a unit starts with the host. */
export function isEnabled(unit: string, about: Pick<Check, "id" | "control">): Check {
  return { ...about, argv: ["systemctl", "is-enabled", unit], expect: { kind: "equals", text: "enabled" } };
}

/**
 * The plan by which a concern is taken down whose systemd units are `units`: they are stopped and disabled before their files go,
 * and the checks ask systemd that none of them runs or would start with the host.
 */
export function stoppedUnits(units: readonly string[], control: ControlId): ConcernPlan {
  return {
    ...EMPTY_PLAN,
    steps: [
      ...units.map(
        (unit): Step => ({
          id: `stop-${unit}`,
          argv: ["systemctl", "disable", "--now", unit],
          phase: "before",
          when: { kind: "state", unless: isStopped(unit) },
          undo: { kind: "run", commands: [["systemctl", "enable", "--now", unit]] },
        }),
      ),
      readUnits([ANY], "forget-units"),
    ],
    checks: units.map((unit) => ({ control, ...isStopped(unit), id: `${unit.replace(/\.(service|timer|socket)$/, "")}-stopped` })),
  };
}

function isStopped(unit: string): Probe {
  return {
    argv: ["systemctl", "show", "--property=ActiveState,UnitFileState", unit],
    expect: { kind: "lacks", pattern: "^(ActiveState=(active|activating|reloading)|UnitFileState=enabled)$" },
  };
}
