/** What becomes of data that services no longer use: the key `removed`. */
import { z } from "zod";
import { choice, list, name } from "./values";

const entry = z.strictObject({
  service: name.describe("Name of the service that had the data, as it was declared."),
  formerly: list("a list of names of services", name.describe("A name that it was deployed under."))
    .default([])
    .describe("What `formerly` of the service was, where it had been renamed. None."),
  volume: name.optional().describe("One volume of it, by its name there. Without this and `database`: all data of a service that is gone."),
  database: name.optional().describe("Its database in one server, by that server's name: the service no longer uses it."),
  data: choice(["keep", "erase"]).describe(
    "`keep`: it stays on the host as it is, unused and in no further backup, for as long as this entry is here. `erase`: its volumes, databases and roles are removed once nothing runs with them; what is in backups goes with their retention.",
  ),
  confirm: name.optional().describe("With `erase`, the name of the service once more: what is erased comes back from a backup alone."),
});

/** The key `removed`. */
export const removed = list("a list of services whose data is no longer used", entry)
  .default([])
  .describe(
    "Services, volumes and databases that are declared no longer, and what becomes of their data. None: a deploy that would leave data behind without a word here is refused.",
  );
