/**
 * HHS' Cybersecurity Performance Goals for healthcare and public health (2024-01-24): voluntary, short, and worth more to a small clinic
 * than the whole of a rule. Essential goals come first.
 */
import type { ControlId } from "./controls";

/** A goal, and what of the catalogue goes in its direction. */
export interface Goal {
  readonly goal: string;
  readonly level: "essential" | "enhanced";
  readonly controls: readonly ControlId[];
  /** What is left to the operator; all of it where no control is named. */
  readonly remains: string;
}

/** Where the goals are published. */
export const GOALS_SOURCE = "https://hhscyber.hhs.gov/performance-goals.html";

/** All goals, in HHS' order. */
export const GOALS: readonly Goal[] = [
  {
    goal: "Mitigate known vulnerabilities",
    level: "essential",
    controls: ["PKG-01", "PKG-02", "PKG-09", "KRN-22", "PG-01"],
    remains: "Update the images of the applications.",
  },
  { goal: "Email security", level: "essential", controls: ["PKG-07"], remains: "Secure the organization's email." },
  {
    goal: "Multifactor authentication",
    level: "essential",
    controls: ["SSH-24"],
    remains: "Use it in the applications and cloud accounts too.",
  },
  { goal: "Basic cybersecurity training", level: "essential", controls: [], remains: "Train the workforce every year." },
  {
    goal: "Strong encryption",
    level: "essential",
    controls: ["TLS-01", "TLS-02", "SSH-12", "BKP-02", "CLD-06", "CLD-09"],
    remains: "Encrypt what leaves the applications by other ways.",
  },
  {
    goal: "Revoke credentials of departing workforce members",
    level: "essential",
    controls: ["SSH-22", "SSH-23", "SSH-30"],
    remains: "Revoke those of applications and cloud accounts.",
  },
  {
    goal: "Basic incident planning and preparedness",
    level: "essential",
    controls: ["BKP-05", "BKP-10", "IR-08"],
    remains: "Write and drill the plan.",
  },
  {
    goal: "Unique credentials",
    level: "essential",
    controls: ["SSH-22", "PG-06", "CLD-07"],
    remains: "Give each user of the applications their own.",
  },
  {
    goal: "Separate user and privileged accounts",
    level: "essential",
    controls: ["SSH-02", "SSH-27", "SSH-29", "PG-05"],
    remains: "Separate them in the applications.",
  },
  {
    goal: "Vendor and supplier cybersecurity requirements",
    level: "essential",
    controls: ["GOV-01", "CLD-11"],
    remains: "Put the requirements into the contracts.",
  },
  { goal: "Asset inventory", level: "enhanced", controls: ["GOV-07", "CLD-11"], remains: "List what is not in the stack." },
  { goal: "Third party vulnerability disclosure", level: "enhanced", controls: [], remains: "Agree on it with vendors." },
  { goal: "Third party incident reporting", level: "enhanced", controls: [], remains: "Agree on it with vendors." },
  {
    goal: "Cybersecurity testing",
    level: "enhanced",
    controls: ["MON-05", "MON-06", "TLS-22"],
    remains: "Have an attack tested by someone who knows how.",
  },
  { goal: "Cybersecurity mitigation", level: "enhanced", controls: ["GOV-04"], remains: "Treat what tests find, by a date." },
  {
    goal: "Detect and respond to relevant threats",
    level: "enhanced",
    controls: ["IDS-01", "IDS-03", "IDS-16", "BKP-10"],
    remains: "Watch the workstations too.",
  },
  {
    goal: "Network segmentation",
    level: "enhanced",
    controls: ["NET-13", "NET-18", "NET-19", "NET-21"],
    remains: "Segment the office's network.",
  },
  {
    goal: "Centralized log collection",
    level: "enhanced",
    controls: ["LOG-02", "LOG-11", "CLD-08"],
    remains: "Collect those of the applications.",
  },
  { goal: "Centralized incident planning and preparedness", level: "enhanced", controls: ["IR-10"], remains: "Plan, drill and revise." },
  {
    goal: "Configuration management",
    level: "enhanced",
    controls: ["MON-06", "CTR-18", "GOV-05"],
    remains: "Do the same for the workstations.",
  },
];
