/** Texts and values of which no stack of ours has one, but a program or an edited file may: what each reader makes of them. */
import { OF_FILES } from "./files";
import type { Reading } from "./reading";
import { OF_SECRETS } from "./secrets";
import { OF_UNITS } from "./units";
import { OF_VALUES } from "./values";

/** All of them. */
export const READINGS: readonly Reading[] = [...OF_FILES, ...OF_UNITS, ...OF_VALUES, ...OF_SECRETS];
