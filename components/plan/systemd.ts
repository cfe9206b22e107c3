/** Steps and checks of systemd units, as most rooms need them. */
import type { Check, Probe, Step } from "./types";

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
export function readUnits(on: readonly string[], id = "read-units"): Step {
  return { id, argv: ["systemctl", "daemon-reload"], phase: "after", when: { kind: "change", on }, undo: { kind: "again" } };
}

/** A check that a unit runs. */
export function isActive(unit: string, about: Pick<Check, "id" | "control" | "cites">): Check {
  return { ...about, argv: ["systemctl", "is-active", unit], expect: { kind: "equals", text: "active" } };
}

/** A check that a unit starts with the host. */
export function isEnabled(unit: string, about: Pick<Check, "id" | "control" | "cites">): Check {
  return { ...about, argv: ["systemctl", "is-enabled", unit], expect: { kind: "equals", text: "enabled" } };
}
