import { anyOf } from "../../plan/patterns";
import type { NginxSite } from "./settings";

type Site = Pick<NginxSite, "sameSite" | "readableCookies">;

/** What every cookie has, unless its site says otherwise. */
export const COOKIE_LINES: readonly string[] = cookieFlags({ sameSite: "strict", readableCookies: [] });

/** Lines of a site's server block: nginx takes the first that a cookie's name matches, and those of `http` only where here is none. */
export function cookieLines(site: Site): readonly string[] {
  return site.sameSite === "strict" && site.readableCookies.length === 0 ? [] : cookieFlags(site);
}

function cookieFlags({ sameSite, readableCookies }: Site): readonly string[] {
  return [
    ...readableCookies.map((name) => `proxy_cookie_flags ${name} secure samesite=${sameSite};`),
    `proxy_cookie_flags ~ secure httponly samesite=${sameSite};`,
  ];
}

/** A pattern of any other flags than those declared. */
export function cookiePattern(sites: readonly Site[]): string {
  const declared = new Set([...COOKIE_LINES, ...sites.flatMap(cookieLines)]);
  return `^\\s*(?!${anyOf([...declared])}$)proxy_cookie_flags\\b`;
}
