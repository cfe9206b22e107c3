/** What web interfaces need of nginx, as it is rendered: sockets, policies, cookies and caches. */
import { describe, expect, it } from "vitest";
import { stackModel } from "../../../../../components/containers/model";
import { cacheLines } from "../../../../../components/edge/nginx/caching";
import { nginxChecks } from "../../../../../components/edge/nginx/checks";
import { frameOptions, policyPattern, policyText } from "../../../../../components/edge/nginx/contentPolicy";
import { cookieLines, cookiePattern } from "../../../../../components/edge/nginx/cookies";
import { mainText } from "../../../../../components/edge/nginx/mainText";
import { type NginxSettings, type NginxSite, nginxSettings } from "../../../../../components/edge/nginx/settings";
import { siteText } from "../../../../../components/edge/nginx/siteText";
import { SITED } from "../../siteExamples";

const SETTINGS = nginxSettings(stackModel(SITED));
const [API, WWW] = SETTINGS.sites;
if (API === undefined || WWW === undefined) throw new Error("the example has no two sites");
const only = (site: NginxSite): NginxSettings => ({ ...SETTINGS, sites: [site] });

describe("a policy of contents", () => {
  it.each([
    ["frame-ancestors 'none'", "DENY"],
    ["default-src 'none'", "DENY"],
    ["Frame-Ancestors 'NONE'; img-src 'self'", "DENY"],
    ["img-src 'self'; frame-ancestors 'self'", "SAMEORIGIN"],
    ["frame-ancestors https://portal.example.org", "SAMEORIGIN"],
  ] as const)("%s has the older header that fits: %s", (contentSecurityPolicy, expected) => {
    expect(frameOptions({ contentSecurityPolicy })).toBe(expected);
  });

  it("takes nonces from the service where it says so, and nothing else is a variable", () => {
    expect(policyText({ contentSecurityPolicy: "script-src 'self' 'service-nonce'" })).toBe("script-src 'self' $service_nonce");
    expect(mainText(only(WWW))).not.toContain("$service_nonce");
    expect(mainText(only(API))).toContain("$service_nonce {");
  });

  it("is recognised in an answer with and without a nonce, and no other one", () => {
    const pattern = new RegExp(policyPattern({ contentSecurityPolicy: "default-src 'self'; script-src 'service-nonce'" }));
    const header = "content-security-policy: default-src 'self'; script-src";
    expect([header, `${header} 'nonce-${"a".repeat(22)}=='`].map((line) => pattern.test(line))).toEqual([true, true]);
    expect([`${header} 'nonce-short'`, `${header} 'unsafe-inline'`, `${header} 'self'`].map((line) => pattern.test(line))).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("cookies", () => {
  it("of a site with nothing of its own have the strictest flags, from one line", () => {
    expect(cookieLines(WWW)).toEqual([]);
    expect(mainText(SETTINGS)).toContain("    proxy_cookie_flags ~ secure httponly samesite=strict;\n");
  });

  it("that scripts read come first, since nginx takes the first line that fits", () => {
    expect(cookieLines(API)).toEqual([
      "proxy_cookie_flags csrftoken secure samesite=lax;",
      "proxy_cookie_flags ~ secure httponly samesite=lax;",
    ]);
  });

  it("are checked on the host: any other flags are found", () => {
    const other = new RegExp(cookiePattern([API]));
    const lines = ["csrftoken secure samesite=lax;", "~ secure httponly samesite=strict;", "session secure samesite=lax;", "~ secure;"];
    expect(lines.map((line) => other.test(`    proxy_cookie_flags ${line}`))).toEqual([false, false, true, true]);
  });
});

describe("sockets", () => {
  it("leave nothing in the files of who declares none", () => {
    expect(mainText(only(WWW)) + siteText(WWW, {})).not.toContain("socket");
    expect(mainText(only(WWW))).toContain('    proxy_set_header Upgrade "";\n');
  });

  it("are asked for on the host by a page of someone else's, at each route that has them", () => {
    const asked = nginxChecks(SETTINGS).filter(({ id }) => id.includes("-socket-"));
    expect(asked.map(({ id, expect: expected }) => [id, expected])).toEqual([
      ["nginx-api.example.org-socket-1-own-origin", { kind: "matches", pattern: "^HTTP/1\\.1 403 " }],
    ]);
    expect(asked[0]?.argv.at(-1)).toBe("https://api.example.org/live");
  });

  it("do not have a reload wait for them: only answers do", () => {
    expect(mainText(SETTINGS)).toContain("worker_shutdown_timeout 120s;");
  });
});

describe("what may be stored", () => {
  it("is nothing of patients' data, whatever the route says", () => {
    const [route] = API.routes.filter(({ cacheSeconds }) => cacheSeconds !== undefined);
    if (route === undefined) throw new Error("the example stores nothing");
    expect(cacheLines(route)[0]).toBe('    set $route_cache "public, max-age=86400, immutable";');
    expect(cacheLines({ ...route, data: "patients" })).toEqual([]);
  });
});
