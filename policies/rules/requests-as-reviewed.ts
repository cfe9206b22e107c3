import { AGENT_COMMAND } from "../../components/plan/request";
import type { StackRule } from "../engine/rule";
import { sentRequest } from "../readers/requests";

const COMMAND = "command:remote:Command";

// What the program itself asks for in a deploy.
const MODES = ["apply", "remove", "verify"];

/** A command is the agent with what it reads: another agent is any program, and another plan is one that nobody judged. */
export const requestsAsReviewed: StackRule = {
  id: "requests-as-reviewed",
  description: "Each request to a host carries phiward's own agent, and of plans only those that a component shows.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-14"],
  remedy: "declare it in the stack's configuration, or as a concern; transform and write no request of one's own",
  appliesTo: [COMMAND],
  judge(stack, report) {
    const commands = stack.of(COMMAND).filter(({ args }) => args.at("create").text() === AGENT_COMMAND);
    if (commands.length === 0) return;
    const shown = new Set<string>();
    let complete = true;
    for (const { args, type } of stack.all) {
      if (!type.startsWith("phiward:host:") || !args.has("rendered")) continue;
      const [unit, sha256] = [args.at("rendered").at("unit").text(), args.at("rendered").at("sha256").text()];
      if (unit === undefined || sha256 === undefined) complete = false;
      else shown.add(`${unit} ${sha256}`);
    }
    for (const { args } of commands) {
      const stdin = args.at("stdin");
      const text = stdin.text();
      if (text === undefined) continue;
      const request = sentRequest(text);
      if (request === undefined) report({ at: stdin.path, found: "no request of phiward's", allowed: "one that the program packs" });
      else if (!request.isOurAgent) report({ at: stdin.path, found: "another agent", allowed: "phiward's agent of this version" });
      else if (!MODES.includes(request.mode)) report({ at: stdin.path, found: "another kind of request", allowed: MODES.join(", ") });
      else if (complete && request.plan !== undefined && !shown.has(`${request.plan.unit} ${request.plan.sha256}`))
        report({ at: stdin.path, found: "a plan that no component shows", allowed: "the plans of the program's components" });
    }
  },
};
