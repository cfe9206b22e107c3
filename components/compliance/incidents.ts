/** What an incident is on record by: the purpose of its signatures, its clocks, and what a notice has to say. */

/** What a signature under an entry of an incident is for (ssh-keygen(1), `-n`): one for a duty or a report is refused. */
export const INCIDENT_NAMESPACE = "phiward-incident";

/** The clocks of an incident that law or the stack's response times set, with what stops each. */
export const CLOCKS = {
  acknowledge: { law: null, ends: "someone takes it on" },
  contain: { law: null, ends: "it can do no more harm" },
  authority: { law: "GDPR 33", ends: "the supervisory authority has the notice" },
  persons: { law: "GDPR 34", ends: "the persons concerned have been written to" },
  individuals: { law: "HIPAA 164.404", ends: "each individual has been written to" },
  media: { law: "HIPAA 164.406", ends: "prominent media of the state have the notice" },
  entity: { law: "HIPAA 164.410", ends: "the covered entity has the notice" },
  hhs: { law: "HIPAA 164.408", ends: "the Secretary of HHS has the notice, or the annual log" },
} as const;
/** The name of a clock. */
export type ClockName = keyof typeof CLOCKS;
/** All of them, in the order in which they usually end. */
// Object.keys is typed as plain strings; these are the keys of a constant, and there are no others.
export const CLOCK_NAMES = Object.keys(CLOCKS) as readonly ClockName[];

/** Facts that notices have to tell, by a word of the command line: GDPR 33(3), 34(2), HIPAA 164.404(c). */
export const FACTS = {
  nature: "what happened to the data: read, copied, changed, lost, by whom as far as is known",
  categories: "kinds of persons and of data that are concerned, such as patients' names and diagnoses; no names",
  records: "about how many records are concerned",
  secured: "whether the data were encrypted, and whether whoever has them can have the key",
  consequences: "what is likely to follow for the persons",
  measures: "what was done, and will be, to end it and to limit the harm",
  advice: "what persons can do to protect themselves",
  contact: "who answers questions of the persons: telephone, email or postal address",
} as const;
/** The name of a fact. */
export type FactName = keyof typeof FACTS;
// As of CLOCKS.
export const FACT_NAMES = Object.keys(FACTS) as readonly FactName[];
