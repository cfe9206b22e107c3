/** Health checks of a Compose file: a program and its arguments, where Compose also allows a line for a shell. */
import { member } from "../../../components/config/unknown";
import type { Notes } from "./notes";
import { seconds, shellWords } from "./words";

const LIMITS = {
  interval: { key: "everySeconds", from: 1, to: 300 },
  timeout: { key: "timeoutSeconds", from: 1, to: 60 },
  retries: { key: "retries", from: 1, to: 20 },
  start_period: { key: "startSeconds", from: 0, to: 600 },
} as const;

/** The key `health` of a service; undefined, with a note, where the file has no check that can be taken over. */
export function healthOf(service: string, healthcheck: unknown, notes: Notes): Record<string, unknown> | undefined {
  const command = commandOf(service, member(healthcheck, "test"), notes);
  if (command === undefined) {
    notes.add(
      service,
      "health",
      "found no healthcheck, expected one: a service gets no requests before it is healthy; add `health: { command: [PROGRAM, ARGUMENT] }` of a program in the image",
    );
    return undefined;
  }
  const times = Object.entries(LIMITS).flatMap(([key, { key: name, from, to }]): readonly (readonly [string, number])[] => {
    const given = member(healthcheck, key);
    const count = key === "retries" ? Number(given) : seconds(given);
    if (given === undefined || count === undefined || Number.isNaN(count)) return [];
    const bounded = Math.min(to, Math.max(from, count));
    if (bounded !== count)
      notes.add(service, `healthcheck.${key}`, `taken over as ${String(bounded)}: from ${String(from)} to ${String(to)} are allowed`);
    return [[name, bounded]];
  });
  for (const key of ["start_interval"])
    if (member(healthcheck, key) !== undefined) notes.add(service, `healthcheck.${key}`, "not taken over");
  return { command, ...Object.fromEntries(times) };
}

function commandOf(service: string, test: unknown, notes: Notes): readonly string[] | undefined {
  if (typeof test === "string") return shellCommand(service, test, notes);
  if (!Array.isArray(test)) return undefined;
  const [form, ...words] = test.map(String);
  if (form === "CMD") return words.length === 0 ? undefined : words;
  return form === "CMD-SHELL" ? shellCommand(service, words.join(" "), notes) : undefined;
}

function shellCommand(service: string, line: string, notes: Notes): readonly string[] | undefined {
  // What a failed program says anyway.
  const plain = line.trim().replace(/\s*\|\|\s*(exit\s+1|false)\s*;?$/, "");
  const words = /[|&;<>()$`*?[\]{}~\n]/.test(plain) ? undefined : shellWords(plain);
  if (words !== undefined && words.length > 0) return words;
  if (plain === "") return undefined;
  notes.add(
    service,
    "healthcheck.test",
    "taken over as /bin/sh -c …: it is a line for a shell, which the image must have; better is a program with arguments",
  );
  return ["/bin/sh", "-c", plain.replaceAll(/\s*\n\s*/g, " ")];
}
