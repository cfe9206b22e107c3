/** The key `monitoring.vulnerabilities`: when known vulnerabilities are looked for, by whose data, and how long what mends them may wait. */
import { z } from "zod";
import { DEMANDED_ALERTS, demandedBy } from "../demanded";
import { isHttps } from "../webhook";
import { text, timeOfDay, whole } from "./values";

const TRACKER_RULE =
  "an https address that ends with /, without user, password, ? and #, of Debian's security tracker or a mirror of its debsecan data";

/** What Debian itself has. */
const DEBIAN_TRACKER = "https://security-tracker.debian.org/tracker/debsecan/release/1/";

export const vulnerabilities = z
  .strictObject({
    time: timeOfDay
      .default("20:50")
      .describe(
        "When each host compares its packages and those of its images with what Debian has mended, each day, UTC. 20:50: before the look for what nobody declared. Lynis judges the system's settings an hour earlier, on Sundays.",
      ),
    tracker: text(TRACKER_RULE, (value) => isHttps(value) && value.endsWith("/"))
      .nullable()
      .default(DEBIAN_TRACKER)
      .describe(
        "Where each host takes the numbers (CVE) and severities from, half an hour before. Debian's own; a mirror of it where hosts reach no other address. null: no severity is known, and updates are found all the same.",
      ),
    graveDays: whole(1, 30)
      .default(1)
      .describe(
        `Days that an update may wait which mends what the tracker calls of high urgency. 1: a host installs it each night; an image is yours to replace.${demandedBy("updates-mended-in-time", `${String(DEMANDED_ALERTS.graveDays)} at most`)}`,
      ),
    otherDays: whole(1, 90)
      .default(7)
      .describe(
        `Days that any other security update may wait. 7: images are looked through once a week.${demandedBy("updates-mended-in-time", `${String(DEMANDED_ALERTS.otherDays)} at most`)}`,
      ),
    indexDrop: whole(1, 50)
      .default(5)
      .describe(
        "Points by which the index of lynis, of 100, may fall from one week to the next. 5: more than one new finding, and less than a service that was opened.",
      ),
  })
  .prefault({})
  .describe("Known vulnerabilities of packages and images, and lynis, on every host (164.308(a)(8)).");
