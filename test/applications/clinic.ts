/** The example of docs/applications.md: its stack file, the images of what it runs, and the secrets that its owner brings. */
import { join } from "node:path";
import { postgresRecipe } from "../../sandbox/images/postgres";
import { redisRecipe } from "../../sandbox/images/redis";
import type { StackExample } from "../../sandbox/stackFile";
import { directusRecipe } from "./directusImage";
import { orthancRecipe } from "./orthancImage";

/** Where the provider of mail answers in a sandbox: on this machine. */
export const MAIL_PORT = 8025;

/** What the provider of mail gave its customer. */
export const MAIL_KEY = "k3y-of-the-mail-provider";

/** Which outsider of a sandbox stands for a device of the clinic. */
export const DEVICE = 0;

/** The example as the tests deploy it. */
export const CLINIC: StackExample = {
  file: join(__dirname, "../../examples/clinic/Pulumi.clinic.yaml"),
  images: { db: "postgres", cache: "redis", cms: "directus", images: "orthanc" },
  recipes: [postgresRecipe(), redisRecipe(), directusRecipe(), orthancRecipe()],
  secrets: { "mail-key": MAIL_KEY, "version-key": "the same in each run, so that no change is seen where none is" },
  values: ({ adminAddress, outsiders }) => [
    [["services", 2, "environment", "EMAIL_SMTP_HOST"], adminAddress],
    [["services", 2, "environment", "EMAIL_SMTP_PORT"], MAIL_PORT],
    [["listeners", 0, "networks"], [`${outsiders[DEVICE]?.address ?? ""}/32`]],
  ],
};
