/** Sites that serve web interfaces, with every key for them set: they pass, and what a transform makes of them does not. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { stackModel } from "../../components/containers/model";
import { RULES } from "../../policies/all";
import { judge } from "../../policies/engine/judge";
import { appliesTo } from "../../policies/engine/rule";
import { reviewedComponents } from "../../policies/engine/subject";
import { NGINX } from "../../policies/readers/nginx";
import { changed, complete } from "../unit/components/examples";
import { sited } from "../unit/components/siteExamples";

const CONFIG = parseConfig(changed(complete(), sited()));
const MODEL = stackModel(CONFIG);
const ARGS = CONFIG.hosts.flatMap((host) => reviewedComponents(MODEL, host)).find(({ type }) => type === NGINX)?.args ?? {};
const OURS = RULES.filter((rule) => appliesTo(rule, NGINX) && rule.id.startsWith("nginx-"));

/** What the rules about nginx find once a text is another one in all its files. */
function found(from: string, to: string): readonly string[] {
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
  const text = JSON.stringify(ARGS);
  expect(text).toContain(inJson(from));
  const args: unknown = JSON.parse(text.replaceAll(inJson(from), inJson(to)));
  return OURS.flatMap((rule) => judge(rule, args).violations.map((finding) => `${rule.id}: ${finding.found}`));
}

describe("sites with every key of a web interface", () => {
  it("pass every rule about nginx", () => {
    expect(OURS.length).toBeGreaterThan(8);
    for (const rule of OURS) expect(judge(rule, ARGS), rule.id).toEqual({ violations: [], unknown: [] });
  });

  it.each([
    [
      "sockets open for another origin",
      "yes api.example.org/live https://portal.example.org:8443",
      "yes api.example.org/live https://other.example.org",
      "nginx-directives-known: a directive in the map of sockets that is not known",
    ],
    [
      "sockets open for any origin",
      '"~^yes [^ ]" refused;',
      '"~^yes [^ ]" open;',
      "nginx-directives-known: a directive in the map of sockets that is not known",
    ],
    [
      "any protocol is an upgrade",
      '"~*^websocket$" yes;',
      '"~*." yes;',
      "nginx-directives-known: a directive in the map of sockets that are asked for that is not known",
    ],
    [
      "a socket may be silent for a day",
      "proxy_read_timeout 300s;",
      "proxy_read_timeout 86400s;",
      "nginx-directives-known: a directive in a location of a route that is not known",
    ],
    [
      "answers with a cookie are stored",
      "\\|(?:200|206|304)\\|$",
      "\\|(?:200|206|304)\\|",
      "nginx-directives-known: a directive in the map of what is stored that is not known",
    ],
    [
      "what a service reports is sent on",
      '"~*report-(?:uri|to)" "";',
      "",
      "nginx-directives-known: the map of the service's own policy without a directive, or with another one",
    ],
    [
      "short nonces pass",
      "{22,128}",
      "{1,128}",
      "nginx-directives-known: a directive in the map of the service's nonces that is not known",
    ],
    [
      "a session's cookie is shown to scripts",
      "proxy_cookie_flags csrftoken secure",
      "proxy_cookie_flags session secure",
      "nginx-cookies-guarded: a cookie that scripts can read",
    ],
    ["cookies go to every site", "samesite=lax", "samesite=none", "nginx-cookies-guarded: a cookie without SameSite"],
    [
      "a public path is one of patients' data",
      "set $route_data public;",
      "set $route_data patients;",
      "nginx-directives-known: a directive in a location of a route that is not known",
    ],
    [
      "a slow line may stay for an hour",
      "client_body_timeout 60s;",
      "client_body_timeout 3600s;",
      "nginx-directives-known: a directive in a location of a route that is not known",
    ],
  ])("do not where %s", (_, from, to, expected) => {
    expect(found(from, to)).toContain(expected);
  });
});
