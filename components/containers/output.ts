/** What containers print: where Docker sends it, within which bounds, and how one sees on the host that it does. */
import type { ControlId } from "../compliance/controls";
import { literal } from "../plan/patterns";
import type { Check, Expectation } from "../plan/types";

/** `docker.logs` of the configuration. */
export interface OutputSettings {
  readonly driver: "journald" | "local";
  /** MB; of the driver `local`. */
  readonly maxSize: number;
  readonly maxFile: number;
  /** Of the driver `journald`: lines of each of two priorities. */
  readonly rateLimitBurst: number;
}

/**
 * What of the options the journal's driver has. A record names the service by the label, and the container by its tag: whatever the
 * service is called, no program of the host has an identifier with a slash in it. Where journald does not take what is printed, no
 * container waits for it: what is more than the buffer is lost, and the clinic goes on.
 */
const JOURNAL_OPTIONS = {
  labels: "phiward.service",
  "max-buffer-size": "4m",
  mode: "non-blocking",
  tag: "container/{{.Name}}",
} as const;

/** The options of a driver, in the order of their names, in which Docker prints them. */
export function driverOptions({ driver, maxFile, maxSize }: OutputSettings): Readonly<Record<string, string>> {
  return driver === "journald" ? JOURNAL_OPTIONS : { "max-file": String(maxFile), "max-size": `${String(maxSize)}m` };
}

/**
 * For the unit of the engine, by which all containers' lines come to journald: no container turns the journal over, and with it
 * what the host has on record. Each priority is counted apart: that of standard output, of standard error, and, since no container's
 * lines have it, that of the engine's own lines.
 */
export function outputLimits({ rateLimitBurst }: OutputSettings): string {
  return `
[Service]
LogRateLimitIntervalSec=30s
LogRateLimitBurst=${String(rateLimitBurst)}
SyslogLevel=warning
`;
}

/** Whether the unit that runs has these limits. */
export function outputLimited({ rateLimitBurst }: OutputSettings): Check {
  return {
    id: "containers-output-limited",
    control: "LOG-03",
    argv: ["systemctl", "show", "docker.service", "--property=LogRateLimitIntervalUSec,LogRateLimitBurst,SyslogLevel"],
    expect: { kind: "set", lines: ["LogRateLimitIntervalUSec=30s", `LogRateLimitBurst=${String(rateLimitBurst)}`, "SyslogLevel=4"] },
  };
}

/**
 * A container has the driver that it was created with until it is replaced, as it is by its next version: to replace a database for
 * that alone would end its sessions. So one of before is limited as it was, and reported as not on record.
 */
export function outputChecks(
  logs: OutputSettings,
  check: (what: string, control: ControlId, expect: Expectation) => Check,
): readonly Check[] {
  const config = (driver: OutputSettings["driver"]): string =>
    literal(JSON.stringify({ Type: driver, Config: driverOptions({ ...logs, driver }) }));
  const limited = check("logs-limited", "LOG-03", { kind: "matches", pattern: `^logs (${config("journald")}|${config("local")})$` });
  if (logs.driver === "local") return [limited];
  return [
    limited,
    { ...check("output-on-record", "LOG-02", { kind: "lacks", pattern: '^logs (?!\\{"Type":"journald",)' }), onlyWarns: true },
  ];
}
