/** The key `retention`: how long rows of services' databases stay, and what keeps them longer. */
import { z } from "zod";
import { checkedText, day, list, name, sentence, text, timeOfDay, whole } from "./values";

const IDENTIFIER_RULE = "a name in PostgreSQL as the catalog has it: 1 to 63 characters, letters, digits, _ and $, no digit first";
/** A name in PostgreSQL. */
export const identifier = text(IDENTIFIER_RULE, /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/);
const OWNER_RULE = "who answers for it, in 2 to 200 printable characters of ASCII";

/** Whose database a table is in. */
export const database = name.describe("The service of kind container whose database in PostgreSQL it is.");
/** The schema of a table. */
export const schema = identifier.default("public").describe("Schema of the table. public, as PostgreSQL's own default.");

/** Columns that are emptied in place of deleting a row. */
export const anonymise = list(
  "a list of columns",
  z.strictObject({
    column: identifier.describe("A column that names a person, or may."),
    text: checkedText("0 to 200 printable characters of ASCII", (value) =>
      /^[ -~]{0,200}$/.test(value) ? undefined : "0 to 200 printable characters of ASCII",
    )
      .optional()
      .describe("What it then holds, in a column of text; NULL without it."),
  }),
)
  .default([])
  .describe("Columns that are emptied while the row stays. None: the row is deleted.");

const rule = z.strictObject({
  name: name.describe("Name of the rule, by which it is approved."),
  database,
  schema,
  table: identifier.describe("The table; the service's own role must own it."),
  timeColumn: identifier.describe("Its column of a time or a day, from which on is counted; a row without one never ends."),
  days: whole(1, 36_500).describe("Days that a row stays."),
  anonymise,
  batch: whole(1, 100_000)
    .default(1000)
    .describe("Rows of one transaction. 1000: it takes well below a second, and the database has as long to itself before the next."),
});

const hold = z.strictObject({
  name: name.describe("Name of the hold."),
  database,
  schema,
  table: identifier.describe("The table whose rows are kept."),
  column: identifier.optional().describe("A column by which the rows are known that are kept; all rows of the table without it."),
  value: text("1 to 200 printable characters of ASCII", /^[ -~]{1,200}$/)
    .optional()
    .describe(
      "What is in that column, as PostgreSQL prints it: a number or a code of a record, and no name, for this file is read by many.",
    ),
  reference: sentence.describe("What asks for it, such as a court's file number, and where it was decided."),
  owner: text(OWNER_RULE, /^[!-~](?:[ -~]{0,198}[!-~])$/).describe("Who answers for it."),
  until: day.describe("The last day, UTC, on which it keeps anything. A hold without an end would be forgotten: put it off instead."),
});

export const retention = z
  .strictObject({
    time: timeOfDay
      .default("22:50")
      .describe(
        "When rows end, each day, UTC. 22:50: few work in Europe then, and the next backup no longer has them. Hosts do not restart themselves from ten minutes before until half an hour after it.",
      ),
    rules: list("a list of rules", rule)
      .default([])
      .describe(
        "Rows that end. Each rule only counts until a person has seen the numbers and approved it (`npx phiward retention`), and again when it changes.",
      ),
    holds: list("a list of legal holds", hold)
      .default([])
      .describe("Rows that no rule ends meanwhile, whatever their age. None, since each is a decision about certain rows."),
    kept: list(
      "a list of databases with the reason",
      z.strictObject({ database, reason: sentence.describe("Why no rule ends anything in it, and what does in its place.") }),
    )
      .default([])
      .describe("Databases whose data ends by other means, or may never: said here, so that none is forgotten."),
  })
  .optional()
  .describe(
    "Data whose time is over: rows of services' databases are deleted or anonymised each day (GDPR 5(1)(e)). Without this section nothing ends by itself.",
  );
