/** The record that hosts send to their vault, which 164.316(b)(2)(i) wants for six years. */
import { z } from "zod";
import { DEMANDED_RECORDS, demandedBy } from "../demanded";
import { whole } from "./values";

/** The key `records`. */
export const records = z
  .strictObject({
    retentionYears: whole(1, 30)
      .default(6)
      .describe(
        `Years that the vault keeps what hosts have on record. 6, as evidence is kept (164.316(b)(2)(i)).${demandedBy("records-kept-six-years", `${String(DEMANDED_RECORDS.years)} at least`)}`,
      ),
    gigabytesPerHost: whole(1, 10_000)
      .default(50)
      .describe(
        "Most that the vault keeps of one host: no host can fill the disk that the backups of others are on. 50, six years at 20 MB a day, without what containers print, which takes 1.3 KB a line; the vault says so when it is reached, and removes nothing.",
      ),
    silentMinutes: whole(10, 1440)
      .default(30)
      .describe(
        `Minutes without a record of a host after which its vault raises an alert. 30: a restart and a slow network are shorter.${demandedBy("records-watched", `${String(DEMANDED_RECORDS.silentMinutes)} at most`)}`,
      ),
  })
  .prefault({})
  .describe("What hosts have on record, as it is sent to the vault that `backup.offsite` names (164.312(b)).");
