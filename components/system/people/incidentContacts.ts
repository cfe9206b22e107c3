/** Whom to call, on each host: for whoever stands at its console and has nothing else. */
import { type PlanFile, textFile } from "../../plan/files";
import type { PeopleSettings } from "./settings";

/** The file, for root alone. */
export function contactsFile({ contacts, responses }: PeopleSettings["incidents"]): PlanFile {
  const times = Object.entries(responses).map(([name, minutes]) => `${name} ${String(minutes)}`);
  const lines = contacts.map(({ name, roles, phone = "", mail = "", from }) =>
    [roles.join(", "), name, phone, mail, `from ${from}`].filter((part) => part !== "").join("; "),
  );
  const head = [
    `In an incident, call; taken on within minutes: ${times.join(", ")}.`,
    "Change, restart and remove nothing before it was looked at.",
  ];
  return textFile(
    "/etc/phiward/incident-contacts",
    `${[...head, ...(lines.length === 0 ? ["Nobody is declared."] : lines)].join("\n")}\n`,
    "0600",
  );
}
