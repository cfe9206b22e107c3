/** What the rules must refuse, and what they must let pass at the edge of that: a good stack with one value spoilt. */

import { ALERTS_ALLOWED, ALERTS_REFUSED } from "./spoilt/alerts";
import { AUDIT_ALLOWED, AUDIT_REFUSED } from "./spoilt/audit";
import { MACHINES_ALLOWED, MACHINES_REFUSED } from "./spoilt/cloudMachines";
import { SERVICES_ALLOWED, SERVICES_REFUSED } from "./spoilt/cloudServices";
import { COLLECTOR_ALLOWED, COLLECTOR_REFUSED } from "./spoilt/collector";
import { CONTAINERS_ALLOWED, CONTAINERS_REFUSED } from "./spoilt/containers";
import { DATA_ALLOWED, DATA_REFUSED } from "./spoilt/data";
import { DROPLET_ALLOWED, DROPLET_REFUSED } from "./spoilt/droplet";
import { FAIL2BAN_ALLOWED, FAIL2BAN_REFUSED } from "./spoilt/fail2ban";
import { HOST_ALLOWED, HOST_REFUSED } from "./spoilt/host";
import { KERNEL_ALLOWED, KERNEL_REFUSED } from "./spoilt/kernel";
import { KNOWN_ALLOWED, KNOWN_REFUSED } from "./spoilt/known";
import { KNOWN_SYSTEM_ALLOWED, KNOWN_SYSTEM_REFUSED } from "./spoilt/knownSystem";
import { METRICS_ALLOWED, METRICS_REFUSED } from "./spoilt/metrics";
import { MONITOR_ALLOWED, MONITOR_REFUSED } from "./spoilt/monitor";
import { NGINX_ALLOWED, NGINX_REFUSED } from "./spoilt/nginx";
import { PEOPLE_ALLOWED, PEOPLE_REFUSED } from "./spoilt/people";
import { PROGRAMS_ALLOWED, PROGRAMS_REFUSED } from "./spoilt/programs";
import { RECORDS_ALLOWED, RECORDS_REFUSED } from "./spoilt/records";
import { RENDERED_REFUSED } from "./spoilt/rendered";
import type { Allowed, Refused } from "./spoilt/spoil";
import { SSH_ALLOWED, SSH_REFUSED } from "./spoilt/ssh";
import { UFW_ALLOWED, UFW_REFUSED } from "./spoilt/ufw";
import { UNITS_ALLOWED, UNITS_REFUSED } from "./spoilt/units";

/** Each must be refused by its rule. */
export const REFUSED: readonly Refused[] = [
  ...UNITS_REFUSED,
  ...AUDIT_REFUSED,
  ...COLLECTOR_REFUSED,
  ...ALERTS_REFUSED,
  ...MONITOR_REFUSED,
  ...PEOPLE_REFUSED,
  ...SSH_REFUSED,
  ...UFW_REFUSED,
  ...FAIL2BAN_REFUSED,
  ...KERNEL_REFUSED,
  ...HOST_REFUSED,
  ...CONTAINERS_REFUSED,
  ...NGINX_REFUSED,
  ...DATA_REFUSED,
  ...DROPLET_REFUSED,
  ...METRICS_REFUSED,
  ...RECORDS_REFUSED,
  ...RENDERED_REFUSED,
  ...KNOWN_REFUSED,
  ...KNOWN_SYSTEM_REFUSED,
  ...MACHINES_REFUSED,
  ...SERVICES_REFUSED,
  ...PROGRAMS_REFUSED,
];

/** Each must be let pass by its rule. */
export const ALLOWED: readonly Allowed[] = [
  ...UNITS_ALLOWED,
  ...AUDIT_ALLOWED,
  ...COLLECTOR_ALLOWED,
  ...ALERTS_ALLOWED,
  ...MONITOR_ALLOWED,
  ...PEOPLE_ALLOWED,
  ...SSH_ALLOWED,
  ...UFW_ALLOWED,
  ...FAIL2BAN_ALLOWED,
  ...KERNEL_ALLOWED,
  ...HOST_ALLOWED,
  ...CONTAINERS_ALLOWED,
  ...NGINX_ALLOWED,
  ...DATA_ALLOWED,
  ...DROPLET_ALLOWED,
  ...METRICS_ALLOWED,
  ...RECORDS_ALLOWED,
  ...KNOWN_ALLOWED,
  ...KNOWN_SYSTEM_ALLOWED,
  ...MACHINES_ALLOWED,
  ...SERVICES_ALLOWED,
  ...PROGRAMS_ALLOWED,
];
