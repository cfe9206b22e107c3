/** Whom a host's fail2ban refuses, as `phiward status` shows it: whoever is on call sees whose ban to lift. */
import { z } from "zod";

// A line of a screen has as many; `--json` has all that the host names.
const SHOWN = 5;

/** What the program of bans answers. */
export const heldBans = z.array(
  z.object({
    jail: z.string(),
    /** How many addresses it bans. */
    count: z.int(),
    /** Those that it banned last, the newest first: at most 20. */
    addresses: z.array(z.string()),
  }),
);
/** The bans of each jail that has any; null where fail2ban does not say. */
export type Bans = z.infer<typeof heldBans> | null;

/** What a line says of each jail: `nginx-login`, `2: 192.0.2.7, 192.0.2.8`. */
export function banLines(bans: Bans): readonly (readonly [jail: string, words: string])[] {
  if (bans === null) return [["fail2ban", "does not say whom it bans; phiward verify shows what is wrong"]];
  return bans.map(({ jail, count, addresses }) => {
    const named = addresses.slice(0, SHOWN);
    const more = count > named.length ? ` and ${String(count - named.length)} more` : "";
    return [jail, `${String(count)}: ${named.join(", ")}${more}`];
  });
}
