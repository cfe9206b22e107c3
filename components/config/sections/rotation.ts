/** The key `monitoring.rotation`: how old a secret may become. */
import { z } from "zod";
import { DEMANDED_AGES, demandedBy } from "../demanded";
import { whole } from "./values";

const RULE = "secrets-rotated";

function allowed(days: number): string {
  return demandedBy(RULE, `${String(days)} at most together with \`graceDays\``);
}

export const rotation = z
  .strictObject({
    passwordDays: whole(1, 3650)
      .default(92)
      .describe(
        `Days after which a password that was created on a host is due: of databases' logins, and secrets of services without \`escrow\`. 92: each quarter, as the operations guide asks, and by one command without a failed request.${allowed(DEMANDED_AGES.passwordDays)}`,
      ),
    keyDays: whole(1, 3650)
      .default(366)
      .describe(
        `Days after which a key is due: what is escrowed, since something is locked by it, and the break-glass password. 366: each year, since what it has locked has to be locked again; the break-glass password after each use as well.${allowed(DEMANDED_AGES.keyDays)}`,
      ),
    broughtDays: whole(1, 3650)
      .default(366)
      .describe(
        `Days after which a secret that you bring is due. 366: each year, since another one has to be made where it comes from.${allowed(DEMANDED_AGES.broughtDays)}`,
      ),
    graceDays: whole(0, 60)
      .default(14)
      .describe(
        `Days that a secret may be overdue before an alert. 14: time for an hour without much traffic. Days until it is due count with them, as ${RULE} judges.`,
      ),
  })
  .prefault({})
  .describe("How old secrets may become, as `npx phiward secrets` shows them (164.308(a)(5)(ii)(D)).");
