import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { nginxChecks } from "../../../../../components/edge/nginx/checks";
import { mainText } from "../../../../../components/edge/nginx/mainText";
import { NGINX_REMOVAL, nginxPlan } from "../../../../../components/edge/nginx/plan";
import { nginxSettings } from "../../../../../components/edge/nginx/settings";
import { siteText } from "../../../../../components/edge/nginx/siteText";
import { textsOf } from "../../../../../components/plan/files";
import { fail2banSettings } from "../../../../../components/system/fail2ban/settings";
import { changed, complete } from "../../examples";
import { sited } from "../../siteExamples";

const secrets = ["desk-password", "scan-password"].map((name) => ({ name, version: `${name}-1` }));
const desk = { realm: "Front desk", users: [{ name: "desk", password: "desk-password" }] };
const scan = { realm: "Scans", users: [{ name: "scan", password: "scan-password" }], passAuthorization: true };

/** Passwords for all routes of the first site, other users for one of them, and none for another. */
const CONFIG = parseConfig(
  changed(changed(complete(), sited()) as Record<string, unknown>, {
    secrets,
    "sites.0.basicAuth": desk,
    "sites.0.routes.2.basicAuth": scan,
    "sites.0.routes.3.basicAuthOff": true,
  }),
);
const settings = nginxSettings(stackModel(CONFIG));
const plan = nginxPlan(settings);
const [site] = settings.sites;
if (site === undefined) throw new Error("the example has no site");

/** What each route of a site asks for, by its path. */
function asked(text: string): Record<string, readonly string[]> {
  const found = [...text.matchAll(/^ {4}location (?:= |\^~ )?(\/[a-z/]*) \{\n((?: {8}.*\n)*)/gm)];
  return Object.fromEntries(
    found.flatMap(([, path = "", lines = ""]) =>
      lines.includes("proxy_pass") ? [[path, lines.match(/(?:auth_basic|set \$route_(?:password|basic)).*(?=;)/g) ?? []]] : [],
    ),
  );
}

describe("passwords that nginx asks for", () => {
  it("are those of the site, of a route's own users, or none, and reach a service only where that is declared", () => {
    const general = [
      "set $route_basic yes",
      'auth_basic "Front desk"',
      "auth_basic_user_file /etc/nginx/phiward-users/api.example.org",
      "set $route_password asked",
    ];
    const own = [
      "set $route_basic yes",
      'auth_basic "Scans"',
      expect.stringMatching(/^auth_basic_user_file \/etc\/nginx\/phiward-users\/api\.example\.org\+[0-9a-f]{8}$/),
    ];
    expect(asked(siteText(site, settings))).toMatchObject({
      ...{ "/session/login": general, "/notes": general, "/notes/": general, "/help": general, "/help/": general },
      ...{ "/scans": own, "/scans/": own, "/live": ["set $route_basic yes"], "/live/": ["set $route_basic yes"] },
    });
    expect(mainText(settings)).toContain("proxy_set_header Authorization $passed_authorization;");
  });

  it("are nowhere in what a plan says: of each its secret's name and version alone, readable by root alone", () => {
    const files = plan.files.filter(({ path }) => path.startsWith("/etc/phiward/basic-auth/"));
    expect(files.map(({ path, owner, mode, content }) => [path, owner, mode, content.kind])).toEqual([
      ["/etc/phiward/basic-auth/users.json", "root:root", "0600", "text"],
      ["/etc/phiward/basic-auth/desk-password.password", "root:root", "0600", "secret"],
      ["/etc/phiward/basic-auth/scan-password.password", "root:root", "0600", "secret"],
    ]);
    const users = JSON.parse(textsOf(files[0]?.content ?? { kind: "text", text: "" })[0] ?? "") as unknown;
    expect(users).toMatchObject({
      files: [
        {
          path: "/etc/nginx/phiward-users/api.example.org",
          users: [{ name: "desk", password: "/etc/phiward/basic-auth/desk-password.password" }],
        },
        { users: [{ name: "scan", password: "/etc/phiward/basic-auth/scan-password.password" }] },
      ],
    });
  });

  it("are asked for by checks that change nothing, and whose files nobody else reads", () => {
    const checks = nginxChecks(settings).filter(({ control }) => control === "TLS-26");
    expect(checks.map(({ id }) => id).filter((id) => id.endsWith("asks-for-password"))).toEqual([
      "nginx-api.example.org-route-2-asks-for-password",
      "nginx-api.example.org-route-5-asks-for-password",
    ]);
    expect(checks.filter(({ argv }) => argv[0] === "stat").map(({ expect: wanted }) => wanted)).toEqual(
      Array.from({ length: 2 }, () => ({ kind: "equals", text: "regular file 640 root:www-data" })),
    );
  });

  it("are counted where they are wrong, and nobody is kept from more than passwords by them", () => {
    const host = CONFIG.hosts[0]?.name;
    const only = parseConfig(
      changed(changed(complete(), sited()) as Record<string, unknown>, {
        secrets: secrets.slice(0, 1),
        sites: [{ name: "a.example.org", certificate: { kind: "selfSigned" }, basicAuth: desk, routes: [{ path: "/", service: "docs" }] }],
      }),
    );
    const guesser = fail2banSettings(only, host).jails.find(({ name }) => name === "nginx-guesser");
    expect(guesser).toMatchObject({ maxRetry: CONFIG.bans.maxRetry * 3, acts: "webServer" });
    const [own] = nginxSettings(stackModel(only)).sites;
    expect(own === undefined ? "" : siteText(own, {})).toContain("if ($basic_closed)");
  });

  it("go with all that was made of them, where nobody is asked any more and where the host has no sites", () => {
    const paths = ["/etc/phiward/basic-auth", "/etc/nginx/phiward-users"];
    const none = parseConfig(changed(complete(), sited()));
    for (const { directories } of [nginxPlan(nginxSettings(stackModel(none))), NGINX_REMOVAL])
      expect(directories.filter(({ path }) => paths.includes(path)).map(({ exclusive }) => exclusive)).toEqual([
        { noun: "passwords", keep: [], discard: true },
        { noun: "users", keep: [], discard: true },
      ]);
  });
});
