/** The kinds of value that a configuration is made of; `allowed` is what every fault of one says. */
import { isIP } from "node:net";
import { z } from "zod";
import { isUnicast } from "../network";

/** Names become accounts, resources, sections and ids of checks: a letter, then letters and digits with single hyphens between. */
export const NAME = /^(?=.{1,31}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** The rule of names, in words. */
export const NAME_RULE = "31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end";
/** A DNS name. The last label begins with a letter: 300.1.2.3 is a mistyped address, and 0x7f000001 a disguised one. */
export const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;
/**
 * Accounts and groups of Debian 13 and of common packages, and ours. An existing account would be opened to
 * its namesake's keys; a group would make useradd(8) fail.
 */
export const RESERVED = new Set(
  [
    "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody nogroup adm tty disk kmem dialout fax voice",
    "cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users input sgx kvm render clock crontab netdev",
    "messagebus polkitd sshd ssh ssl-cert tcpdump uuidd tss lxd libvirt docker containerd postfix postdrop postgres mysql redis nginx",
    "chrony ntp ntpsec dnsmasq avahi git syslog fail2ban ufw pulse rtkit colord geoclue saned debian admin wheel deploy breakglass",
  ].flatMap((names) => names.split(" ")),
);

/** A text of one shape; `allowed` is what every fault of it says. */
export function text(allowed: string, isAllowed: RegExp | ((value: string) => boolean)) {
  return z
    .string({ error: allowed })
    .refine((value) => (isAllowed instanceof RegExp ? isAllowed.test(value) : isAllowed(value)), { error: allowed })
    .meta({ allowed });
}

/** A text whose faults differ: `fault` says what is allowed in its place. */
export function checkedText(allowed: string, fault: (value: string) => string | undefined) {
  return z
    .string({ error: allowed })
    .superRefine((value, context) => {
      const message = fault(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ allowed });
}

/** Why something is so, for whoever reads the file or a report. */
export const sentence = text("a sentence of 20 to 300 printable characters of ASCII", /^[!-~][ -~]{18,298}[!-~]$/);

/** A whole number within limits, both included. */
export function whole(minimum: number, maximum: number) {
  const allowed = `a whole number from ${String(minimum)} to ${String(maximum)}`;
  return z.int({ error: allowed }).min(minimum, { error: allowed }).max(maximum, { error: allowed }).meta({ allowed });
}

/** A list of entries, with at least `minimum`. */
export function list<Entry extends z.ZodType>(allowed: string, entry: Entry, minimum = 0) {
  return z.array(entry, { error: allowed }).min(minimum, { error: allowed }).meta({ allowed });
}

/** True or false. */
export function flag() {
  return z.boolean({ error: "true or false" }).meta({ allowed: "true or false" });
}

/** Words as a sentence names them: `a, b or c`. */
export function either(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

/** One of a few words. */
export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  const allowed = values.join(" or ");
  return z.enum(values, { error: allowed }).meta({ allowed });
}

/** An email address of the plain form of RFC 5321: what else it allows is quoting, which is read differently by each program. */
export const mailAddress = text("an email address, such as oncall@example.org", (value) => {
  const [, domainName = ""] = /^(?=.{3,254}$)[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,63}@([^@]+)$/.exec(value) ?? [];
  return HOST_NAME.test(domainName);
});

/** A TCP or UDP port. */
export const port = whole(1, 65_535);

/** Whether a text is a day that exists, from 2000 to 2099, as YYYY-MM-DD. */
function isDay(day: string): boolean {
  if (!/^20\d{2}-\d{2}-\d{2}$/.test(day)) return false;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

// Pulumi makes a time of a day that has no quotation marks, and hands that over as text: in this form, or as RFC 3339 has it.
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})(T00:00:00Z| 00:00:00 \+0000 UTC)$/;

const DAY_RULE = "a day from 2000 to 2099 that exists, as YYYY-MM-DD, in quotation marks";

/** A day. */
export const day = z
  .string({ error: DAY_RULE })
  .overwrite((value) => value.replace(MIDNIGHT, "$1"))
  .refine(isDay, { error: DAY_RULE })
  .meta({ allowed: DAY_RULE });

/** Whether a text is the unicast address, or the name, of a server other than this machine. */
export function isServer(address: string): boolean {
  return isIP(address) === 0 ? HOST_NAME.test(address) && !/(^|\.)localhost$/i.test(address) : isUnicast(address);
}

/** The name of a host, service or secret. */
export const name = text(`a name of ${NAME_RULE}`, NAME);
/** A full DNS name, with a dot in it and in lowercase. */
export const domain = text(
  "a full DNS name in lowercase, such as api.example.org",
  (value) => HOST_NAME.test(value) && value.includes(".") && value === value.toLowerCase(),
);
/** An absolute path in its shortest spelling. */
export const absolutePath = text(
  "an absolute path without //, . or .. and only letters, digits and . _ - @ + in its parts",
  /^(?=.{2,255}$)(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/,
);
/** How often a secret was rotated. */
export const epoch = whole(1, 9999).default(1);
/** A time of day. */
export const timeOfDay = text("a time as HH:MM, UTC, in quotation marks", /^([01]\d|2[0-3]):[0-5]\d$/);
