import { describe, expect, it } from "vitest";
import { sessions } from "../../../../../components/backup/sessions/concern";
import { sessionsPlan } from "../../../../../components/backup/sessions/plan";
import { sessionsSettings } from "../../../../../components/backup/sessions/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { peoplePlan } from "../../../../../components/system/people/plan";
import { peopleSettings } from "../../../../../components/system/people/settings";
import { changed, complete, faultsOf, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const settingsOf = (raw: unknown, host: string) => sessionsSettings(stackModel(parseConfig(raw)), host);
const RECOVERY = parseConfig(complete()).recovery.publicKey;
const OTHER_KEY = "age1jha5ng3y4uup827ul7s3kjx92ugvqnrsst7yudlzljwxhqsj3ulqg6xvey";

describe("the plan of recorded sessions", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, sessions, CONFIG, "web");
  });

  it("encrypts to the recovery key, or to the incident key that is declared, and sends to the vault", () => {
    expect(settingsOf(complete(), "web")).toMatchObject({ recipient: RECOVERY, vault: { user: "vault-web" }, alerts: true });
    const other = settingsOf(changed(complete(), { audit: { sessionsKey: OTHER_KEY } }), "web");
    expect(other?.recipient).toBe(OTHER_KEY);
  });

  it("leaves those of a vault, and of a host without one, on it for as long as the record is kept there", () => {
    const years = parseConfig(complete()).records.retentionYears;
    expect(settingsOf(complete(), "store")).toMatchObject({ vault: null, days: years * 366 });
    const alone = settingsOf(smallest(), "web");
    expect(alone).toMatchObject({ vault: null, days: 365, alerts: false });
    if (alone === undefined) throw new Error("no settings");
    expect(textOf(sessionsPlan(alone), "/etc/systemd/system/phiward-sessions.service")).not.toContain("OnFailure");
  });

  it("is on no host where none is recorded, and sudo records nothing there", () => {
    const off = changed(complete(), { audit: { sessions: "off" } });
    expect(settingsOf(off, "web")).toBeUndefined();
    const plan = peoplePlan(peopleSettings(parseConfig(off)));
    expect(textOf(plan, "/etc/sudoers")).not.toMatch(/iolog|ROOT_SHELLS/);
    expect(textOf(plan, "/etc/sudoers.d/phiward")).not.toContain("LOG_OUTPUT");
    expect(plan.checks.filter(({ id }) => id.startsWith("people-sessions-recorded") || id === "people-sessions-in-memory")).toEqual([]);
  });

  it("records shells of people and of the break-glass account, and nothing of deploys, nor what is typed", () => {
    const plan = peoplePlan(peopleSettings(CONFIG));
    const lines = textOf(plan, "/etc/sudoers.d/phiward").trimEnd().split("\n");
    const readers = lines.slice(lines.findIndex((line) => line.startsWith("Defaults:")));
    expect(readers[1]).toMatch(/^bob ALL=\(root\) NOPASSWD: LOG_OUTPUT: /);
    const rules = lines.filter((line) => !readers.includes(line));
    const ends = rules.map((rule) => [rule.split(" ")[0], rule.endsWith(", LOG_OUTPUT: ROOT_SHELLS")]);
    expect(ends).toEqual(ends.map(([name]) => [name, name !== "deploy"]));
    expect(textOf(plan, "/etc/sudoers")).not.toContain("log_input");
  });

  it("refuses a choice and a key that there are none of, without a word of either", () => {
    const faults = faultsOf(changed(smallest(), { audit: { sessions: "some", sessionsKey: "AGE-SECRET-KEY-1QQ" } })).join("\n");
    expect(faults).toContain("audit.sessions");
    expect(faults).toContain("audit.sessionsKey: found");
    expect(faults).not.toContain("AGE-SECRET");
  });
});
