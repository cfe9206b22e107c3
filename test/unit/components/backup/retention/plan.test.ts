import { describe, expect, it } from "vitest";
import { retention } from "../../../../../components/backup/retention/concern";
import { retentionSettings } from "../../../../../components/backup/retention/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { type HostRetention, retentionText } from "../../../../../ops/commands/retention";
import { changed, complete, faultsOf, GONE, smallest } from "../../examples";
import { expectGolden } from "../../golden";

const settingsOf = (raw: unknown, host = "web") => retentionSettings(stackModel(parseConfig(raw)), host);
const HOLD = {
  name: "all",
  database: "notes-api",
  table: "visits",
  reference: "court file 12 O 34/26, letter",
  owner: "anna",
  until: "2027-01-01",
};

describe("the plan of rows that end", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, retention);
  });

  it("is of hosts with databases, where it is declared", () => {
    expect(settingsOf(complete(), "store")).toBeUndefined();
    expect(settingsOf(changed(complete(), { retention: GONE, subjects: GONE }))).toBeUndefined();
    expect(settingsOf(changed(smallest(), { retention: {} }))).toBeUndefined();
  });

  it("goes by the name that a service keeps", () => {
    const renamed = changed(complete(), {
      "services.2.name": "records",
      "services.2.formerly": ["notes-api"],
      ...{ sites: [], removed: [], "retention.rules.0.database": "records" },
    });
    expect(settingsOf(renamed)?.rules.map(({ database, container }) => [database, container])).toEqual([
      ["notes-api", "db"],
      ["notes-api", "db"],
    ]);
  });

  it.each([
    ["two rules of one name", { "retention.rules.1.name": "sessions" }, "must be unique; already used by retention.rules.0.name"],
    ["a database that is none", { "retention.rules.0.database": "cache" }, "a service of kind container that uses a PostgreSQL"],
    ["a name that is more than one", { "retention.rules.0.table": 'a"; DROP' }, "retention.rules.0.table"],
    ["a hold by a column without its value", { "retention.holds.0.value": GONE }, "retention.holds.0.value"],
    ["a hold by a value without its column", { "retention.holds.0.column": GONE }, "retention.holds.0.column"],
    ["a database that is kept, and of which rows end", { "retention.kept": [{ database: "notes-api", reason: "x".repeat(30) }] }, "kept.0"],
    ["the time as what is emptied", { "retention.rules.1.anonymise.0.column": "ended" }, "another column than timeColumn"],
    ["a column twice", { "retention.rules.1.anonymise.0.column": "phone" }, "anonymise.1.column"],
    [
      "one table twice",
      { "subjects.places.1": { database: "notes-api", schema: "app", table: "visits", column: "id" } },
      "one place for each table",
    ],
    ["files of a service that is none", { "subjects.files.0.service": "scans" }, "subjects.files.0.service"],
    ["files of a service without volumes", { "subjects.files.0.service": "db" }, "container that declares a volume"],
    ["files in a volume that is none", { "subjects.files.1.volume": "scans" }, "the name of one of the volumes in services.2.volumes"],
    ["one path twice", { "subjects.files.1.path": "scans/{ref}/" }, "must be unique: one place for each path"],
    ["no place of persons at all", { subjects: {} }, "one place at least, in subjects.places or subjects.files"],
    ["persons without a nightly run", { retention: GONE }, "subjects beside a section retention"],
    ["a hold without an end", { "retention.holds.0.until": GONE }, "retention.holds.0.until"],
  ])("refuses %s", (_, changes, words) => {
    expect(faultsOf(changed(complete(), changes)).join("\n")).toContain(words);
  });

  it.each([
    ..."{ref} {ref}/ a/{ref}/b.c/ */{ref}.pdf {ref}-*.pdf x{ref}_y*z *-{ref}.dcm a*b_{ref}".split(" "),
    `${"a/".repeat(7)}{ref}`,
    `{ref}/${"a".repeat(249)}`,
  ])("takes the path %s", (path) => {
    expect(faultsOf(changed(complete(), { "subjects.files.0.path": path }))).toEqual([]);
  });

  it.each([
    ..."scans {ref}/{ref} {ref}{ref} /{ref} {ref}// ./{ref} ../{ref} a/../{ref} {ref}* *{ref} {ref}a* *a{ref} {ref}-** *-{ref}-* **/{ref}".split(
      " ",
    ),
    ..."{REF} {ref {ref}\\n a?/{ref} [a]/{ref} ~/{ref}".split(" "),
    ...["", "{ref}\n", "a b/{ref}", "ä/{ref}", `${"a/".repeat(8)}{ref}`, `{ref}/${"a".repeat(250)}`],
  ])("refuses the path %j, by which a name might be of several persons, or lead elsewhere", (path) => {
    expect(faultsOf(changed(complete(), { "subjects.files.0.path": path })).join("\n")).toMatch(
      /^subjects\.files\.0\.path: .*a path below the top of the volume/,
    );
  });

  it("goes by the names that a service and Docker keep for a volume", () => {
    const changes = {
      "services.2.name": "records",
      "services.2.formerly": ["notes-api"],
      sites: [],
      removed: [],
      "subjects.files.0.service": "records",
    };
    expect(settingsOf(changed(complete(), changes))?.subjects?.files.map(({ service, name }) => [service, name])).toEqual(
      Array(2).fill(["notes-api", "phiward-notes-api.attachments"]),
    );
  });

  it("takes a hold on a whole table", () => {
    expect(settingsOf(changed(complete(), { "retention.holds.1": HOLD }))?.holds[1]).toMatchObject({ column: null, value: null });
  });
});

const RULE: HostRetention["rules"][number] = {
  ...{ name: "sessions", table: "api: public.sessions", days: 90, does: "deleted", counted: 1_790_000_000, due: 12, held: 0 },
  ...{ approved: null, approvedBy: "", last: null, rows: 0, finished: null },
};

describe("what a person is shown of rows that end", () => {
  it("is what each rule would end, or ended, and what keeps rows", () => {
    const found: HostRetention = {
      rules: [
        RULE,
        { ...RULE, name: "old", held: 3, approved: 1_790_000_000, approvedBy: "anna", last: 1_790_086_400, rows: 40 },
        { ...RULE, counted: null },
      ],
      holds: [{ name: "case-17", table: "api: public.visits", whole: false, owner: "anna", until: "2027-02-28" }],
      faults: ["rule visits: found no such table"],
    };
    expect(retentionText("web", found)).toBe(
      [
        "web: rows of databases that end",
        "! sessions, api: public.sessions: rows older than 90 days: 12 would be deleted; approve it: npx phiward retention --approve sessions",
        "  old, api: public.sessions: rows older than 90 days: 12 are due, 3 are held; approved by anna on 2026-09-21, the last run, on 2026-09-22, ended 40",
        "! sessions, api: public.sessions: rows older than 90 days: not counted",
        "  hold case-17, api: public.visits: certain rows until 2027-02-28, anna",
        "! rule visits: found no such table",
      ].join("\n"),
    );
    expect(retentionText("web", { rules: [], holds: [], faults: [] })).toBe("web: no rule is declared");
  });
});
