/** What a stack chooses of its PostgreSQL, as the server reads it and as it says it. */
import { POSTGRES_TUNING, type PostgresTuning, type PostgresTuningKey } from "../../config/sections/postgresKeys";

interface Tuned {
  readonly setting: string;
  readonly unit: "" | "MB" | "s";
  readonly value: number;
}

function tuned(settings: PostgresTuning = {}): readonly Tuned[] {
  // The object's keys are those of the table.
  return (Object.keys(POSTGRES_TUNING) as readonly PostgresTuningKey[]).flatMap((key) => {
    const value = settings[key];
    const { setting, unit } = POSTGRES_TUNING[key];
    return value === undefined ? [] : [{ setting, unit, value }];
  });
}

/** Lines of postgresql.conf. */
export function tunedLines(settings: PostgresTuning | undefined): readonly string[] {
  return tuned(settings).map(({ setting, unit, value }) => `${setting} = '${String(value)}${unit}'`);
}

/** The same, setting to value as SHOW prints it. */
export function tunedSettings(settings: PostgresTuning | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(tuned(settings).map(({ setting, unit, value }) => [setting, shown(value, unit)]));
}

const LARGER = {
  "": [],
  MB: [
    ["TB", 1024 * 1024],
    ["GB", 1024],
  ],
  s: [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
  ],
} as const;

// In the largest unit of which it is a whole number (guc.c, convert_int_from_base_unit).
function shown(value: number, unit: Tuned["unit"]): string {
  const units: readonly (readonly [string, number])[] = LARGER[unit];
  const [name, size] = units.find(([, many]) => value !== 0 && value % many === 0) ?? [unit, 1];
  return `${String(value / size)}${name}`;
}
