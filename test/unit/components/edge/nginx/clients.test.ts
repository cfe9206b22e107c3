import { describe, expect, it } from "vitest";
import { stackModel } from "../../../../../components/containers/model";
import { mainText } from "../../../../../components/edge/nginx/mainText";
import { nginxSettings } from "../../../../../components/edge/nginx/settings";
import { siteText } from "../../../../../components/edge/nginx/siteText";
import { fail2banSettings } from "../../../../../components/system/fail2ban/settings";
import { hostChains } from "../../../../../components/system/ufw/hostChains";
import { ufwSettings } from "../../../../../components/system/ufw/settings";
import { SITED } from "../../siteExamples";

const PROXIES = ["192.0.2.128/29", "2001:db8:7::/64"];
const BEHIND = { ...SITED, trustedProxies: PROXIES };
const settings = nginxSettings(stackModel(BEHIND));

/** What a request is taken for, by the patterns of a map in their order. */
function mapped(map: "$uri $asks" | "$request_uri $tries", request: string): string | undefined {
  const [, block = ""] = mainText(settings).split(`map ${map} {\n`);
  const [lines = ""] = block.split("\n    }");
  const patterns = [...lines.matchAll(/"~\*(.*)" (\w+);/g)];
  expect(patterns.length).toBeGreaterThan(2);
  return patterns.find(([, pattern = ""]) => new RegExp(pattern.replaceAll("\\z", "$"), "i").test(request))?.[2];
}

function asks(path: string): string {
  return mapped("$uri $asks", path) ?? "other";
}

describe("the addresses of clients", () => {
  it("come from declared proxies alone, and from nobody where there are none", () => {
    expect(mainText(settings).match(/(?:set_real_ip_from|real_ip_\w+) .*;/g)).toEqual([
      ...PROXIES.map((network) => `set_real_ip_from ${network};`),
      "real_ip_header X-Forwarded-For;",
      "real_ip_recursive on;",
    ]);
    expect(mainText(nginxSettings(stackModel(SITED)))).not.toContain("real_ip");
  });

  it("are refused by the web server where the firewall sees proxies only, which no jail of the sites bans and no limit counts", () => {
    const [site] = settings.sites;
    if (site === undefined) throw new Error("the example has no site");
    const refusing = (text: string): readonly string[] =>
      [...text.matchAll(/if \(-f \/run\/phiward-clients\/(\S+)\/\$remote_addr\) \{\n {8}return 403;/g)].map(([, jail = ""]) => jail);
    expect(refusing(siteText(site, settings))).toEqual(["nginx-scanner", "nginx-unknown", "nginx-limits"]);
    expect(refusing(siteText(site, {}))).toEqual([]);
    const jails = fail2banSettings(BEHIND, BEHIND.hosts[0]?.name).jails.filter(({ name }) =>
      refusing(siteText(site, settings)).includes(name),
    );
    expect(jails.map(({ acts, ignore }) => [acts, PROXIES.every((network) => ignore?.includes(network))])).toEqual([
      ["webServer", true],
      ["webServer", true],
      ["webServer", true],
    ]);
    const limits = (family: "ipv4" | "ipv6"): readonly string[] =>
      hostChains(ufwSettings(BEHIND, BEHIND.hosts[0]?.name ?? ""), family)
        .flatMap(({ rules }) => rules)
        .filter((rule) => rule.includes("--dports 80,443"))
        .map((rule) => rule.split(/(?:^| )-p tcp/)[0] ?? "");
    expect([limits("ipv4"), limits("ipv6")]).toEqual([
      ["-s 192.0.2.128/29", ""],
      ["-s 2001:db8:7::/64", ""],
    ]);
  });

  it("are never exempt at SSH because they are a proxy's", () => {
    expect(fail2banSettings(BEHIND, BEHIND.hosts[0]?.name).ignore).toEqual(fail2banSettings(SITED, SITED.hosts[0]?.name).ignore);
  });
});

describe("paths that are not there", () => {
  it.each([
    ...["/favicon.ico", "/apple-touch-icon-120x120-precomposed.png", "/robots.txt", "/.well-known/security.txt", "/app/main.js.map"].map(
      (path) => [path, "browser"] as const,
    ),
    ...["/wp-login.php", "/.env", "/.git/config", "/cgi-bin/luci", "/admin/phpmyadmin/", "/index.jsp", "/backup.sql"].map(
      (path) => [path, "probe"] as const,
    ),
    ...["/logo.png", "/environment", "/notes-of-others", "/a.phpx"].map((path) => [path, "other"] as const),
  ])("are told apart by who asks for them: %s", (path, who) => {
    expect(asks(path)).toBe(who);
  });
});

describe("passwords of Basic authentication", () => {
  it("are asked after in the routes that declare it, and nowhere else", () => {
    const [site] = settings.sites;
    if (site === undefined) throw new Error("the example has no site");
    const closed = [
      ...siteText(site, {}).matchAll(/location (.*) \{\n {8}set \$route \S+;\n(?:(?! {4}\}\n).*\n)*? {8}if \(\$basic_closed\)/g),
    ];
    expect(closed.map(([, at]) => at)).toEqual(["= /live", "^~ /live/"]);
  });
});

describe("SQL in a request", () => {
  it.each([
    // As sqlmap and the runbook have them.
    "/notes?id=1%20UNION%20ALL%20SELECT%20NULL,NULL--",
    "/notes?id=1+union/**/select+password+from+users",
    "/notes?id=-1%20union(select(1))",
    "/notes?name=x%27%20OR%20%271%27=%271",
    "/notes?name=x'+or+1=1--",
    "/notes?id=1%20AND%204711%3D4711",
    "/notes?name=admin%27--",
    "/notes?name=admin%27/*",
    "/notes?id=1;DROP%20TABLE%20notes",
    "/notes?id=1%3Bselect+1",
    "/notes?id=1%20AND%20SLEEP(5)",
    "/notes?id=(SELECT%201%20FROM%20PG_SLEEP%285%29)",
    "/notes/1%27;WAITFOR%20DELAY%20%270:0:5%27--",
    "/notes?q=information_schema.tables",
  ])("is seen in %s", (request) => {
    expect(mapped("$request_uri $tries", request)).toBe("sql");
  });

  it.each([
    "/notes?name=O%27Brien",
    "/notes?name=D%27Angelo+and+Sons",
    "/notes?q=select+a+doctor+from+the+list",
    "/notes?q=sleep+disorder+and+union+of+parents",
    "/notes?room=5+and+bed+7",
    "/notes?from=2026-01-01&to=2026-02-01&order=name&page=2",
    "/notes?q=%22chest+pain%22+or+%22dyspnea%22",
    "/notes?filter=%7B%22age%22%3A42%7D",
    "/page/drop-table/insert-into.html",
    "/fhir/Observation?code=http://loinc.org%7C1234-5&value-quantity=gt5.4%7C%7Cmg",
  ])("is not seen in %s", (request) => {
    expect(mapped("$request_uri $tries", request)).toBeUndefined();
  });
});
