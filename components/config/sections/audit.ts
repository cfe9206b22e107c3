/** The kernel's records of who did what on a host, and what happens where they cannot be written. */
import { z } from "zod";
import { choice, whole } from "./values";

export const audit = z
  .strictObject({
    onFailure: choice(["alert", "halt"])
      .default("alert")
      .describe(
        "What a host does where an audit record cannot be written: disk full, disk broken, queue full. `alert` keeps the services running, overwrites the oldest records and fails a check. `halt` stops the host, so that nothing happens without a record; a clinic is without its data until someone makes room at the console. `alert`, since patients are treated meanwhile.",
      ),
    megabytes: whole(64, 10_000)
      .default(512)
      .describe(
        "Disk space in MB of the audit daemon's own files, of which the oldest is replaced. 512: weeks of a quiet host; the journal has a copy of each record.",
      ),
  })
  .prefault({})
  .describe("Audit records of the kernel (164.312(b)): fixed rules, which nobody can change until the next restart.");
