import type { WebJailName } from "../../config/names";
import type { SiteConfig } from "../../config/schema";

/** A jail of the sites: what counts as an offence in nginx's access log, and how many of them make a ban. */
export interface WebJail {
  /** Name of the filter, and of its file. */
  readonly filter: `phiward-${string}`;
  /** The fields of a line that are an offence, as a pattern, in the log's order. */
  readonly words: string;
  /** Offences that count as one of the configured failures. */
  readonly perFailure: number;
  /** Whether a site has anything for it to watch; without it, each site has. */
  readonly watches?: (site: SiteConfig) => boolean;
}

/**
 * The jails of the sites. The log's format is ours (components/edge/nginx/mainText.ts): no field of it is text that a client chose.
 * To add one, add its name to `WEB_JAILS` and its line here.
 */
export const WEB_JAIL_TABLE: Readonly<Record<WebJailName, WebJail>> = {
  "nginx-login": {
    // A login that the service refused.
    filter: "phiward-login",
    words: "status=401 .*login=yes$",
    perFailure: 1,
    watches: ({ login }) => login !== undefined,
  },
  "nginx-scanner": {
    // A name or path that is not there, a method that it has not, a request that is none.
    filter: "phiward-scanner",
    words: "route=-? .*status=(?:400|404|414|431|444|505) |status=405 ",
    // A browser asks for an icon that is not there; who goes on is no browser.
    perFailure: 4,
  },
  "nginx-limits": {
    // More than the limits allow.
    filter: "phiward-limits",
    words: "status=429 ",
    // A page may ask for too much at once; who goes on is no browser.
    perFailure: 20,
  },
};

/** Text of a filter's file. */
export function filterText(words: string): string {
  return `[Definition]\nfailregex = ^\\S+ nginx(?:\\[\\d+\\])?: client=<ADDR> id=\\S* site=\\S* .*?(?:${words})\nignoreregex =\n`;
}
