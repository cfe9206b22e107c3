/** The key `jobs`: programs of services that run by the clock, or when a person is locked. */
import { z } from "zod";
import { demandedBy } from "../demanded";
import { argument } from "./running";
import { choice, list, name, timeOfDay, whole } from "./values";

export const jobs = list(
  "a list of jobs",
  z.strictObject({
    name: name.describe("Name of the job, by which its log is asked for."),
    service: name.describe("The service of kind container that it runs as: its image, user, secrets, networks, volumes and limits."),
    command: list("a list of a program and its arguments", argument, 1).describe(
      `What is run, in place of the service's own command; an entry point of the image stays before it.${demandedBy("one-off-containers-confined", "nothing that is called or looks like a secret")}`,
    ),
    every: choice(["hour", "day", "week", "lock"]).describe(
      "How often it runs; of a week on Sunday. `lock`: each time that a person is locked (`npx phiward lock`), whose name is its last argument: it ends that person's sessions and tokens in the application, and has a minute for that at most.",
    ),
    time: timeOfDay
      .default("22:30")
      .describe(
        "When it runs, UTC; of an hourly one the minute counts, and of one at a lock nothing. 22:30, when few work in Europe, and no backup is made by default.",
      ),
    timeoutSeconds: whole(1, 21_600).default(1800).describe("Seconds after which it is ended, and has failed."),
  }),
)
  .default([])
  .describe(
    "Scheduled jobs of services, without a port. None runs twice at once; one that fails sends an alert. Hosts do not restart themselves from ten minutes before one is due until half an hour after it.",
  );
