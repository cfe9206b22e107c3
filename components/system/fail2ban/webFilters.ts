import type { WebJailName } from "../../config/names";
import { takesPasswords } from "../../config/passwords";
import type { SiteConfig } from "../../config/schema";

/** A jail of the sites: what counts as an offence in nginx's access log, and how many of them make a ban. */
export interface WebJail {
  /** Name of the filter, and of its file. */
  readonly filter: `phiward-${string}`;
  /** The fields of a line that are an offence, as a pattern, in the log's order. */
  readonly words: string;
  /** Offences that count as one of the configured failures. */
  readonly perFailure: number;
  /** What a ban closes to the address: all sites, or their logins alone. */
  readonly closes: "sites" | "logins";
  /** Whether a site has anything for it to watch; without it, each site has. */
  readonly watches?: (site: SiteConfig) => boolean;
}

// A whole clinic has one address. Its people mistype passwords, so that a ban for logins closes logins, and nothing to who is signed in.
const LOGINS = { closes: "logins", watches: ({ login }: SiteConfig): boolean => login !== undefined } as const;

/**
 * The jails of the sites. The log's format is ours (components/edge/nginx/mainText.ts): no field of it is text that a client chose.
 * To add one, add its name to `WEB_JAILS` and its line here.
 */
export const WEB_JAIL_TABLE: Readonly<Record<WebJailName, WebJail>> = {
  "nginx-login": {
    // A login that the service refused: more of them are slowed down.
    ...LOGINS,
    filter: "phiward-login",
    words: "status=401 .*login=yes$",
    perFailure: 1,
  },
  "nginx-guesser": {
    // The same, and passwords of Basic authentication, by who goes on at the pace that is left: no person mistypes so often.
    closes: "logins",
    watches: (site) => site.login !== undefined || takesPasswords(site),
    filter: "phiward-guesser",
    words: "status=401 .*(?:basic=yes login=no|login=yes)$",
    perFailure: 3,
  },
  "nginx-scanner": {
    // A name that is not here, a request that is none, a method that a path has not, or a path that only scanners ask for. A browser
    // asks by OPTIONS whether another site's page may ask, wherever that page sends it.
    filter: "phiward-scanner",
    words: "route=-? .*status=(?:400|414|431|444|505) |route=-? .*status=40[34] .*asks=probe |method=(?!OPTIONS )\\S* status=405 ",
    perFailure: 4,
    closes: "sites",
  },
  "nginx-unknown": {
    // A path that is not there, once a minute each: a file that a page lacks is asked for by everyone who opens the page.
    filter: "phiward-unknown",
    words: "route=-? .*status=404 .*limited=(?!REJECTED_DRY_RUN )\\S* .*asks=other ",
    // More than three such files make in fifteen minutes.
    perFailure: 10,
    closes: "sites",
  },
  "nginx-limits": {
    // More than the limits allow; of logins, nothing of it reaches the service.
    filter: "phiward-limits",
    words: "status=429 .*basic=no login=no$",
    // Half of what an address may ask for at once by default: a page may ask for too much, and who goes on is no browser.
    perFailure: 1000,
    closes: "sites",
  },
};

/** Text of a filter's file. */
export function filterText(words: string): string {
  return `[Definition]\nfailregex = ^\\S+ nginx(?:\\[\\d+\\])?: client=<ADDR> id=\\S* site=\\S* .*?(?:${words})\nignoreregex =\n`;
}
