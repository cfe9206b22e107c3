import { DEMANDED_ALERTS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { type AlertLimit, demandLimits } from "../readers/alertRules";

const THRESHOLDS = {
  diskPercent: {
    description: "the most percent of a file system in use before an alert",
    default: DEMANDED_ALERTS.diskPercent,
    minimum: 50,
    maximum: DEMANDED_ALERTS.diskPercent,
  },
  memoryPercent: {
    description: "the most percent of memory in use before an alert",
    default: DEMANDED_ALERTS.memoryPercent,
    minimum: 50,
    maximum: DEMANDED_ALERTS.memoryPercent,
  },
  certificateDays: {
    description: "the fewest days before the end of a certificate at which there is an alert",
    default: DEMANDED_ALERTS.certificateDays,
    minimum: DEMANDED_ALERTS.certificateDays,
    maximum: 60,
  },
};

const DAY_SECONDS = 86_400;
const ON_DISK = String.raw`\{fstype!~"ramfs\|tmpfs"\}`;
// Whole conditions: one that leaves out a file system or a host is another one.
const NUMBERS: Readonly<Record<keyof typeof THRESHOLDS, Omit<AlertLimit, "setting" | "number">>> = {
  diskPercent: {
    alert: "DISK_FILLS",
    condition: new RegExp(
      String.raw`^100 \* \(1 - node_filesystem_avail_bytes${ON_DISK} / node_filesystem_size_bytes${ON_DISK}\) > (\d{1,3})$`,
    ),
    each: 1,
    bound: "most",
    unit: "percent",
  },
  memoryPercent: {
    alert: "MEMORY_SHORT",
    condition: /^100 \* \(1 - node_memory_MemAvailable_bytes \/ node_memory_MemTotal_bytes\) > (\d{1,3})$/,
    each: 1,
    bound: "most",
    unit: "percent",
  },
  certificateDays: {
    alert: "CERTIFICATE_ENDS",
    condition: /^phiward_certificate_expires_timestamp_seconds - time\(\) < (\d{1,9})$/,
    each: DAY_SECONDS,
    bound: "least",
    unit: "days",
  },
};
const NAMES = ["diskPercent", "memoryPercent", "certificateDays"] as const;

/** An alert that comes when nothing can be done any more is none. */
export const alertLimitsLeaveTime: Rule = {
  id: "alert-limits-leave-time",
  description: "Alerts on disks, memory and certificates come while there is time to act.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["MON-02", "MON-01"],
  remedy: "set diskPercent, memoryPercent and certificateDays of monitoring, and renewBeforeDays of certificates, to leave more time",
  appliesTo: ["phiward:host:Monitor"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const settings = unit.at("settings").at("thresholds");
    const limits = NAMES.map((name) => ({
      ...NUMBERS[name],
      setting: settings.at(name),
      number: thresholdOf(THRESHOLDS, name, configured),
    }));
    demandLimits(unit, limits, report);
  },
};
