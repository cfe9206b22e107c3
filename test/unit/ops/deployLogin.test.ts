import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AGENT_COMMAND, CONFIRM_COMMAND, FIRST_CONFIRM_COMMAND } from "../../../components/plan/request";
import { ADOPTED_COMMAND } from "../../../ops/commands/adopt";
import { BACKUP_STATUS_COMMAND, NEW_REPOSITORY_COMMAND, REASON_COMMAND, RUN_COMMAND } from "../../../ops/commands/backup";
import { LAST_RESTORE_COMMAND, RESTORE_COMMAND, SEALED_COMMAND } from "../../../ops/commands/restore";
import { runSync } from "../../../ops/lib/process";

const HOST = join(__dirname, "../../../components/host");
const JUDGE = `import json, sys
from phiward_host.deploy.commands import allowed
print(json.dumps([allowed(command) is not None for command in json.load(sys.stdin)]))`;

function judged(commands: readonly string[]): unknown {
  const { stdout, stderr } = runSync(["python3", "-c", `import sys; sys.path.insert(0, ${JSON.stringify(HOST)})\n${JUDGE}`], {
    input: JSON.stringify(commands),
  });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("the login of deploys", () => {
  it("runs every command that is sent to it", () => {
    const commands = [
      ...[AGENT_COMMAND, CONFIRM_COMMAND, FIRST_CONFIRM_COMMAND, ADOPTED_COMMAND, BACKUP_STATUS_COMMAND, RUN_COMMAND, REASON_COMMAND],
      ...[RESTORE_COMMAND, LAST_RESTORE_COMMAND, `${SEALED_COMMAND} web`, `${NEW_REPOSITORY_COMMAND} local`, "sudo -n true", "true"],
      // What Docker's own client runs over ssh:// (docker/cli, commandconn).
      "docker system dial-stdio",
    ];
    expect(judged(commands)).toEqual(commands.map(() => true));
  });

  it("runs no shell, nothing of Docker but its API, and no other words than those that are sent", () => {
    const commands = [
      "",
      "sh",
      "bash -i",
      "docker exec db psql",
      "docker ps",
      "sudo -n docker exec db psql",
      "sudo -n bash",
      "internal-sftp",
      // Not what is sent, with other words or more of them.
      ...[AGENT_COMMAND, CONFIRM_COMMAND, ADOPTED_COMMAND, BACKUP_STATUS_COMMAND, RUN_COMMAND, REASON_COMMAND, RESTORE_COMMAND].map(
        (command) => `${command} more`,
      ),
      AGENT_COMMAND.replace("import base64", "import os,base64"),
      SEALED_COMMAND,
      `${SEALED_COMMAND} -x`,
    ];
    expect(judged(commands)).toEqual(commands.map(() => false));
  });
});
