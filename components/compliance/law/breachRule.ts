/** The HIPAA Breach Notification Rule, 45 CFR 164.404 to 164.410, as in force since 2013: what follows where safeguards have failed. */
import { type Clause, operator, required, standard } from "./clause";

/** Every standard and specification, by its number. */
export const BREACH_RULE = {
  "164.404(a)(1)": standard("Notification to individuals", operator("Notify each person whose unsecured data were breached.")),
  "164.404(b)": required(
    "Notification to individuals: timeliness",
    operator("Notify without unreasonable delay, and no later than 60 days after the breach was discovered."),
  ),
  "164.404(c)(1)": required(
    "Notification to individuals: content",
    operator("Say what happened, which data, what to do, and whom to ask."),
  ),
  "164.404(d)": required(
    "Notification to individuals: methods",
    operator("Write by first-class mail, or by email to those who agreed to it."),
  ),
  "164.406(a)": standard(
    "Notification to the media",
    operator("Notify media of a state where more than 500 of its residents are concerned."),
  ),
  "164.406(b)": required("Notification to the media: timeliness", operator("Do so no later than 60 days after the discovery.")),
  "164.406(c)": required("Notification to the media: content", operator("Say what the individuals are notified of.")),
  "164.408(a)": standard("Notification to the Secretary", operator("Notify the Secretary of Health and Human Services.")),
  "164.408(b)": required("Breaches of 500 or more individuals", operator("Notify the Secretary together with the individuals.")),
  "164.408(c)": required(
    "Breaches of fewer than 500 individuals",
    operator("Keep a log, and submit it within 60 days after the end of the year."),
  ),
  "164.410(a)(1)": standard("Notification by a business associate", operator("A business associate notifies the covered entity.")),
  "164.410(b)": required(
    "Notification by a business associate: timeliness",
    operator("It does so without unreasonable delay, and no later than 60 days after the discovery."),
  ),
  "164.410(c)(1)": required("Notification by a business associate: content", operator("It names each person concerned, as far as it can.")),
} as const satisfies Readonly<Record<`164.4${string}`, Clause>>;
