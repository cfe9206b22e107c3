/** Keys that an earlier version called otherwise: the new name is that of the manual page. */
export const RENAMED: Readonly<Record<string, string>> = {
  "bans.failures": "bans.maxRetry",
  "bans.withinSeconds": "bans.findTime",
  "bans.seconds": "bans.banTime",
  "bans.maximumSeconds": "bans.maxBanTime",
  "ssh.loginGraceSeconds": "ssh.loginGraceTime",
  "journal.maxMegabytes": "journal.systemMaxUse",
  "journal.keepFreeMegabytes": "journal.systemKeepFree",
  "docker.logs.maxMegabytes": "docker.logs.maxSize",
  "docker.logs.files": "docker.logs.maxFile",
};
