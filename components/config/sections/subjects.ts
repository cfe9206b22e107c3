/** The key `subjects`: where services' databases and volumes have data of a person, so that it can be shown and erased. */
import { z } from "zod";
import { anonymise, database, identifier, schema } from "./retention";
import { list, name, text } from "./values";

const PATH_RULE =
  "a path below the top of the volume, such as scans/{ref}/ or letters/*/{ref}-*.pdf: 1 to 8 parts of letters, digits and . _ - @ + =, with {ref} once; * once in a part, which one of . _ - @ + = parts from {ref}; / at the end for a directory with all that is below";
// What is beside both {ref} and * in a part would say of one name that it is of several persons.
const PART =
  /^(?!\.{1,2}$)(?:[\w.@+=-]+|[\w.@+=-]*\*[\w.@+=-]*|[\w.@+=-]*\{ref\}(?:[_.@+=-][\w.@+=-]*\*)?[\w.@+=-]*|[\w.@+=-]*\*[\w.@+=-]*[_.@+=-]\{ref\}[\w.@+=-]*)$/;
const MOST_PARTS = 8;
const MOST_CHARACTERS = 255;

const path = text(PATH_RULE, (value) => {
  const parts = value.replace(/\/$/, "").split("/");
  const isOnce = value.split("{ref}").length === 2;
  return isOnce && value.length <= MOST_CHARACTERS && parts.length <= MOST_PARTS && parts.every((part) => PART.test(part));
});

export const subjects = z
  .strictObject({
    places: list(
      "a list of tables",
      z.strictObject({
        database,
        schema,
        table: identifier.describe("The table; the service's own role must own it."),
        column: identifier.describe("Its column that says whose a row is: a number or code of the person, the same in every place."),
        anonymise,
      }),
    )
      .default([])
      .describe(
        "Tables with rows of persons, in the order in which they are erased: what refers to another table comes before that one. None: then `files` has a place.",
      ),
    files: list(
      "a list of places in volumes",
      z.strictObject({
        service: name.describe("The service of kind container whose volume it is."),
        volume: name.describe("Name of the volume."),
        path: path.describe(
          "Where files of a person are in it: {ref} stands for the reference, as the tables have it, and * for any characters of a name. Links are not followed.",
        ),
      }),
    )
      .default([])
      .describe(
        "Files of persons in volumes of services; they are erased after the rows. None: there are none, or the application erases them.",
      ),
  })
  .optional()
  .describe(
    "Where data of a person is (GDPR 15, 17, 20): `npx phiward subject` exports and erases it, and a restored database or volume is erased of the same persons again. Needs `retention`, whose nightly run watches what is due. Without this section the applications have to do it.",
  );
