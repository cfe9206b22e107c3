/** The plan of certificates that others issue: an authority, or the owner. */
import { describe, expect, it } from "vitest";
import { backupSettings } from "../../../../../../components/backup/backup/settings";
import { stackModel } from "../../../../../../components/containers/model";
import { certificates } from "../../../../../../components/edge/certificates/concern";
import { certificatesPlan } from "../../../../../../components/edge/certificates/plan";
import { certificatesSettings } from "../../../../../../components/edge/certificates/settings";
import { expectGolden, textOf } from "../../../golden";
import { BROUGHT, SITED } from "../../../siteExamples";

const settings = certificatesSettings(stackModel(BROUGHT), BROUGHT.hosts[0]);
const plan = certificatesPlan(settings);

describe("the plan of certificates that others issue", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, certificates, BROUGHT);
  });

  it("names secrets, and has none of them", () => {
    const secrets = plan.files.flatMap(({ path, mode, content }) => (content.kind === "secret" ? [[path, mode, content.secret]] : []));
    expect(secrets).toEqual([
      ["/etc/phiward/provided/api.example.org.key", "0600", "site-key"],
      ["/etc/phiward/acme-tokens/dns-token", "0600", "dns-token"],
    ]);
  });

  it("tries each order at the staging directory first, and at the one that an owner declares", () => {
    const { sites } = JSON.parse(textOf(plan, "/etc/phiward/certificates.json")) as {
      sites: readonly { site: string; authority?: { directory: string; rehearsal: string | null } }[];
    };
    expect(sites.flatMap(({ authority }) => (authority === undefined ? [] : [[authority.directory, authority.rehearsal]]))).toEqual([
      ["https://acme-v02.api.letsencrypt.org/directory", "https://acme-staging-v02.api.letsencrypt.org/directory"],
      ["https://acme-v02.api.letsencrypt.org/directory", "https://acme-staging-v02.api.letsencrypt.org/directory"],
      ["https://acme.example.org:8443/directory", "https://trial.example.org/directory"],
    ]);
  });

  it("keeps of an authority's certificates those of present sites, and the account whatever happens", () => {
    const kept = plan.directories.find(({ path }) => path === "/etc/phiward/acme/certificates")?.exclusive?.keep;
    expect(kept).toEqual(["www.example.org.pem", "inside.example.org.pem", "own.example.org.pem"]);
    expect(plan.directories.find(({ path }) => path === "/etc/phiward/acme")?.exclusive).toBeUndefined();
  });

  it("fails no deploy by what an authority decides", () => {
    const decided = plan.checks.filter(({ id }) => /-trusted$|-renewed-in-time$|last-renewal/.test(id));
    expect(decided.map(({ onlyWarns }) => onlyWarns)).toEqual(Array.from({ length: 9 }, () => true));
    expect(plan.steps.filter(({ argv }) => argv.includes("phiward-certificates.service")).map(({ argv }) => argv[0])).toEqual(
      Array.from({ length: 3 }, () => "-systemctl"),
    );
  });

  it("awaits a restore on a host that takes another's place, and on no other", () => {
    const [host] = BROUGHT.hosts;
    if (host === undefined) throw new Error("no host");
    const replaced = { ...host, formerHostKeys: ["ssh-ed25519 AAAA"] };
    expect([settings.acme?.awaitsRestore, certificatesSettings(stackModel(BROUGHT), replaced).acme?.awaitsRestore]).toEqual([false, true]);
  });

  it("is in the backups with account and certificates, where a site has an authority", () => {
    expect(backupSettings(stackModel(BROUGHT), "web").paths).toEqual(["/srv/uploads", "/etc/phiward/acme"]);
    expect(backupSettings(stackModel(SITED), "web").paths).toEqual(["/srv/uploads"]);
  });
});
