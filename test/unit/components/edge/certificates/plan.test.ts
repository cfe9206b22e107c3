import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { certificates } from "../../../../../components/edge/certificates/concern";
import { CERTIFICATES_REMOVAL, certificatesPlan } from "../../../../../components/edge/certificates/plan";
import { certificatesSettings, TLS_DIRECTORY } from "../../../../../components/edge/certificates/settings";
import { smallest } from "../../examples";
import { expectGolden, textOf } from "../../golden";
import { SITED } from "../../siteExamples";

const plan = certificatesPlan(certificatesSettings(stackModel(SITED)));

describe("the certificates' plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, certificates, SITED);
  });

  it("names each site with its aliases", () => {
    const { sites } = JSON.parse(textOf(plan, "/etc/phiward/certificates.json")) as { sites: readonly { names: readonly string[] }[] };
    expect(sites.map(({ names }) => names)).toEqual([["api.example.org", "records.example.org"], ["www.example.org"]]);
  });

  it("leaves the keys of former sites to the web server's plan, which reads them until it is changed", () => {
    expect(plan.directories.find(({ path }) => path === TLS_DIRECTORY)).toEqual({ path: TLS_DIRECTORY, owner: "root:root", mode: "0700" });
  });

  it("discards all keys without a copy when it is taken down", () => {
    expect(CERTIFICATES_REMOVAL.directories.map(({ path, exclusive }) => [path, exclusive?.keep, exclusive?.discard])).toEqual([
      [TLS_DIRECTORY, [], true],
      ["/etc/phiward/acme/certificates", [], true],
    ]);
  });

  it("asks for renewal two days after it was due, and not before", () => {
    const asked = plan.checks.flatMap(({ argv }) => (argv.includes("-checkend") ? [argv.at(-1)] : []));
    expect(asked).toEqual([18, 28].map((days) => String(days * 86_400)));
  });

  it("makes nothing where there is no site", () => {
    expect(certificatesSettings(stackModel(parseConfig(smallest()))).sites).toEqual([]);
  });
});
