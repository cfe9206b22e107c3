/** Every rule. */

import type { HostRule, Rule, RuleFacts, StackRule } from "./engine/rule";
import { acceptedDriftReasoned } from "./rules/accepted-drift-reasoned";
import { adminPortsNotPublic } from "./rules/admin-ports-not-public";
import { alertLimitsLeaveTime } from "./rules/alert-limits-leave-time";
import { alertsComplete } from "./rules/alerts-complete";
import { alertsHaveRecipient } from "./rules/alerts-have-recipient";
import { alertsRepeatedInAShift } from "./rules/alerts-repeated-in-a-shift";
import { appDatabasesManaged } from "./rules/app-databases-managed";
import { appImagesByDigest } from "./rules/app-images-by-digest";
import { appNoPlainSecret } from "./rules/app-no-plain-secret";
import { auditFailureByChoice } from "./rules/audit-failure-by-choice";
import { auditImmutable } from "./rules/audit-immutable";
import { auditRecordsWhatMatters } from "./rules/audit-records-what-matters";
import { backupCoversAllData } from "./rules/backup-covers-all-data";
import { backupEncrypted } from "./rules/backup-encrypted";
import { backupOffSite } from "./rules/backup-off-site";
import { backupPasswordEscrowed } from "./rules/backup-password-escrowed";
import { backupRestoreTested } from "./rules/backup-restore-tested";
import { bansAsDeclared } from "./rules/bans-as-declared";
import { bucketAccessRecorded } from "./rules/bucket-access-recorded";
import { bucketFormerVersionsExpire } from "./rules/bucket-former-versions-expire";
import { bucketKeepsVersions } from "./rules/bucket-keeps-versions";
import { bucketNotDeletedWithContent } from "./rules/bucket-not-deleted-with-content";
import { bucketPolicyNoAnonymous } from "./rules/bucket-policy-no-anonymous";
import { bucketPrivate } from "./rules/bucket-private";
import { certificatesNotStaging } from "./rules/certificates-not-staging";
import { certificatesRenewed } from "./rules/certificates-renewed";
import { changesNotIgnored } from "./rules/changes-not-ignored";
import { cloudAlertsReachSomeone } from "./rules/cloud-alerts-reach-someone";
import { cloudCertificateRenewed } from "./rules/cloud-certificate-renewed";
import { cloudDataInOneJurisdiction } from "./rules/cloud-data-in-one-jurisdiction";
import { cloudFirewallEgressNamed } from "./rules/cloud-firewall-egress-named";
import { cloudFirewallEqualsUfw } from "./rules/cloud-firewall-equals-ufw";
import { cloudFirewallPortsNamed } from "./rules/cloud-firewall-ports-named";
import { cloudFirewallSshFromKnownNetworks } from "./rules/cloud-firewall-ssh-from-known-networks";
import { cloudProviderOwnEndpoint } from "./rules/cloud-provider-own-endpoint";
import { cloudTypesReviewed } from "./rules/cloud-types-reviewed";
import { collectorOwnOrAgreed } from "./rules/collector-own-or-agreed";
import { collectorProven } from "./rules/collector-proven";
import { commandsLogNothing } from "./rules/commands-log-nothing";
import { commandsRunAgentOnly } from "./rules/commands-run-agent-only";
import { configurationFilesNoPlainSecret } from "./rules/configuration-files-no-plain-secret";
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
import { containerOutputRecorded } from "./rules/container-output-recorded";
import { containerPortsOnLoopback } from "./rules/container-ports-on-loopback";
import { containerProcessesLimited } from "./rules/container-processes-limited";
import { containerRootReadOnly } from "./rules/container-root-read-only";
import { containerTemporaryNoexec } from "./rules/container-temporary-noexec";
import { containerUserInOwnRange } from "./rules/container-user-in-own-range";
import { corsOriginsNamed } from "./rules/cors-origins-named";
import { customImageOverHttps } from "./rules/custom-image-over-https";
import { databaseClusterBehindFirewall } from "./rules/database-cluster-behind-firewall";
import { databaseConnectionsEncrypted } from "./rules/database-connections-encrypted";
import { databaseFilesKnown } from "./rules/database-files-known";
import { databaseFirewallNotOpen } from "./rules/database-firewall-not-open";
import { databaseHasOwnUser } from "./rules/database-has-own-user";
import { databaseHasStandby } from "./rules/database-has-standby";
import { databaseInPrivateNetwork } from "./rules/database-in-private-network";
import { databaseLogsKeptElsewhere } from "./rules/database-logs-kept-elsewhere";
import { databaseLogsWithoutStatements } from "./rules/database-logs-without-statements";
import { databaseNetworksInternal } from "./rules/database-networks-internal";
import { databasePeopleLimited } from "./rules/database-people-limited";
import { databaseUserLimited } from "./rules/database-user-limited";
import { databasesEncryptConnections } from "./rules/databases-encrypt-connections";
import { databasesMeasured } from "./rules/databases-measured";
import { dnsNamesHaveCaa } from "./rules/dns-names-have-caa";
import { dnsRecordPublicAddress } from "./rules/dns-record-public-address";
import { dnsZoneHasCaa } from "./rules/dns-zone-has-caa";
import { dockerDaemonHardened } from "./rules/docker-daemon-hardened";
import { dockerEngineHostKeyPinned } from "./rules/docker-engine-host-key-pinned";
import { dockerTypesReviewed } from "./rules/docker-types-reviewed";
import { dockerUnitsKnown } from "./rules/docker-units-known";
import { dropletAccessOnlyBySsh } from "./rules/droplet-access-only-by-ssh";
import { dropletBackupOffSite } from "./rules/droplet-backup-off-site";
import { dropletBackupsAndMonitoringOn } from "./rules/droplet-backups-and-monitoring-on";
import { dropletBehindCloudFirewall } from "./rules/droplet-behind-cloud-firewall";
import { dropletHasSshKey } from "./rules/droplet-has-ssh-key";
import { dropletPoolPrivate } from "./rules/droplet-pool-private";
import { dropletUserDataNoSecret } from "./rules/droplet-user-data-no-secret";
import { dropletUserDataNoUnverifiedDownload } from "./rules/droplet-user-data-no-unverified-download";
import { dropletWatched } from "./rules/droplet-watched";
import { fail2banGuardsLogins } from "./rules/fail2ban-guards-logins";
import { fail2banGuardsSshd } from "./rules/fail2ban-guards-sshd";
import { guardedUnitsHaveDeadMan } from "./rules/guarded-units-have-dead-man";
import { hostProgramsAsBuilt } from "./rules/host-programs-as-built";
import { hostsHaveEveryUnit } from "./rules/hosts-have-every-unit";
import { incidentResponseDeclared } from "./rules/incident-response-declared";
import { integrityLookedDaily } from "./rules/integrity-looked-daily";
import { jobsConfined } from "./rules/jobs-confined";
import { journalOffSite } from "./rules/journal-off-site";
import { journalSealed } from "./rules/journal-sealed";
import { journalSentAsWritten } from "./rules/journal-sent-as-written";
import { kernelHardened } from "./rules/kernel-hardened";
import { kubernetesControlPlaneGuarded } from "./rules/kubernetes-control-plane-guarded";
import { kubernetesHighlyAvailable } from "./rules/kubernetes-highly-available";
import { kubernetesInPrivateNetwork } from "./rules/kubernetes-in-private-network";
import { kubernetesKeptUpToDate } from "./rules/kubernetes-kept-up-to-date";
import { kubernetesStorageKept } from "./rules/kubernetes-storage-kept";
import { listenerNetworksNarrow } from "./rules/listener-networks-narrow";
import { listenerTls13Only } from "./rules/listener-tls13-only";
import { loadBalancerEncryptsToServers } from "./rules/load-balancer-encrypts-to-servers";
import { loadBalancerHttpsOnly } from "./rules/load-balancer-https-only";
import { loadBalancerStrongCiphers } from "./rules/load-balancer-strong-ciphers";
import { metricsOnLoopbackAlone } from "./rules/metrics-on-loopback-alone";
import { metricsSentToOwnVault } from "./rules/metrics-sent-to-own-vault";
import { monitoringEscalates } from "./rules/monitoring-escalates";
import { monitoringHeartbeatDeclared } from "./rules/monitoring-heartbeat-declared";
import { monitoringOnLoopback } from "./rules/monitoring-on-loopback";
import { nfsAccessLimited } from "./rules/nfs-access-limited";
import { nginxClientsAsDeclared } from "./rules/nginx-clients-as-declared";
import { nginxCookiesGuarded } from "./rules/nginx-cookies-guarded";
import { nginxDirectivesKnown } from "./rules/nginx-directives-known";
import { nginxFilesDeclared } from "./rules/nginx-files-declared";
import { nginxHttpOnlyRedirects } from "./rules/nginx-http-only-redirects";
import { nginxNoPhiInLogs } from "./rules/nginx-no-phi-in-logs";
import { nginxPatientsDataNotStored } from "./rules/nginx-patients-data-not-stored";
import { nginxProxiesNarrow } from "./rules/nginx-proxies-narrow";
import { nginxSecurityHeaders } from "./rules/nginx-security-headers";
import { nginxStylesNotInline } from "./rules/nginx-styles-not-inline";
import { nginxTls13Only } from "./rules/nginx-tls13-only";
import { nginxUpstreamsOnLoopback } from "./rules/nginx-upstreams-on-loopback";
import { noPublicDatabasePort } from "./rules/no-public-database-port";
import { oneOffContainersConfined } from "./rules/one-off-containers-confined";
import { opensearchAudited } from "./rules/opensearch-audited";
import { outputsNoPlainSecret } from "./rules/outputs-no-plain-secret";
import { patientsColumnsEncrypted } from "./rules/patients-columns-encrypted";
import { patientsDataRetentionDeclared } from "./rules/patients-data-retention-declared";
import { peopleSessionsLimited } from "./rules/people-sessions-limited";
import { peopleStorageLimited } from "./rules/people-storage-limited";
import { peopleUniqueKeys } from "./rules/people-unique-keys";
import { phiMasterKeyApart } from "./rules/phi-master-key-apart";
import { postgresPasswordsScram } from "./rules/postgres-passwords-scram";
import { postgresSuperuserOwnDatabase } from "./rules/postgres-superuser-own-database";
import { programSettingsAsDeclared } from "./rules/program-settings-as-declared";
import { providerPackagesReviewed } from "./rules/provider-packages-reviewed";
import { publicPortsAnswered } from "./rules/public-ports-answered";
import { recordsAddedByOwnHost } from "./rules/records-added-by-own-host";
import { recordsKeptSixYears } from "./rules/records-kept-six-years";
import { recordsWatched } from "./rules/records-watched";
import { redisDefaultUserOff } from "./rules/redis-default-user-off";
import { registryCredentialsLimited } from "./rules/registry-credentials-limited";
import { renderedAsDeclared } from "./rules/rendered-as-declared";
import { requestsAsReviewed } from "./rules/requests-as-reviewed";
import { resourcesAsDeclared } from "./rules/resources-as-declared";
import { restoresByTwoPeople } from "./rules/restores-by-two-people";
import { secretFilesOwnerOnly } from "./rules/secret-files-owner-only";
import { secretsEscrowed } from "./rules/secrets-escrowed";
import { secretsRotated } from "./rules/secrets-rotated";
import { sessionModulesKnown } from "./rules/session-modules-known";
import { sessionsRecorded } from "./rules/sessions-recorded";
import { smokeTestsConfined } from "./rules/smoke-tests-confined";
import { spacesKeyLimited } from "./rules/spaces-key-limited";
import { sshKeysStrong } from "./rules/ssh-keys-strong";
import { sshNoPasswords } from "./rules/ssh-no-passwords";
import { sshNoRootLogin } from "./rules/ssh-no-root-login";
import { sshSettingsKnown } from "./rules/ssh-settings-known";
import { statefulResourcesProtected } from "./rules/stateful-resources-protected";
import { subjectsDeclared } from "./rules/subjects-declared";
import { sudoAsDeclared } from "./rules/sudo-as-declared";
import { systemSettingsKnown } from "./rules/system-settings-known";
import { ufwContainersApart } from "./rules/ufw-containers-apart";
import { ufwDefaultDenyIncoming } from "./rules/ufw-default-deny-incoming";
import { ufwDefaultDenyRouted } from "./rules/ufw-default-deny-routed";
import { ufwRulesAsDeclared } from "./rules/ufw-rules-as-declared";
import { updatesMendedInTime } from "./rules/updates-mended-in-time";
import { uptimeCheckOverHttps } from "./rules/uptime-check-over-https";
import { uptimeCheckWatchesCertificate } from "./rules/uptime-check-watches-certificate";
import { vaultAppendOnly } from "./rules/vault-append-only";
import { volumeHasCopy } from "./rules/volume-has-copy";
import { volumeMountsKnown } from "./rules/volume-mounts-known";
import { vpcPeeringWithinStack } from "./rules/vpc-peering-within-stack";
import { vulnerabilitiesLookedDaily } from "./rules/vulnerabilities-looked-daily";
import { WAIVER_RULES } from "./waivers/rules";

/** All rules about one component, each in its own file under rules/, by name. */
export const RULES: readonly Rule[] = [
  acceptedDriftReasoned,
  adminPortsNotPublic,
  alertLimitsLeaveTime,
  alertsComplete,
  alertsHaveRecipient,
  alertsRepeatedInAShift,
  appDatabasesManaged,
  appImagesByDigest,
  appNoPlainSecret,
  auditFailureByChoice,
  auditImmutable,
  auditRecordsWhatMatters,
  backupEncrypted,
  backupRestoreTested,
  bansAsDeclared,
  bucketFormerVersionsExpire,
  bucketKeepsVersions,
  bucketNotDeletedWithContent,
  bucketPolicyNoAnonymous,
  bucketPrivate,
  certificatesNotStaging,
  certificatesRenewed,
  changesNotIgnored,
  cloudAlertsReachSomeone,
  cloudCertificateRenewed,
  cloudFirewallPortsNamed,
  cloudProviderOwnEndpoint,
  collectorOwnOrAgreed,
  collectorProven,
  commandsLogNothing,
  commandsRunAgentOnly,
  configurationFilesNoPlainSecret,
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
  containerOutputRecorded,
  containerPortsOnLoopback,
  containerRootReadOnly,
  containerTemporaryNoexec,
  containerUserInOwnRange,
  corsOriginsNamed,
  customImageOverHttps,
  databaseConnectionsEncrypted,
  databaseFilesKnown,
  databaseFirewallNotOpen,
  databaseHasStandby,
  databaseInPrivateNetwork,
  databaseLogsWithoutStatements,
  databaseNetworksInternal,
  databaseUserLimited,
  databasesEncryptConnections,
  dnsNamesHaveCaa,
  dnsRecordPublicAddress,
  dockerDaemonHardened,
  dockerEngineHostKeyPinned,
  dockerTypesReviewed,
  dockerUnitsKnown,
  dropletAccessOnlyBySsh,
  dropletBackupsAndMonitoringOn,
  dropletHasSshKey,
  dropletPoolPrivate,
  dropletUserDataNoSecret,
  dropletUserDataNoUnverifiedDownload,
  fail2banGuardsSshd,
  guardedUnitsHaveDeadMan,
  hostProgramsAsBuilt,
  incidentResponseDeclared,
  integrityLookedDaily,
  jobsConfined,
  journalSealed,
  journalSentAsWritten,
  kernelHardened,
  kubernetesControlPlaneGuarded,
  kubernetesHighlyAvailable,
  kubernetesInPrivateNetwork,
  kubernetesKeptUpToDate,
  kubernetesStorageKept,
  listenerNetworksNarrow,
  listenerTls13Only,
  loadBalancerEncryptsToServers,
  loadBalancerHttpsOnly,
  loadBalancerStrongCiphers,
  metricsOnLoopbackAlone,
  metricsSentToOwnVault,
  monitoringEscalates,
  monitoringHeartbeatDeclared,
  monitoringOnLoopback,
  nfsAccessLimited,
  nginxClientsAsDeclared,
  nginxCookiesGuarded,
  nginxDirectivesKnown,
  nginxFilesDeclared,
  nginxHttpOnlyRedirects,
  nginxNoPhiInLogs,
  nginxPatientsDataNotStored,
  nginxProxiesNarrow,
  nginxSecurityHeaders,
  nginxStylesNotInline,
  nginxTls13Only,
  nginxUpstreamsOnLoopback,
  noPublicDatabasePort,
  oneOffContainersConfined,
  opensearchAudited,
  peopleSessionsLimited,
  peopleStorageLimited,
  peopleUniqueKeys,
  postgresPasswordsScram,
  postgresSuperuserOwnDatabase,
  programSettingsAsDeclared,
  recordsAddedByOwnHost,
  recordsKeptSixYears,
  recordsWatched,
  redisDefaultUserOff,
  registryCredentialsLimited,
  renderedAsDeclared,
  restoresByTwoPeople,
  secretFilesOwnerOnly,
  secretsEscrowed,
  secretsRotated,
  sessionModulesKnown,
  smokeTestsConfined,
  spacesKeyLimited,
  sshKeysStrong,
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
  updatesMendedInTime,
  uptimeCheckOverHttps,
  vaultAppendOnly,
  volumeMountsKnown,
  vulnerabilitiesLookedDaily,
];

/** All rules about the units of a host together; the first is about which of them there must be. */
export const HOST_RULES: readonly HostRule[] = [
  hostsHaveEveryUnit,
  backupCoversAllData,
  backupOffSite,
  backupPasswordEscrowed,
  cloudFirewallEqualsUfw,
  containerProcessesLimited,
  databasePeopleLimited,
  databasesMeasured,
  dropletBackupOffSite,
  fail2banGuardsLogins,
  journalOffSite,
  patientsColumnsEncrypted,
  patientsDataRetentionDeclared,
  phiMasterKeyApart,
  publicPortsAnswered,
  resourcesAsDeclared,
  sessionsRecorded,
  subjectsDeclared,
];

/** All rules about what resources of a stack are to each other, by name. */
export const STACK_RULES: readonly StackRule[] = [
  bucketAccessRecorded,
  cloudDataInOneJurisdiction,
  cloudFirewallEgressNamed,
  cloudFirewallSshFromKnownNetworks,
  cloudTypesReviewed,
  databaseClusterBehindFirewall,
  databaseHasOwnUser,
  databaseLogsKeptElsewhere,
  dnsZoneHasCaa,
  dropletBehindCloudFirewall,
  dropletWatched,
  outputsNoPlainSecret,
  providerPackagesReviewed,
  requestsAsReviewed,
  uptimeCheckWatchesCertificate,
  volumeHasCopy,
  vpcPeeringWithinStack,
];

/** All rules, those about waivers last. */
export const ALL_RULES: readonly RuleFacts[] = [...RULES, ...HOST_RULES, ...STACK_RULES, ...WAIVER_RULES];
