/** How a service of kind container runs beside its program: what comes before it, and what it may write in memory. */
import { z } from "zod";
import { demandedBy } from "../demanded";
import { flag, list, text, whole } from "./values";

const NO_SECRET = demandedBy("container-no-plain-secret-environment", "nothing that is called or looks like a secret");

/** A program or one of its arguments, as services declare it. */
export const argument = text("1 to 1000 characters of printable ASCII", /^[ -~]{1,1000}$/).describe("Program or argument.");

/** The key `initialize` of a service. */
export const initialize = z
  .strictObject({
    command: list("a list of a program and its arguments", argument, 1).describe(
      `What is run, in place of the service's own command; an entry point of the image stays before it.${NO_SECRET}`,
    ),
    timeoutSeconds: whole(1, 7200).default(600).describe("Seconds after which it is ended, and has failed."),
    backup: flag()
      .default(true)
      .describe(
        "Whether the host's backup is made before, where it has one and an earlier version was initialized: what a migration changes, only a restore undoes.",
      ),
  })
  .optional()
  .describe(
    "Init step, such as migrations: run once for each new definition of the service's container, as a container of the same image, user, secrets, networks and volumes, before that one is made; of a service that is replaced stop-first, once the former container is stopped. It must exit 0, or the former version goes on, the deploy fails, and the next one runs it again. Default: none.",
  );

/** The key `temporary` of a service. */
export const temporary = z
  .strictObject({
    megabytes: whole(1, 65_536)
      .default(64)
      .describe("Its size in MB, which counts to the service's memory once it is written. 64: it is for what ends with a request."),
    exec: flag()
      .default(false)
      .describe(
        `Whether programs may be run from it, as those need that unpack libraries there. Off: nothing that was written is run.${demandedBy("container-temporary-noexec", "false, or a waiver with the reason")}`,
      ),
  })
  .prefault({})
  .describe("/tmp of the service's container, which is in memory.");
