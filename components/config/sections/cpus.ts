/** How much of a host's processors a container may take. */
import { z } from "zod";

const ALLOWED = "a number from 0.1 to 128 with two digits behind the point at most";

/** The key `services[].cpus`. */
export const cpus = z
  .number({ error: ALLOWED })
  .min(0.1, { error: ALLOWED })
  .max(128, { error: ALLOWED })
  // Docker counts in billionths, and the digits must come back as they were sent.
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-9, { error: ALLOWED })
  .meta({ allowed: ALLOWED })
  .optional()
  .describe(
    "Processors that it may take, e.g. 1.5, as --cpus of Docker. Default: all of them when nobody else needs them; with a limit it never slows its neighbours down by more than that.",
  );
