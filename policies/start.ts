/** Starts the policy pack. */
import { decodeOnce } from "./engine/decodedOnce";
import { spare } from "./program/sparing";

spare();
decodeOnce();
// Only now: it loads the SDK.
void import("./index.js");
