import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe } from "../../plan/types";
import { type Job, jobChecks, jobUnits } from "../timers";
import type { PhiSettings } from "./settings";

const SEAL = "phiward-phi";
const VERIFY = "phiward-phi-verify";
/** What brings rows to the present key. */
export const PHI_ROTATE = "phiward-phi-rotate";
const CONTROL = "PG-10";
/** Asks the databases for each function, table and right, byte for byte. */
const AS_DECLARED: Probe = { argv: programCommand("phi", "check"), expect: { kind: "equals", text: "as declared" } };

/** The schema `phi` in each database that is to have it, before the services that use it; and what chains its record. */
export function phiPlan({ databases, epoch, retired }: PhiSettings): ConcernPlan {
  const units = jobUnits(JOBS);
  return {
    ...EMPTY_PLAN,
    packages: ["python3", "docker-cli"],
    files: [textFile("/etc/phiward/phi.json", `${JSON.stringify({ epoch, retired, databases }, undefined, 1)}\n`, "0600"), ...units.files],
    steps: [
      readUnits(units.files),
      {
        id: "install-phi",
        argv: programCommand("phi", "install"),
        phase: "after",
        when: { kind: "state", unless: AS_DECLARED },
        undo: { kind: "none" },
        tells: true,
      },
      ...units.steps,
    ],
    checks: [{ id: "phi-as-declared", control: CONTROL, ...AS_DECLARED }, ...jobChecks(JOBS)],
  };
}

function job(name: string, verb: "seal" | "verify" | "rotate", description: string, calendar: string): Job {
  return {
    name,
    description,
    commands: [programCommand("phi", verb).join(" ")],
    calendar,
    delaySeconds: 60,
    writes: ["/var/lib/phiward", "/run/phiward"],
    capabilities: [],
    cleanUp: null,
  };
}

const JOBS: readonly Job[] = [
  job(SEAL, "seal", "Chain the record of accesses to patients' data, and tell it to the journal", "*:1/5"),
  job(VERIFY, "verify", "Read the record of accesses to patients' data from its first line", "*-*-* 05:40:00 UTC"),
  job(PHI_ROTATE, "rotate", "Bring patients' columns to the present key, some rows at a time", "*:37"),
];

/** Stops what looks. What is encrypted stays, and what opens it. */
export const PHI_REMOVAL: ConcernPlan = stoppedUnits([`${SEAL}.timer`, `${VERIFY}.timer`, `${PHI_ROTATE}.timer`], CONTROL);
