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

/** What a request's path is taken for, by the patterns of the map in their order. */
function asks(path: string): string {
  const block = /map \$uri \$asks \{\n([^]*?)\n {4}\}/.exec(mainText(settings))?.[1] ?? "";
  for (const [, pattern = "", word = ""] of block.matchAll(/"~\*(.*)" (\w+);/g))
    if (new RegExp(pattern.replaceAll("\\z", "$"), "i").test(path)) return word;
  return "other";
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
