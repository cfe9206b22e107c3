/** The command line of `phiward`: all its verbs, its exit codes, and what becomes of a line that cannot be understood. */
import { Command, CommanderError } from "commander";
import { exitCodeOf } from "./lib/operate";
import { addContainmentVerbs } from "./verbs/containment";
import { addDataVerbs, addPhiVerbs, addSubjectVerbs } from "./verbs/data";
import { addDeployVerbs, addFirstVerbs, addImportVerb } from "./verbs/deploy";
import { addDriftVerbs } from "./verbs/drift";
import { addDutyVerbs, addReportVerbs } from "./verbs/duties";
import { addEvidenceVerbs, addInvestigateVerb } from "./verbs/evidence";
import { addIncidentVerbs } from "./verbs/incidents";
import { addOnCallVerbs } from "./verbs/onCall";
import { addAuditVerb, addSessionVerbs } from "./verbs/record";
import { addRecoverVerbs } from "./verbs/recover";
import { addSecretsVerbs } from "./verbs/secrets";
import type { Runs } from "./verbs/verb";

// Could not run: so is a command line that cannot be understood.
const USAGE_FAULT = 2;

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed: a policy, a check, or the host said no
  2  could not run: a wrong command line, a missing program, a host that does not answer
  3  a fault in the stack's configuration; all of them are listed`;

/** Runs one command line and resolves with its exit code. Faults are printed, never thrown. */
export async function runCli(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = phiward((work) => async (...given) => {
    code = await exitCodeOf(() => work(...given));
  });
  try {
    await program.parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_FAULT;
    throw error;
  }
}

/** The command line with all its verbs; `runs` says what is done with the work of the one that is called. */
export function phiward(runs: Runs): Command {
  const program = new Command("phiward")
    .description("Deploys, verifies and looks after hardened hosts. Start with: npx phiward policy --stack prod")
    .usage("VERB [options]")
    .helpCommand("help [verb]", "show the help of a verb")
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    // An option after a verb is that verb's own: audit and its own verbs have some of the same names.
    .enablePositionalOptions()
    .showHelpAfterError("(npx phiward help lists the verbs, npx phiward help VERB the options of one)");
  addFirstVerbs(program, runs);
  addImportVerb(program, runs);
  addDeployVerbs(program, runs);
  addDataVerbs(program, runs);
  addPhiVerbs(program, runs);
  addSubjectVerbs(program, runs);
  addDriftVerbs(program, runs);
  addSecretsVerbs(program, runs);
  addOnCallVerbs(program, runs);
  addContainmentVerbs(program, runs);
  addIncidentVerbs(program, runs);
  addAuditVerb(program, runs);
  addSessionVerbs(program, runs);
  addEvidenceVerbs(program, runs);
  addInvestigateVerb(program, runs);
  addDutyVerbs(program, runs);
  addReportVerbs(program, runs);
  addRecoverVerbs(program, runs);
  return program;
}
