/** Filters for nginx's access log, whose format is ours (components/edge/nginx/mainText.ts): no field of it is text that a client chose. */

/** A filter, and the fields of a line that are an offence, in the log's order. */
export interface WebFilter {
  readonly name: string;
  readonly words: string;
}

/** What is watched of the sites. */
export const WEB_FILTERS: readonly WebFilter[] = [
  // A login that the service refused.
  { name: "phiward-login", words: "status=401 .*login=yes$" },
  // A name or path that is not there, a method that it has not, a request that is none.
  { name: "phiward-scanner", words: "route=-? .*status=(?:400|404|414|431|444|505) |status=405 " },
  // More than the limits allow.
  { name: "phiward-limits", words: "status=429 " },
];

/** Text of a filter's file. */
export function filterText(words: string): string {
  return `[Definition]\nfailregex = ^\\S+ nginx(?:\\[\\d+\\])?: client=<ADDR> id=\\S* site=\\S* .*?(?:${words})\nignoreregex =\n`;
}
