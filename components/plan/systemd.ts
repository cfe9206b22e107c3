/** Steps and checks of systemd units, as most concerns need them. */
import type { ControlId } from "../compliance/controls";
import { literal } from "./patterns";
import { ANY, type Cause, type Check, type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "./types";

/** Steps that keep a systemd unit enabled and running. */
export function serviceSteps(service: string, { requiredNow = false } = {}): readonly Step[] {
  return [
    ...(service.endsWith(".service") ? [continueStep(service)] : []),
    enableStep(service, { requiredNow }),
    {
      id: `start-${service}`,
      argv: ["systemctl", "start", service],
      phase: "after",
      when: { kind: "state", unless: asked("is-active", service) },
      undo: { kind: "none" },
    },
  ];
}

/**
 * The step that keeps a systemd unit enabled, for the next boot. It has systemd read all units again, which takes most of a second,
 * only where another service is to require or want this one from now on.
 */
export function enableStep(unit: string, { requiredNow = false } = {}): Step {
  return {
    id: `enable-${unit}`,
    argv: ["systemctl", "enable", ...(requiredNow ? [] : ["--no-reload"]), unit],
    phase: "after",
    when: { kind: "state", unless: asked("is-enabled", unit) },
    undo: { kind: "none" },
  };
}

function asked(verb: "is-enabled" | "is-active", unit: string): Probe {
  return { argv: ["systemctl", "--quiet", verb, unit], expect: { kind: "exit", code: 0 } };
}

/** Asks each process for its state and its systemd unit. */
export const PROCESSES = ["ps", "-e", "-o", "stat=,unit="];

// Processes that a signal suspended are active to systemd and answer nobody: whatever asks them, such as a reload, would wait for ever.
function continueStep(service: string): Step {
  const expect = { kind: "lacks", pattern: `^T\\S*\\s+${literal(service)}$` } as const;
  return {
    id: `continue-${service}`,
    argv: ["systemctl", "kill", "--signal=CONT", service],
    phase: "before",
    when: { kind: "state", unless: { argv: PROCESSES, expect } },
    undo: { kind: "none" },
  };
}

/** The step by which systemd reads changed unit files; it comes before all others that use one. */
export function readUnits(on: readonly Cause[], id = "read-units"): Step {
  return { id, argv: ["systemctl", "daemon-reload"], phase: "after", when: { kind: "change", on }, undo: { kind: "again" } };
}

/** A timer that starts with the host; `calendar` as systemd.time(7) has it, `more` as lines of systemd.timer(5). */
export function timerText(description: string, calendar: string, ...more: readonly string[]): string {
  return `[Unit]
Description=${description}

[Timer]
${[`OnCalendar=${calendar}`, ...more].join("\n")}

[Install]
WantedBy=timers.target
`;
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

/** Asks systemd that a unit neither runs nor would start with the host. */
export function isStopped(unit: string): Probe {
  return {
    argv: ["systemctl", "show", "--property=ActiveState,UnitFileState", unit],
    expect: { kind: "lacks", pattern: "^(ActiveState=(active|activating|reloading)|UnitFileState=enabled)$" },
  };
}

/** Of a package's own timer, which Debian enables and starts: the step that turns it off, and the check that it is. */
export function ownTimerOff(
  timer: string,
  stepId: string,
  about: Pick<Check, "id" | "control">,
): { readonly step: Step; readonly check: Check } {
  return {
    step: {
      id: stepId,
      argv: ["systemctl", "disable", "--now", timer],
      phase: "after",
      when: { kind: "state", unless: isStopped(timer) },
      undo: { kind: "none" },
    },
    check: { ...about, ...isStopped(timer) },
  };
}

/** The systemd units that a plan keeps running. */
export function startedUnits({ steps }: { readonly steps: readonly Pick<Probe, "argv">[] }): readonly string[] {
  return steps.flatMap(({ argv: [program, verb, unit] }) =>
    program === "systemctl" && verb === "start" && unit !== undefined ? [unit] : [],
  );
}

/** A plan of `stoppedUnits` that leaves alone what another concern of the host keeps running, such as the timer of unsent alerts. */
export function withoutUnits(plan: ConcernPlan, kept: readonly string[]): ConcernPlan {
  const isKept = ({ argv }: Pick<Probe, "argv">): boolean => argv[0] === "systemctl" && kept.includes(argv.at(-1) ?? "");
  return { ...plan, steps: plan.steps.filter((step) => !isKept(step)), checks: plan.checks.filter((check) => !isKept(check)) };
}
