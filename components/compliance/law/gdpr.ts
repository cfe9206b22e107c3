/** The GDPR, Regulation (EU) 2016/679: the articles that ask for something where personal data are kept or sent. */
import { article, type Clause, controls, nobody, operator } from "./clause";

const ANSWER = "Answer requests of persons within a month; the applications find, export and erase what they hold.";
const CONTRACT = "Sign a contract with each processor, the provider of the machines among them, and keep it.";
const OPTIONAL = "It permits something, and asks nothing of who runs the hosts.";

/**
 * Paragraphs and points, by number. Point (b) of Article 32(1) names four abilities, which are listed one by one: a citation says which
 * of them it is about.
 */
export const GDPR = {
  "5(1)(a)": article("Lawfulness, fairness and transparency", operator("Have a legal basis for each processing, and inform the persons.")),
  "5(1)(b)": article("Purpose limitation", operator("Name the purposes, and use the data for nothing else.")),
  "5(1)(c)": article("Data minimisation", controls("Let the applications collect what the purposes need and nothing more.")),
  "5(1)(d)": article("Accuracy", operator("Let persons and staff correct wrong data.")),
  "5(1)(e)": article("Storage limitation", controls("Let the applications erase data when their time is over.")),
  "5(1)(f)": article("Integrity and confidentiality", controls()),
  "5(2)": article(
    "Accountability",
    operator("Keep what shows that the principles are followed; the evidence of each deploy is a part of it."),
  ),
  "15(1)": article("Right of access", operator(ANSWER)),
  "15(2)": article(
    "Right of access: safeguards of transfers",
    operator("Inform of the safeguards where data are sent to a third country."),
  ),
  "15(3)": article("Right of access: copy of the data", operator(ANSWER)),
  "15(4)": article("Right of access: rights of others", operator("See to it that a copy shows nothing of other persons.")),
  "17(1)": article("Right to erasure", operator(`${ANSWER} Backups follow when they are pruned.`)),
  "17(2)": article("Right to erasure: data that were made public", operator("Inform others who process data that were made public.")),
  "17(3)": article(
    "Right to erasure: exceptions",
    operator("Decide what the law obliges to keep, such as patients' records, and document it."),
  ),
  "25(1)": article("Data protection by design", controls("Design the applications likewise.")),
  "25(2)": article("Data protection by default", controls("Let the applications show data to nobody by default.")),
  "25(3)": article("Data protection by design: certification", nobody(OPTIONAL)),
  "28(1)": article("Processors with sufficient guarantees", operator("Choose providers that give sufficient guarantees, and keep why.")),
  "28(2)": article("Processors: further processors", operator("A processor asks the controller before it engages another one.")),
  "28(3)": article("Processors: contract", operator(CONTRACT)),
  "28(4)": article("Processors: same duties of further processors", operator("A processor binds its own processors by the same duties.")),
  "28(5)": article("Processors: codes of conduct and certification", nobody(OPTIONAL)),
  "28(6)": article("Processors: standard contractual clauses", nobody(OPTIONAL)),
  "28(7)": article("Processors: clauses of the Commission", nobody("It is about the Commission.")),
  "28(8)": article("Processors: clauses of a supervisory authority", nobody("It is about supervisory authorities.")),
  "28(9)": article("Processors: contract in writing", operator(CONTRACT)),
  "28(10)": article(
    "Processors that decide on purposes",
    nobody("It says who is a controller; to act on instructions is part of the contract."),
  ),
  "30(1)": article(
    "Records of processing activities",
    operator("Keep the record of processing activities; hosts and services are in the stack."),
  ),
  "30(2)": article("Records of processing activities of a processor", operator("A processor keeps its own record.")),
  "30(3)": article("Records of processing activities in writing", operator("Keep the record in writing.")),
  "30(4)": article(
    "Records of processing activities for the authority",
    operator("Show the record to the supervisory authority on request."),
  ),
  "30(5)": article(
    "Records of processing activities: exemption",
    nobody("Health data are a special category, so the exemption does not apply."),
  ),
  "32(1)(a)": article(
    "Pseudonymisation and encryption",
    controls("Let the applications encrypt or pseudonymise fields where risks ask for it."),
  ),
  "32(1)(b) confidentiality": article("Ongoing confidentiality of systems and services", controls()),
  "32(1)(b) integrity": article("Ongoing integrity of systems and services", controls()),
  "32(1)(b) availability": article("Ongoing availability of systems and services", controls()),
  "32(1)(b) resilience": article("Ongoing resilience of systems and services", controls()),
  "32(1)(c)": article("Restoring availability and access in a timely manner", controls("Drill a whole recovery at a fixed interval.")),
  "32(1)(d)": article("Regular testing of security measures", controls("Test the measures of the organization too.")),
  "32(2)": article("Level of security appropriate to the risk", operator("Assess the risks to the persons, and keep the assessment.")),
  "32(3)": article("Security: codes of conduct and certification", nobody(OPTIONAL)),
  "32(4)": article("Persons who act on instructions only", operator("Bind everyone with access to act on instructions only.")),
  "33(1)": article("Notification of a breach to the authority", operator("Notify within 72 hours after a breach has become known.")),
  "33(2)": article("Notification of a breach by a processor", operator("A processor notifies the controller without undue delay.")),
  "33(3)": article("Notification of a breach: content", operator("Describe the breach, the persons and data concerned, and the measures.")),
  "33(4)": article("Notification of a breach in phases", operator("Provide what is not known yet as soon as it is.")),
  "33(5)": article("Documentation of breaches", operator("Document each breach, its effects and what was done.")),
  "34(1)": article("Communication of a breach to the data subject", operator("Inform the persons where the risk to them is high.")),
  "34(2)": article("Communication of a breach: content", operator("Describe the breach in clear and plain language.")),
  "34(3)": article(
    "Communication of a breach: exceptions",
    operator("Decide whether encryption or later measures make it unnecessary, and document why."),
  ),
  "34(4)": article("Communication of a breach at the authority's request", operator("Inform the persons where the authority requires it.")),
  "44": article("General principle for transfers to third countries", controls("Check where subprocessors of the providers process data.")),
} as const satisfies Readonly<Record<string, Clause>>;
