/** The key `subjects`: where services' databases have data of a person, so that it can be shown and erased. */
import { z } from "zod";
import { anonymise, database, identifier, schema } from "./retention";
import { list } from "./values";

export const subjects = z
  .strictObject({
    places: list(
      "a list of at least one table",
      z.strictObject({
        database,
        schema,
        table: identifier.describe("The table; the service's own role must own it."),
        column: identifier.describe("Its column that says whose a row is: a number or code of the person, the same in every place."),
        anonymise,
      }),
      1,
    ).describe("Tables with rows of persons, in the order in which they are erased: what refers to another table comes before that one."),
  })
  .optional()
  .describe(
    "Where data of a person is (GDPR 15, 17, 20): `npx phiward subject` exports and erases it, and a restored database is erased of the same persons again. Needs `retention`, whose nightly run watches what is due. Without this section the applications have to do it.",
  );
