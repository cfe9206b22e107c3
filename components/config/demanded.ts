/** What rules demand of values for which the schema allows more: whoever needs less says so by a waiver, or by another level of the rule. */

/** Of bans: five failures, counted over ten minutes at least, and an hour at least: less is no hindrance to a script. */
export const DEMANDED_BANS = { maxRetry: 5, findTime: 600, banTime: 3600 } as const;

/** Of backups: a month to notice what went wrong, and some however old they are. */
export const DEMANDED_RETENTION = { last: 7, days: 30 } as const;

/** Of the record: years at the vault at least, minutes of silence and minutes between two seals of the journal at most. */
export const DEMANDED_RECORDS = { years: 6, silentMinutes: 60, sealMinutes: 15 } as const;

/** Of alerts: percent in use at most; days before a certificate's end at least; hours between two of one, and days that updates wait, at most. */
export const DEMANDED_ALERTS = {
  diskPercent: 90,
  memoryPercent: 95,
  certificateDays: 5,
  repeatHours: 8,
  graveDays: 7,
  otherDays: 30,
} as const;

/** Of secrets: the most days that one may be old before an alert: a quarter for passwords, a year for what is dearer to replace, and two weeks. */
export const DEMANDED_AGES = { passwordDays: 106, keyDays: 380, broughtDays: 380 } as const;

/** Of networks that nothing is limited for: the shortest lengths. */
export const DEMANDED_LENGTH = { ipv4: 16, ipv6: 32 } as const;

/** Of the same: how many of the widest they may be together. */
export const DEMANDED_TOGETHER = 16;

/** The end of a description: which rule stops the deploy, and what it allows. */
export function demandedBy(rule: string, allowed: string): string {
  return ` The rule ${rule} allows ${allowed}.`;
}
