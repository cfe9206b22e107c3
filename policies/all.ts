/** Every rule. */

import type { HostRule, Rule } from "./engine/rule";
import { alertsHaveRecipient } from "./rules/alerts-have-recipient";
import { backupCoversAllData } from "./rules/backup-covers-all-data";
import { backupEncrypted } from "./rules/backup-encrypted";
import { backupOffSite } from "./rules/backup-off-site";
import { backupPasswordEscrowed } from "./rules/backup-password-escrowed";
import { backupRestoreTested } from "./rules/backup-restore-tested";
import { bansAsDeclared } from "./rules/bans-as-declared";
import { certificatesRenewed } from "./rules/certificates-renewed";
import { cloudFirewallEqualsUfw } from "./rules/cloud-firewall-equals-ufw";
import { commandsRunAgentOnly } from "./rules/commands-run-agent-only";
import { connectionHostKeyPinned } from "./rules/connection-host-key-pinned";
import { containerArgumentsHarmless } from "./rules/container-arguments-harmless";
import { containerBridgesKnown } from "./rules/container-bridges-known";
import { containerHealthChecked } from "./rules/container-health-checked";
import { containerImageByDigest } from "./rules/container-image-by-digest";
import { containerLimited } from "./rules/container-limited";
import { containerLimitsEnforced } from "./rules/container-limits-enforced";
import { containerNamespacesPrivate } from "./rules/container-namespaces-private";
import { containerNetworksBridged } from "./rules/container-networks-bridged";
import { containerNoHostMounts } from "./rules/container-no-host-mounts";
import { containerNoPlainSecretEnvironment } from "./rules/container-no-plain-secret-environment";
import { containerNotPrivileged } from "./rules/container-not-privileged";
import { containerNotRoot } from "./rules/container-not-root";
import { containerPortsOnLoopback } from "./rules/container-ports-on-loopback";
import { containerProcessesLimited } from "./rules/container-processes-limited";
import { containerRootReadOnly } from "./rules/container-root-read-only";
import { containerUserInOwnRange } from "./rules/container-user-in-own-range";
import { databaseFilesKnown } from "./rules/database-files-known";
import { databaseNetworksInternal } from "./rules/database-networks-internal";
import { dnsNamesHaveCaa } from "./rules/dns-names-have-caa";
import { dockerDaemonHardened } from "./rules/docker-daemon-hardened";
import { dockerEngineHostKeyPinned } from "./rules/docker-engine-host-key-pinned";
import { dockerTypesReviewed } from "./rules/docker-types-reviewed";
import { dockerUnitsKnown } from "./rules/docker-units-known";
import { dropletAccessOnlyBySsh } from "./rules/droplet-access-only-by-ssh";
import { dropletBackupOffSite } from "./rules/droplet-backup-off-site";
import { dropletBackupsAndMonitoringOn } from "./rules/droplet-backups-and-monitoring-on";
import { fail2banGuardsLogins } from "./rules/fail2ban-guards-logins";
import { fail2banGuardsSshd } from "./rules/fail2ban-guards-sshd";
import { guardedUnitsHaveDeadMan } from "./rules/guarded-units-have-dead-man";
import { hostProgramsAsBuilt } from "./rules/host-programs-as-built";
import { hostsHaveEveryUnit } from "./rules/hosts-have-every-unit";
import { jobsConfined } from "./rules/jobs-confined";
import { kernelHardened } from "./rules/kernel-hardened";
import { nginxDirectivesKnown } from "./rules/nginx-directives-known";
import { nginxFilesDeclared } from "./rules/nginx-files-declared";
import { nginxHttpOnlyRedirects } from "./rules/nginx-http-only-redirects";
import { nginxNoPhiInLogs } from "./rules/nginx-no-phi-in-logs";
import { nginxPatientsDataNotStored } from "./rules/nginx-patients-data-not-stored";
import { nginxSecurityHeaders } from "./rules/nginx-security-headers";
import { nginxTls13Only } from "./rules/nginx-tls13-only";
import { nginxUpstreamsOnLoopback } from "./rules/nginx-upstreams-on-loopback";
import { noPublicDatabasePort } from "./rules/no-public-database-port";
import { peopleSessionsLimited } from "./rules/people-sessions-limited";
import { peopleStorageLimited } from "./rules/people-storage-limited";
import { peopleUniqueKeys } from "./rules/people-unique-keys";
import { postgresPasswordsScram } from "./rules/postgres-passwords-scram";
import { postgresSuperuserOwnDatabase } from "./rules/postgres-superuser-own-database";
import { publicPortsAnswered } from "./rules/public-ports-answered";
import { redisDefaultUserOff } from "./rules/redis-default-user-off";
import { renderedAsDeclared } from "./rules/rendered-as-declared";
import { resourcesAsDeclared } from "./rules/resources-as-declared";
import { secretFilesOwnerOnly } from "./rules/secret-files-owner-only";
import { secretsEscrowed } from "./rules/secrets-escrowed";
import { sessionModulesKnown } from "./rules/session-modules-known";
import { sshNoPasswords } from "./rules/ssh-no-passwords";
import { sshNoRootLogin } from "./rules/ssh-no-root-login";
import { sshSettingsKnown } from "./rules/ssh-settings-known";
import { statefulResourcesProtected } from "./rules/stateful-resources-protected";
import { sudoAsDeclared } from "./rules/sudo-as-declared";
import { systemSettingsKnown } from "./rules/system-settings-known";
import { ufwContainersApart } from "./rules/ufw-containers-apart";
import { ufwDefaultDenyIncoming } from "./rules/ufw-default-deny-incoming";
import { ufwDefaultDenyRouted } from "./rules/ufw-default-deny-routed";
import { ufwRulesAsDeclared } from "./rules/ufw-rules-as-declared";
import { vaultAppendOnly } from "./rules/vault-append-only";

/** All rules about one component, each in its own file under rules/, by name. */
export const RULES: readonly Rule[] = [
  alertsHaveRecipient,
  backupEncrypted,
  backupRestoreTested,
  bansAsDeclared,
  certificatesRenewed,
  commandsRunAgentOnly,
  connectionHostKeyPinned,
  containerArgumentsHarmless,
  containerBridgesKnown,
  containerHealthChecked,
  containerImageByDigest,
  containerLimited,
  containerLimitsEnforced,
  containerNamespacesPrivate,
  containerNetworksBridged,
  containerNoHostMounts,
  containerNoPlainSecretEnvironment,
  containerNotPrivileged,
  containerNotRoot,
  containerPortsOnLoopback,
  containerRootReadOnly,
  containerUserInOwnRange,
  databaseFilesKnown,
  databaseNetworksInternal,
  dnsNamesHaveCaa,
  dockerDaemonHardened,
  dockerEngineHostKeyPinned,
  dockerTypesReviewed,
  dockerUnitsKnown,
  dropletAccessOnlyBySsh,
  dropletBackupsAndMonitoringOn,
  fail2banGuardsSshd,
  guardedUnitsHaveDeadMan,
  hostProgramsAsBuilt,
  jobsConfined,
  kernelHardened,
  nginxDirectivesKnown,
  nginxFilesDeclared,
  nginxHttpOnlyRedirects,
  nginxNoPhiInLogs,
  nginxPatientsDataNotStored,
  nginxSecurityHeaders,
  nginxTls13Only,
  nginxUpstreamsOnLoopback,
  noPublicDatabasePort,
  peopleSessionsLimited,
  peopleStorageLimited,
  peopleUniqueKeys,
  postgresPasswordsScram,
  postgresSuperuserOwnDatabase,
  redisDefaultUserOff,
  renderedAsDeclared,
  secretFilesOwnerOnly,
  secretsEscrowed,
  sessionModulesKnown,
  sshNoPasswords,
  sshNoRootLogin,
  sshSettingsKnown,
  statefulResourcesProtected,
  sudoAsDeclared,
  systemSettingsKnown,
  ufwContainersApart,
  ufwDefaultDenyIncoming,
  ufwDefaultDenyRouted,
  ufwRulesAsDeclared,
  vaultAppendOnly,
];

/** All rules about the units of a host together; the first is about which of them there must be. */
export const HOST_RULES: readonly HostRule[] = [
  hostsHaveEveryUnit,
  backupCoversAllData,
  backupOffSite,
  backupPasswordEscrowed,
  cloudFirewallEqualsUfw,
  containerProcessesLimited,
  dropletBackupOffSite,
  fail2banGuardsLogins,
  publicPortsAnswered,
  resourcesAsDeclared,
];
