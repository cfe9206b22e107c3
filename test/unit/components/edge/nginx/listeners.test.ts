/** Listeners of the web server: their files, what is asked of the running host, and what comes with them. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel, upstreamPort } from "../../../../../components/containers/model";
import { nginxPlan } from "../../../../../components/edge/nginx/plan";
import { nginxSettings } from "../../../../../components/edge/nginx/settings";
import { filterText, WEB_JAIL_TABLE } from "../../../../../components/system/fail2ban/webFilters";
import { ufwSettings } from "../../../../../components/system/ufw/settings";
import { changed } from "../../examples";
import { textOf } from "../../golden";
import { listened, sited } from "../../siteExamples";

const CONFIG = parseConfig(listened());
const MODEL = stackModel(CONFIG);
const plan = nginxPlan(nginxSettings(MODEL));
const without = nginxPlan(nginxSettings(stackModel(parseConfig(changed(listened(), { listeners: [] })))));
const LISTENERS = "/etc/nginx/phiward/listeners.conf";

describe("the listeners' file", () => {
  it("has a server for each, with its networks, its limits and its versions", () => {
    const text = textOf(plan, LISTENERS);
    const [dicom, hl7] = [upstreamPort(MODEL.containers, "api", "dicom"), upstreamPort(MODEL.containers, "docs")];
    expect(dicom).not.toBe(upstreamPort(MODEL.containers, "api"));
    expect(text.slice(text.indexOf("server {")).split("\n")).toEqual([
      "server {",
      "    listen 2762 ssl;",
      "    listen [::]:2762 ssl;",
      "    ssl_certificate /etc/phiward/tls/www.example.org/certificate.pem;",
      "    ssl_certificate_key /etc/phiward/tls/www.example.org/key.pem;",
      "    ssl_protocols TLSv1.2 TLSv1.3;",
      "    ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;",
      "    ssl_verify_client on; ssl_client_certificate /etc/nginx/phiward/authorities-dicom.pem; ssl_verify_depth 2;",
      "    ssl_crl /etc/nginx/phiward/revocations-dicom.pem;",
      "    set $listener dicom; allow 10.20.7.0/24; allow 2001:db8:5::/64; allow 127.0.0.1; deny all;",
      "    limit_conn listeners.dicom 4;",
      "    proxy_timeout 900s;",
      `    proxy_pass 127.0.0.1:${String(dicom)};`,
      "}",
      "server {",
      "    listen 2575 ssl;",
      "    listen [::]:2575 ssl;",
      "    ssl_certificate /etc/phiward/tls/api.example.org/certificate.pem;",
      "    ssl_certificate_key /etc/phiward/tls/api.example.org/key.pem;",
      "    set $listener hl7; allow 10.20.7.0/24; allow 127.0.0.1; deny all;",
      "    limit_conn listeners.hl7 10;",
      "    proxy_timeout 600s;",
      `    proxy_pass 127.0.0.1:${String(hl7)};`,
      "}",
      "",
    ]);
    expect(textOf(plan, "/etc/nginx/nginx.conf")).toMatch(
      /^stream \{\n {4}error_log stderr emerg;\n {4}log_format phiward 'client=\$remote_addr listener=\$listener status=\$status /m,
    );
  });

  it("comes with the module and its package, and they go with it", () => {
    expect(textOf(plan, "/etc/nginx/nginx.conf").split("\n")).toEqual(
      expect.arrayContaining(["load_module /usr/lib/nginx/modules/ngx_stream_module.so;", "stream {", `    include ${LISTENERS};`]),
    );
    expect(plan.packages).toContain("libnginx-mod-stream");
    expect(textOf(without, "/etc/nginx/nginx.conf")).not.toMatch(/^(stream|load_module)/m);
    expect(without.packages).not.toContain("libnginx-mod-stream");
    expect(without.files.map(({ path }) => path)).toEqual(expect.not.arrayContaining([LISTENERS]));
  });

  it("logs lines that no jail of the sites counts", () => {
    const fields = "status=400 received=0 sent=0 seconds=0.000 limited=REJECTED tls=TLSv1.3 group=X25519 verified=NONE certificate=";
    for (const { words } of Object.values(WEB_JAIL_TABLE)) {
      const [, pattern = ""] = /^failregex = (.*)$/m.exec(filterText(words)) ?? [];
      expect(pattern).toContain("<ADDR>");
      expect(`web nginx: client=203.0.113.9 listener=dicom ${fields}`).not.toMatch(new RegExp(pattern.replace("<ADDR>", "\\S+")));
    }
  });
});

describe("checks of listeners", () => {
  const ids = plan.checks.map(({ id }) => id);

  it("ask each for its versions, its networks and its clients", () => {
    expect(ids.filter((id) => id.startsWith("nginx-listener-"))).toEqual([
      ...[
        "tls13",
        "no-tls11",
        "networks-only",
        "clients-verified",
        "closed-without-certificate",
        "authority-1-valid",
        "revocations-1-valid",
      ].map((what) => `nginx-listener-dicom-${what}`),
      ...["tls13", "no-tls12", "networks-only"].map((what) => `nginx-listener-hl7-${what}`),
    ]);
  });

  it("allow an older version where one is declared, and nowhere else", () => {
    const pattern = (of: typeof plan, id: string): RegExp => {
      const expectation = of.checks.find((check) => check.id === id)?.expect;
      if (expectation?.kind !== "lacks") throw new Error(id);
      return new RegExp(expectation.pattern, "m");
    };
    const text = textOf(plan, LISTENERS);
    for (const id of ["nginx-ssl-protocols-nowhere-else", "nginx-no-older-ciphers"]) {
      expect(text).not.toMatch(pattern(plan, id));
      expect(text).toMatch(pattern(without, id));
      expect(text.replace("TLSv1.2", "TLSv1.1 TLSv1.2").replace("ECDHE-ECDSA", "AES128-SHA:ECDHE-ECDSA")).toMatch(pattern(plan, id));
    }
  });
});

describe("the firewall", () => {
  it("opens a listener's port to its networks, behind all other openings", () => {
    const { rules } = ufwSettings(CONFIG, "web");
    expect(rules.slice(-3)).toEqual([
      { action: "allow", protocol: "tcp", port: 2762, from: "10.20.7.0/24" },
      { action: "allow", protocol: "tcp", port: 2762, from: "2001:db8:5::/64" },
      { action: "allow", protocol: "tcp", port: 2575, from: "10.20.7.0/24" },
    ]);
    expect(sited()).not.toHaveProperty("listeners");
  });
});
