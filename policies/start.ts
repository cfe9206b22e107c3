/** Starts the policy pack. */
import { basename } from "node:path";
import { takeConfiguration } from "./engine/configuration";
import { decodeOnce } from "./engine/decodedOnce";
import { leaveRemediations } from "./engine/remediations";
import { spare } from "./program/sparing";

spare();
decodeOnce();
leaveRemediations();
if (basename(require.main?.filename ?? "") === "pack.cjs") takeConfiguration();
// Only now: it loads the SDK.
void import("./index.js");
