/** The HIPAA Security Rule, 45 CFR 164.308 to 164.316, as in force since 2013 (78 FR 5566): every standard and specification. */
import { addressable, type Clause, controls, nobody, operator, provider, required, standard } from "./clause";

const CONTRACT = "Sign a business associate agreement with each provider that holds or sends patients' data, and keep it with its annexes.";
const BUILDING = "The machines are in a data centre of the provider; its audit reports say who may enter it, and how it is kept.";
const PLAN_SPONSOR = "It binds group health plans and their sponsors by their plan documents, which are outside of any server.";

/** Every paragraph, by its number. */
export const SECURITY_RULE = {
  "164.308(a)(1)(i)": standard("Security management process", controls("Adopt a written process that analyses, treats and reviews risks.")),
  "164.308(a)(1)(ii)(A)": required(
    "Risk analysis",
    operator("Assess the risks to all patients' data, also outside of these hosts, and again after each larger change."),
  ),
  "164.308(a)(1)(ii)(B)": required("Risk management", controls("Decide on each risk that the analysis found, and keep the decisions.")),
  "164.308(a)(1)(ii)(C)": required(
    "Sanction policy",
    operator("Write down the sanctions for breaking the security policies, and apply them."),
  ),
  "164.308(a)(1)(ii)(D)": required(
    "Information system activity review",
    operator("Name who reads logs, bans and failed checks, how often, and keep a note of each review."),
  ),
  "164.308(a)(2)": standard("Assigned security responsibility", operator("Name the security official who answers for the policies.")),
  "164.308(a)(3)(i)": standard("Workforce security", controls("Decide which members of the workforce need access to patients' data.")),
  "164.308(a)(3)(ii)(A)": addressable(
    "Authorization and/or supervision",
    operator("Approve each person by a review of the change that adds them to `people`, and supervise those without approval."),
  ),
  "164.308(a)(3)(ii)(B)": addressable(
    "Workforce clearance procedure",
    operator("Decide, before a person is added to `people`, that their access is appropriate, and keep the decision."),
  ),
  "164.308(a)(3)(ii)(C)": addressable(
    "Termination procedures",
    controls("Take a person out of `people` and deploy on the day on which they leave; collect devices and close cloud accounts."),
  ),
  "164.308(a)(4)(i)": standard("Information access management", controls("Adopt a written policy on who may see which patients' data.")),
  "164.308(a)(4)(ii)(A)": required(
    "Isolating health care clearinghouse functions",
    nobody("It binds a clearinghouse that is a part of a larger organization; such a part needs a stack of its own."),
  ),
  "164.308(a)(4)(ii)(B)": addressable(
    "Access authorization",
    operator("Write down who may grant access, and let them approve changes of `people` in the repository."),
  ),
  "164.308(a)(4)(ii)(C)": addressable(
    "Access establishment and modification",
    controls("Review `people`, and the accounts of the applications, at a fixed interval."),
  ),
  "164.308(a)(5)(i)": standard(
    "Security awareness and training",
    operator("Train the whole workforce, and keep who was trained and when."),
  ),
  "164.308(a)(5)(ii)(A)": addressable("Security reminders", operator("Send security reminders at a fixed interval, and keep them.")),
  "164.308(a)(5)(ii)(B)": addressable(
    "Protection from malicious software",
    controls("Protect the workstations; the hosts run declared programs and install security updates by themselves."),
  ),
  "164.308(a)(5)(ii)(C)": addressable("Log-in monitoring", controls("Train people to report logins that they do not know of.")),
  "164.308(a)(5)(ii)(D)": addressable("Password management", controls("Manage the passwords of the applications and of cloud accounts.")),
  "164.308(a)(6)(i)": standard(
    "Security incident procedures",
    operator("Adopt a written procedure for incidents, with roles and contacts."),
  ),
  "164.308(a)(6)(ii)": required(
    "Response and reporting",
    controls("Respond to each alert, limit the harm, and document incident and outcome."),
  ),
  "164.308(a)(7)(i)": standard("Contingency plan", controls("Adopt a written plan for failures that damage systems with patients' data.")),
  "164.308(a)(7)(ii)(A)": required("Data backup plan", controls("Keep the recovery key where it survives hosts and people.")),
  "164.308(a)(7)(ii)(B)": required(
    "Disaster recovery plan",
    controls("Write down the steps of docs/operations.md with names and contacts."),
  ),
  "164.308(a)(7)(ii)(C)": required(
    "Emergency mode operation plan",
    operator("Decide how patients are treated while the systems are away, and who may work in that time, and try it out."),
  ),
  "164.308(a)(7)(ii)(D)": addressable(
    "Testing and revision procedures",
    controls("Drill a whole recovery at a fixed interval, and revise the plan."),
  ),
  "164.308(a)(7)(ii)(E)": addressable(
    "Applications and data criticality analysis",
    operator("Rank applications and data by how long patients can be treated without them."),
  ),
  "164.308(a)(8)": standard("Evaluation", controls("Evaluate the organization too, at a fixed interval and after each larger change.")),
  "164.308(b)(1)": standard("Business associate contracts and other arrangements", operator(CONTRACT)),
  "164.308(b)(2)": standard(
    "Business associate contracts with subcontractors",
    operator("A business associate gets the same assurances from each of its own subcontractors, in writing."),
  ),
  "164.308(b)(3)": required("Written contract or other arrangement", operator(CONTRACT)),
  "164.310(a)(1)": standard("Facility access controls", provider(BUILDING)),
  "164.310(a)(2)(i)": addressable("Contingency operations", provider(BUILDING)),
  "164.310(a)(2)(ii)": addressable("Facility security plan", provider(BUILDING)),
  "164.310(a)(2)(iii)": addressable("Access control and validation procedures", provider(BUILDING)),
  "164.310(a)(2)(iv)": addressable("Maintenance records", provider(BUILDING)),
  "164.310(b)": standard("Workstation use", operator("Say for which work, how and where workstations that show patients' data are used.")),
  "164.310(c)": standard(
    "Workstation security",
    operator("Restrict who can reach those workstations, by locked rooms and locked screens."),
  ),
  "164.310(d)(1)": standard(
    "Device and media controls",
    controls("Govern the devices and media of the workforce; those of the hosts are the provider's."),
  ),
  "164.310(d)(2)(i)": required(
    "Disposal",
    provider("The provider destroys its disks; what is on them is encrypted by it, and backups by a key that the operator can destroy."),
  ),
  "164.310(d)(2)(ii)": required(
    "Media re-use",
    provider("The provider erases a volume before another customer gets it; encrypt what must not depend on that."),
  ),
  "164.310(d)(2)(iii)": addressable(
    "Accountability",
    operator(
      "Keep a record of devices and media with patients' data that move, and of who has them; the stack's history is that of its hosts.",
    ),
  ),
  "164.310(d)(2)(iv)": addressable(
    "Data backup and storage",
    operator("Make a restorable copy before a machine or a volume with patients' data is moved."),
  ),
  "164.312(a)(1)": standard("Access control", controls("Give the applications their own access rights for persons and programs.")),
  "164.312(a)(2)(i)": required(
    "Unique user identification",
    controls("Identify the users of the applications by name or number, one each."),
  ),
  "164.312(a)(2)(ii)": required(
    "Emergency access procedure",
    controls("Write down who opens the break-glass account, when, and who is informed."),
  ),
  "164.312(a)(2)(iii)": addressable("Automatic logoff", controls("End idle sessions of the applications and lock workstations.")),
  "164.312(a)(2)(iv)": addressable(
    "Encryption and decryption",
    controls("Encrypt in the applications what must not depend on the provider's disks."),
  ),
  "164.312(b)": standard("Audit controls", controls("Let the applications record who read or changed which patient's data.")),
  "164.312(c)(1)": standard("Integrity", controls("Let the applications keep what was changed, and by whom.")),
  "164.312(c)(2)": addressable(
    "Mechanism to authenticate electronic protected health information",
    controls("Let the applications show that records were not altered, e.g. by signatures."),
  ),
  "164.312(d)": standard("Person or entity authentication", controls("Authenticate the users of the applications, with a second factor.")),
  "164.312(e)(1)": standard("Transmission security", controls()),
  "164.312(e)(2)(i)": addressable("Integrity controls", controls()),
  "164.312(e)(2)(ii)": addressable("Encryption", controls()),
  "164.314(a)(1)": standard("Business associate contracts or other arrangements", operator(CONTRACT)),
  "164.314(a)(2)(i)": required("Business associate contracts", operator(CONTRACT)),
  "164.314(a)(2)(ii)": required(
    "Other arrangements",
    nobody("It is for contracts between government bodies, which 164.504(e)(3) describes."),
  ),
  "164.314(a)(2)(iii)": required(
    "Business associate contracts with subcontractors",
    operator("A business associate puts the same terms into the contracts with its own subcontractors."),
  ),
  "164.314(b)(1)": standard("Requirements for group health plans", nobody(PLAN_SPONSOR)),
  "164.314(b)(2)": required("Plan documents of group health plans", nobody(PLAN_SPONSOR)),
  "164.316(a)": standard(
    "Policies and procedures",
    operator("Adopt policies and procedures for all of these standards, and change them when they no longer fit."),
  ),
  "164.316(b)(1)(i)": standard(
    "Documentation: policies and procedures in writing",
    operator("Keep the policies and procedures in writing."),
  ),
  "164.316(b)(1)(ii)": standard(
    "Documentation: written record of actions",
    operator(
      "Keep a written record of each action, activity or assessment that these standards ask for, with the evidence of each deploy.",
    ),
  ),
  "164.316(b)(2)(i)": required(
    "Documentation: time limit of six years",
    operator("Keep all of that for six years from when it was made, or was last in effect; the history of the repository is a part of it."),
  ),
  "164.316(b)(2)(ii)": required("Documentation: availability", operator("Make it available to those who carry the procedures out.")),
  "164.316(b)(2)(iii)": required("Documentation: updates", operator("Review it at a fixed interval, and update it after changes.")),
} as const satisfies Readonly<Record<`164.3${string}`, Clause>>;
