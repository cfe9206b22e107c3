/** Every rule. */
import type { Rule } from "./rule";
import { connectionHostKeyPinned } from "./rules/connection-host-key-pinned";
import { fail2banGuardsSshd } from "./rules/fail2ban-guards-sshd";
import { guardedUnitsHaveDeadMan } from "./rules/guarded-units-have-dead-man";
import { noPublicDatabasePort } from "./rules/no-public-database-port";
import { peopleUniqueKeys } from "./rules/people-unique-keys";
import { sshNoPasswords } from "./rules/ssh-no-passwords";
import { sshNoRootLogin } from "./rules/ssh-no-root-login";
import { ufwDefaultDenyIncoming } from "./rules/ufw-default-deny-incoming";
import { ufwDefaultDenyRouted } from "./rules/ufw-default-deny-routed";

/** All rules, each in its own file under rules/, by name. */
export const RULES: readonly Rule[] = [
  connectionHostKeyPinned,
  fail2banGuardsSshd,
  guardedUnitsHaveDeadMan,
  noPublicDatabasePort,
  peopleUniqueKeys,
  sshNoPasswords,
  sshNoRootLogin,
  ufwDefaultDenyIncoming,
  ufwDefaultDenyRouted,
];
