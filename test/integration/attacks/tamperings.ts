/** What root plants on a host to stay there, or to change what it does: a command each, what is found of it, and how it is removed. */

export interface Tampering {
  /** What the finding is called. */
  readonly name: string;
  readonly plant: string;
  readonly remove: string;
}

/** A file that is not there before. */
function file(path: string, text = "# planted"): Tampering {
  return { name: path, plant: `mkdir -p "$(dirname ${path})" && printf '%s\\n' '${text}' > ${path}`, remove: `rm -f ${path}` };
}

/** A file that is there: something is added, and the whole put back with its times. */
function changed(path: string, text = "# planted"): Tampering {
  const kept = `/run/kept${path.replaceAll("/", "_")}`;
  return { name: path, plant: `cp -a ${path} ${kept} && printf '%s\\n' '${text}' >> ${path}`, remove: `cat ${kept} > ${path}` };
}

const UNIT = "[Service]\nExecStart=/bin/true";

const LISTENS = "timeout 120 sh -c 'until ss -Hltn sport = :4445 | grep -q .; do sleep 0.1; done'";

export const KINDS: readonly Tampering[] = [
  file("/etc/systemd/system/planted.service", UNIT),
  file("/etc/systemd/system/planted.timer", "[Timer]\nOnCalendar=yearly"),
  file("/etc/systemd/system/planted.path", "[Path]\nPathExists=/nowhere"),
  file("/etc/systemd/system/planted.socket", "[Socket]\nListenStream=/run/planted"),
  file("/run/systemd/system/planted-run.service", UNIT),
  file("/usr/local/lib/systemd/system/planted-local.service", UNIT),
  file("/usr/lib/systemd/system/planted-lib.service", UNIT),
  file("/etc/systemd/user/planted-user.service", UNIT),
  file("/root/.config/systemd/user/planted-root.service", UNIT),
  file("/etc/systemd/system-generators/planted"),
  file("/usr/lib/systemd/system-generators/planted"),
  file("/usr/lib/systemd/system-sleep/planted"),
  file("/usr/lib/systemd/system-shutdown/planted"),
  file("/etc/systemd/system/cron.service.d/planted.conf", "[Service]"),
  file("/etc/systemd/system/phiward-alerts.service.d/planted.conf", "[Service]"),
  file("/etc/systemd/system.conf.d/planted.conf", "[Manager]"),
  file("/etc/systemd/resolved.conf.d/planted.conf", "[Resolve]"),
  file("/etc/systemd/network/99-planted.network", "[Match]"),
  file("/etc/cron.d/planted"),
  file("/etc/cron.hourly/planted"),
  file("/etc/cron.daily/planted"),
  changed("/etc/crontab"),
  file("/var/spool/cron/crontabs/root"),
  file("/etc/rc.local"),
  file("/etc/init.d/planted"),
  file("/etc/ld.so.conf.d/planted.conf"),
  file("/etc/pam.d/planted"),
  changed("/etc/pam.d/common-auth"),
  changed("/etc/pam.d/login"),
  file("/usr/lib/security/pam_planted.so"),
  file("/etc/security/planted.conf"),
  file("/etc/apt/apt.conf.d/99planted", "//"),
  file("/etc/apt/sources.list.d/planted.list"),
  file("/etc/apt/preferences.d/planted"),
  file("/etc/apt/trusted.gpg.d/planted.asc"),
  file("/etc/dpkg/dpkg.cfg.d/planted"),
  file("/etc/udev/rules.d/99-planted.rules"),
  file("/usr/lib/udev/rules.d/99-planted.rules"),
  file("/etc/modprobe.d/planted.conf"),
  file("/etc/modules-load.d/planted.conf"),
  file("/etc/initramfs-tools/hooks/planted"),
  file("/etc/kernel/postinst.d/planted"),
  file("/etc/default/grub.d/planted.cfg"),
  file("/etc/profile.d/planted.sh"),
  changed("/etc/profile"),
  changed("/etc/bash.bashrc"),
  changed("/etc/environment"),
  changed("/root/.bashrc"),
  file("/root/.bash_login"),
  file("/root/.ssh/planted"),
  file("/root/.gitconfig"),
  file("/etc/gitconfig"),
  file("/etc/zsh/zshenv"),
  file("/usr/local/bin/ls"),
  file("/usr/local/sbin/sshd"),
  file("/usr/bin/planted"),
  file("/usr/lib/python3/dist-packages/planted.pth"),
  changed("/usr/bin/bashbug"),
  changed("/usr/bin/ldd"),
  file("/usr/local/share/ca-certificates/planted.crt"),
  changed("/etc/hosts"),
  changed("/etc/nsswitch.conf"),
  changed("/etc/fstab"),
  file("/etc/sysctl.d/99-planted.conf"),
  file("/etc/tmpfiles.d/planted.conf"),
  file("/etc/ssh/ssh_config.d/planted.conf"),
  file("/etc/fail2ban/action.d/planted.conf"),
  file("/etc/logrotate.d/planted"),
  file("/etc/update-motd.d/99-planted"),
  file("/etc/polkit-1/rules.d/planted.rules"),
  file("/etc/dbus-1/system.d/planted.conf"),
  file("/etc/network/if-up.d/planted"),
  file("/etc/dhcp/dhclient-exit-hooks.d/planted"),
  file("/etc/NetworkManager/dispatcher.d/planted"),
  file("/etc/alternatives/planted"),
  changed("/etc/phiward/storage.json"),
  changed("/etc/systemd/system/phiward-people.service"),
  {
    name: "/etc/systemd/system/multi-user.target.wants/debug-shell.service",
    plant: "ln -s /usr/lib/systemd/system/debug-shell.service /etc/systemd/system/multi-user.target.wants/debug-shell.service",
    remove: "rm -f /etc/systemd/system/multi-user.target.wants/debug-shell.service",
  },
  { name: "/opt/planted-suid", plant: "cp /bin/true /opt/planted-suid && chmod 4755 /opt/planted-suid", remove: "rm -f /opt/planted-suid" },
  { name: "/usr/bin/env", plant: "chmod g+s /usr/bin/env", remove: "chmod g-s /usr/bin/env" },
  {
    name: "/opt/planted-cap",
    plant: "cp /bin/true /opt/planted-cap && setcap cap_setuid+ep /opt/planted-cap",
    remove: "rm -f /opt/planted-cap",
  },
  { name: "toor", plant: "echo 'toor:x:0:0::/root:/bin/sh' >> /etc/passwd", remove: "sed -i '/^toor:/d' /etc/passwd" },
  {
    name: "games in /etc/shadow",
    plant: "cp -a /etc/shadow /run/kept-shadow && usermod --password '$6$x$y' games",
    remove: "cp -a /run/kept-shadow /etc/shadow",
  },
  { name: "games in adm", plant: "gpasswd --add games adm", remove: "gpasswd --delete games adm" },
  { name: "ip planted", plant: "nft add table ip planted", remove: "nft delete table ip planted" },
  {
    name: "iptables-save nat -A PREROUTING -p tcp -m tcp --dport 4444 -j REDIRECT --to-ports 22",
    plant: "iptables -t nat -A PREROUTING -p tcp --dport 4444 -j REDIRECT --to-ports 22",
    remove: "iptables -t nat -D PREROUTING -p tcp --dport 4444 -j REDIRECT --to-ports 22",
  },
  { name: "iptables-save filter planted", plant: "iptables -N planted", remove: "iptables -X planted" },
  {
    name: "tcp 127.0.0.1:4445",
    plant: `systemd-run --quiet --unit=planted-listener python3 -m http.server --bind 127.0.0.1 4445 && ${LISTENS}`,
    remove: "systemctl stop planted-listener",
  },
  { name: "/etc/cron.weekly", plant: "mount -t tmpfs planted /etc/cron.weekly", remove: "umount /etc/cron.weekly" },
];

/** All of them as two programs of sh(1). What fails is said, and the others are done all the same. */
export function planted(): { readonly plant: string; readonly remove: string } {
  const all = (commands: readonly string[]): string => commands.map((command) => `( ${command} ) || echo "failed: $?" >&2`).join("\n");
  return { plant: all(KINDS.map(({ plant }) => plant)), remove: all(KINDS.map(({ remove }) => remove).toReversed()) };
}
