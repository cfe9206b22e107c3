/** A stack with secrets that people bring, judged by whoever cannot open them. */
import { expect, it } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { UNOPENED } from "../../components/config/sections/secrets";
import { judgeStack } from "../../ops/commands/policy";
import { changed, complete } from "../unit/components/examples";

const BROUGHT = {
  secrets: { "mail-key": { secure: "v1:abc" }, "version-key": { secure: "v1:def" } },
  "services.2.secrets.1": { name: "mail", from: "mail-key" },
  "services.2.databaseParts": true,
  "services.2.configurationFiles": [{ path: "/etc/app.conf", content: "password={{db.password}} key={{secret:mail}}\n" }],
  "services.2.secretEnvironment": { API_KEY: "mail", DATABASE_URL: "db-url" },
  "services.2.initialize": { command: ["/app/migrate"] },
};

it("is judged by their names, and has no fault by any of them", () => {
  const failures = (config: unknown): readonly string[] =>
    judgeStack("test", parseConfig(config)).results.flatMap((result) =>
      result.outcome === "fail" ? [`${result.rule.id}: ${result.finding.at} ${result.finding.found}`] : [],
    );
  const config = changed(complete(), BROUGHT);
  expect(parseConfig(config).secrets).toEqual([{ name: "mail-key", version: UNOPENED }]);
  expect(failures(config)).toEqual(failures(complete()));
});
