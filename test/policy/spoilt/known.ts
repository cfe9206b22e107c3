import { challengeLines } from "../../../components/edge/nginx/challengeText";
import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, begun, listed, type Refused, refused, replaced, type Spoil, withoutFile } from "./spoil";

const DROP_IN = textOf("ssh", "/etc/ssh/sshd_config.d/00-phiward.conf");
const SSH_OPTIONS = textOf("ssh", "/etc/default/ssh");
const SUDOERS = textOf("people", "/etc/sudoers");
const SUDO_RULES = textOf("people", "/etc/sudoers.d/phiward");
const USER = textOf("ufw", "/etc/ufw/user.rules");
const USER6 = textOf("ufw", "/etc/ufw/user6.rules");
const AFTER = textOf("ufw", "/etc/ufw/after.rules");

const NGINX_LISTENERS = textOf("nginx", "/etc/nginx/phiward/listeners.conf");
const NGINX_MAIN = textOf("nginx", "/etc/nginx/nginx.conf");
const NGINX_TLS = textOf("nginx", "/etc/nginx/phiward/tls.conf");
const NGINX_SITE = textOf("nginx", "/etc/nginx/phiward/site-api.example.org.conf");
const CHALLENGE = `${challengeLines().join("\n")}\n`;
const NGINX_DEFAULT = textOf("nginx", "/etc/nginx/phiward/default-server.conf");

function beside(path: string, text: string): Spoil {
  return listed((files) => [...files, { path, owner: "root:root", mode: "0644", sha256: "0", text }]);
}

// In each version of the drop-in.
function inEach(line: string): Spoil {
  return listed((texts) => texts.map((text) => `${String(text)}${line}\n`));
}

/** What is refused because it is none of the lines that are known. */
export const KNOWN_REFUSED: readonly Refused[] = [
  ...refused("ssh-settings-known", "ssh", [
    ["keys are read from where anybody writes", DROP_IN, replaced("/etc/ssh/authorized_keys.d/%u", "/tmp/keys/%u"), "AuthorizedKeysFile"],
    [
      "an authority signs keys",
      DROP_IN,
      replaced("TrustedUserCAKeys none", "TrustedUserCAKeys /tmp/ca.pub"),
      "allowed: TrustedUserCAKeys none",
    ],
    [
      "a program says which keys are right",
      DROP_IN,
      replaced("AuthorizedKeysCommand none", "AuthorizedKeysCommand /tmp/keys"),
      "AuthorizedKeysCommand none",
    ],
    ["a weak cipher is let in", DROP_IN, replaced("Ciphers ", "Ciphers 3des-cbc,"), "allowed: Ciphers chacha20"],
    ["a weak code is let in", DROP_IN, replaced("MACs ", "MACs hmac-sha1,"), "allowed: MACs hmac-sha2-512-etm"],
    ["logins are not logged", DROP_IN, replaced("LogLevel VERBOSE", "LogLevel QUIET"), "allowed: LogLevel VERBOSE"],
    ["every account may log in", DROP_IN, replaced("AllowGroups phiward-ssh\n", ""), "allowed: AllowGroups phiward-ssh"],
    ["another group may log in", DROP_IN, replaced("AllowGroups phiward-ssh", "AllowGroups phiward-ssh users"), "allowed: AllowGroups"],
    ["dead connections stay", DROP_IN, replaced("ClientAliveInterval 300", "ClientAliveInterval 0"), "ClientAliveInterval {30..450}"],
    ["a client may try without end", DROP_IN, replaced("MaxAuthTries 4", "MaxAuthTries 400"), "MaxAuthTries {3..6}"],
    ["who guesses is not kept out", DROP_IN, replaced("PerSourcePenalties crash", "PerSourcePenalties no crash"), "PerSourcePenalties"],
    [
      "everybody is exempt from penalties",
      DROP_IN,
      replaced("ExemptList 198.51.100.0/24", "ExemptList 0.0.0.0/0"),
      "ExemptList {networks}",
    ],
    ["a setting stands there that is not known", DROP_IN, inEach("ChrootDirectory none"), "which is not known"],
    ["a block for some connections follows", DROP_IN, inEach("Match User anna"), "which is not known"],
    ["a setting stands there in other letters", DROP_IN, inEach("authorizedkeysfile /tmp/%u"), "which is not known"],
    ["the server is started with options", SSH_OPTIONS, becomes("SSHD_OPTS=-o PermitRootLogin=yes\n"), "/etc/default/ssh"],
    ["another file of it is there", "files", beside("/etc/ssh/sshd_config.d/01.conf", ""), "another file of the SSH server"],
    ["its service has a drop-in", "files", beside("/etc/systemd/system/ssh.service.d/x.conf", ""), "another file of the SSH server"],
    ["there is no file of options", "files", withoutFile("/etc/default/ssh"), "found no /etc/default/ssh"],
  ]),
  ...refused("sudo-as-declared", "people", [
    ["everybody is root", SUDO_RULES, added("ALL ALL=(ALL:ALL) NOPASSWD: ALL"), "found something else at line 4, allowed: the end"],
    ["a group is root", SUDO_RULES, added("%users ALL=(ALL) ALL"), "found something else at line 4"],
    ["a person without sudo is root", SUDO_RULES, replaced("anna ", "ben "), "allowed: {administrator 1} ALL=(ALL:ALL) NOPASSWD: ALL"],
    [
      "the break-glass account is asked for nothing",
      SUDO_RULES,
      replaced("ass ALL=(ALL:ALL) ALL", "ass ALL=(ALL:ALL) NOPASSWD: ALL"),
      "allowed: breakglass",
    ],
    ["an alias stands for people", SUDO_RULES, begun("User_Alias A = ben\nA ALL=(ALL) ALL\n"), "something else at line 1"],
    ["a line goes on in the next", SUDO_RULES, added("ben ALL=(ALL) \\\nALL"), "something else at line 4"],
    ["a file is included by what looks like a comment", SUDO_RULES, added("#include /tmp/sudoers"), "something else at line 4"],
    ["an account is named by number", SUDO_RULES, added("#1001 ALL=(ALL) ALL"), "something else at line 4"],
    ["nothing is logged", SUDOERS, replaced("Defaults logfile=/var/log/sudo.log\n", ""), "allowed: Defaults logfile=/var/log/sudo.log"],
    ["it is logged elsewhere", SUDOERS, replaced("/var/log/sudo.log", "/dev/null"), "allowed: Defaults logfile=/var/log/sudo.log"],
    ["a log-in counts for a day", SUDOERS, replaced("timestamp_timeout=5", "timestamp_timeout=1440"), "timestamp_timeout={0..5}"],
    ["everybody may keep an environment", SUDOERS, replaced("env_reset", "!env_reset"), "allowed: Defaults env_reset"],
    ["programs come from elsewhere", SUDOERS, replaced('"/usr/local/sbin', '"/tmp:/usr/local/sbin'), "allowed: Defaults secure_path"],
    ["there is another file", "files", beside("/etc/sudoers.d/more", ""), "another file of sudo"],
    ["there are no rules", "files", withoutFile("/etc/sudoers.d/phiward"), "found no /etc/sudoers.d/phiward"],
  ]),
  ...refused("ufw-rules-as-declared", "ufw", [
    [
      "a chain with a harmless name accepts packets",
      AFTER,
      replaced("-A DOCKER-USER -j DROP\nCOMMIT", "-A DOCKER-USER -j DROP\n-A my-output -j ACCEPT\nCOMMIT"),
      "something else at line",
    ],
    [
      "a port leads to another",
      AFTER,
      added("*nat\n-A PREROUTING -p tcp --dport 8443 -j REDIRECT --to-ports 5432\nCOMMIT"),
      "something else at line",
    ],
    [
      "many ports are open",
      USER,
      replaced("--dport 443 ", "--dport 1:1432 "),
      "allowed: -A ufw-user-input -p {protocol 2} --dport {port 2} -j ACCEPT",
    ],
    [
      "a port is open in IPv6 alone",
      USER6,
      replaced("--dport 80 -j ACCEPT\n", "--dport 80 -j ACCEPT\n-A ufw6-user-input -p tcp --dport 9000 -j ACCEPT\n"),
      "something else at line",
    ],
    [
      "SSH is open without a limit",
      USER,
      replaced("-m recent --update --seconds 30 --hitcount 6 -j ufw-user-limit", "-j ACCEPT"),
      "--hitcount 6",
    ],
    ["a limit is hardly one", USER, replaced("--hitcount 6", "--hitcount 6000"), "--hitcount 6"],
    ["the settings open SSH without a limit", "settings.rules.2.action", becomes("allow"), "SSH that is open to the world without a limit"],
    [
      "what is dropped is not logged",
      USER,
      replaced("-A ufw-logging-deny -j LOG", "-A ufw-logging-deny -j DROP"),
      "ufw-logging-deny -j LOG",
    ],
    [
      "a rule comes before the others",
      AFTER,
      replaced("-I ufw-before-input -j phiward-input", "-I ufw-before-input -j ACCEPT"),
      "allowed: -I ufw-before-input -j phiward-input",
    ],
    [
      "containers reach the metadata",
      AFTER,
      replaced("-A DOCKER-USER -d 169.254.169.254/32 -j DROP\n", ""),
      "allowed: -A DOCKER-USER -d 169.254.169.254/32 -j DROP",
    ],
    [
      "the table that stands in for Docker's is open",
      AFTER,
      replaced("-A phiward-forward -j DROP", "-A phiward-forward -j RETURN"),
      "allowed: -A phiward-forward -j DROP",
    ],
    [
      "a script runs before the rules",
      textOf("ufw", "/etc/ufw/before.init"),
      becomes("#!/bin/sh\niptables -I INPUT -j ACCEPT\n"),
      "line 1, which is not known",
    ],
    ["nothing is logged at all", textOf("ufw", "/etc/ufw/ufw.conf"), replaced("LOGLEVEL=low", "LOGLEVEL=off"), "allowed: LOGLEVEL="],
    [
      "the built-in chains are managed",
      textOf("ufw", "/etc/default/ufw"),
      replaced("MANAGE_BUILTINS=no", "MANAGE_BUILTINS=yes"),
      "allowed: MANAGE_BUILTINS=no",
    ],
    ["there is another file", "files", beside("/etc/ufw/applications.d/x", ""), "another file of the firewall"],
  ]),
  ...refused("nginx-directives-known", "nginx", [
    [
      "one server answers with and without TLS",
      NGINX_SITE,
      replaced("    listen 443 ssl;\n", "    listen 80;\n    listen 443 ssl;\n"),
      "in a server of HTTPS that is not known",
    ],
    [
      "it redirects elsewhere",
      NGINX_SITE,
      replaced("308 https://$host", "308 https://evil.example.org"),
      "allowed: return 308 https://$host$request_uri",
    ],
    [
      "an authority's challenge is answered from elsewhere",
      NGINX_SITE,
      replaced(
        "    location / {\n        return 308",
        `${CHALLENGE.replace("/var/lib/phiward-acme", "/var/lib/phiward")}    location / {\n        return 308`,
      ),
      "a directive in the location of challenges that is not known",
    ],
    [
      "files are served to all",
      NGINX_MAIN,
      replaced("http {\n", "http {\n    root /etc;\n"),
      "a directive in http that is not known, allowed: those that the rule lists",
    ],
    [
      "there is a block of another kind",
      NGINX_MAIN,
      replaced("http {\n", "http {\n    geo $who {\n default yes;\n}\n"),
      "found a block that is not known there, allowed: those that the rule lists",
    ],
    [
      "a directive is taken out",
      NGINX_MAIN,
      replaced("    server_tokens off;\n", ""),
      "found http without a directive, or with another one, allowed: server_tokens off",
    ],
    ["a directive is another one", NGINX_MAIN, replaced("server_tokens off;", "server_tokens on;"), "allowed: server_tokens off"],
    [
      "a directive stands at another place",
      NGINX_MAIN,
      replaced("events {\n", "server_tokens off;\nevents {\n"),
      "a directive in the top that",
    ],
    [
      "a service is reached at a port of another",
      NGINX_MAIN,
      (good) => String(good).replace(/server 127\.0\.0\.1:\d+;/, "server 127.0.0.1:1;"),
      "that is not known",
    ],
    [
      "a block of events is missing",
      NGINX_MAIN,
      replaced("    worker_connections 4096;\n", ""),
      "without a directive, or with another one",
    ],
    [
      "files are listed",
      NGINX_DEFAULT,
      replaced("        return 444;\n", "        autoindex on;\n        return 444;\n"),
      "that is not known",
    ],
    [
      "a file is served in place of a route",
      NGINX_SITE,
      replaced("proxy_pass http://api/notes;", "alias /etc/;"),
      "a block that is not known there",
    ],
    [
      "a route leads to Docker's socket",
      NGINX_SITE,
      replaced("http://api/notes;", "http://unix:/run/docker.sock:/notes;"),
      "in a location of a route that is not known",
    ],
    [
      "a route leads to another machine",
      NGINX_SITE,
      replaced("http://api/notes;", "http://192.0.2.7/notes;"),
      "in a location of a route that is not known",
    ],
    ["a service is elsewhere", NGINX_MAIN, replaced("server 127.0.0.1:", "server 192.0.2.7:"), "allowed: server 127.0.0.1:{ports}"],
    ["a service is at another port", NGINX_MAIN, replaced("server 127.0.0.1:2", "server 127.0.0.1:1"), "allowed: server 127.0.0.1:{ports}"],
    [
      "a copy of each request goes elsewhere",
      NGINX_SITE,
      replaced("        set $route /notes;\n", "        set $route /notes;\n        mirror /copy;\n"),
      "in a location of a route",
    ],
    [
      "queries are logged by a detour",
      NGINX_MAIN,
      replaced("http {\n", "http {\n    map $args $q { ~^(?<all>.*)$ $all; }\n"),
      "a block that is not known there",
    ],
    ["the path is logged", NGINX_MAIN, replaced("route=$route", "route=$uri"), "allowed: log_format phiward"],
    ["the user is logged", NGINX_MAIN, replaced("client=$remote_addr", "client=$remote_user"), "allowed: log_format phiward"],
    [
      "the log goes nowhere",
      NGINX_MAIN,
      replaced("syslog:server=unix:/dev/log,tag=nginx,nohostname", "/dev/null"),
      "allowed: access_log syslog",
    ],
    [
      "bodies stay on the disk",
      NGINX_MAIN,
      replaced("    gzip off;", "    gzip off;\n    client_body_in_file_only on;"),
      "in http that is not known",
    ],
    ["older TLS is spoken", NGINX_TLS, replaced("TLSv1.3", "TLSv1.2 TLSv1.3"), "allowed: ssl_protocols TLSv1.3"],
    [
      "names are looked up while it runs",
      NGINX_MAIN,
      replaced("    gzip off;", "    gzip off;\n    resolver 192.0.2.53;"),
      "in http that is not known",
    ],
    [
      "a client says who it is",
      NGINX_MAIN,
      replaced('    proxy_set_header Remote-User "";\n', ""),
      "allowed: proxy_set_header Remote-User",
    ],
    [
      "a slow client may stay",
      NGINX_MAIN,
      replaced("client_body_timeout 10s", "client_body_timeout 10000s"),
      "client_body_timeout {1..60}s",
    ],
    [
      "every method is let through",
      NGINX_SITE,
      replaced("            return 405;\n", ""),
      "the block of other methods without a directive",
    ],
    [
      "a header is left out",
      textOf("nginx", "/etc/nginx/phiward/headers-api.example.org.conf"),
      replaced("X-Frame-Options", "X-Nothing"),
      "add_header X-Frame-Options {DENY|SAMEORIGIN}",
    ],
    [
      "a path of patients' data is compressed",
      NGINX_SITE,
      replaced("        set $route_data patients;\n", "        set $route_data patients;\n        gzip on;\n"),
      "a directive in a location of a route that is not known",
    ],
    [
      "answers of patients' data are stored",
      NGINX_SITE,
      replaced(
        "        set $route_data patients;\n",
        '        set $route_data patients;\n        set $route_cache "public, max-age=60";\n',
      ),
      "a directive in a location of a route that is not known",
    ],
    [
      "any upgrade is passed on",
      NGINX_MAIN,
      replaced('proxy_set_header Upgrade "";', "proxy_set_header Upgrade $http_upgrade;"),
      "in http that is not known",
    ],
    [
      "sockets open at a route that declares none",
      NGINX_SITE,
      replaced("        set $route /notes;\n", "        set $route /notes;\n        set $route_socket api.example.org/notes;\n"),
      "a directive in a location of a route that is not known",
    ],
    [
      "a page of anyone's opens a socket",
      NGINX_MAIN,
      replaced(
        "http {\n",
        'http {\n    map "$socket_asked $route_socket $http_origin" $socket {\n        default open;\n        "~^yes [^ ]" refused;\n    }\n',
      ),
      "a directive in the map of sockets that is not known",
    ],
    [
      "a page of another site opens one",
      NGINX_MAIN,
      replaced(
        "http {\n",
        'http {\n    map "$socket_asked $route_socket $http_origin" $socket {\n        default "";\n        "~^yes [^ ]" refused;\n        "yes api.example.org/notes https://other.example" open;\n    }\n',
      ),
      "a directive in the map of sockets that is not known",
    ],
    [
      "a listener leads to another host",
      NGINX_LISTENERS,
      replaced("proxy_pass 127.0.0.1:", "proxy_pass 10.0.0.5:"),
      "in a server of a listener that is not known",
    ],
    [
      "a certificate is asked for and not needed",
      NGINX_LISTENERS,
      replaced("ssl_verify_client on", "ssl_verify_client optional"),
      "not known",
    ],
    ["nobody declares the listener", "settings.listeners", becomes([]), "a block that is not known there"],
    ["it loads another module", NGINX_MAIN, replaced("ngx_stream_module", "ngx_mail_module"), "a directive in the top that is not known"],
    ["it runs as root", NGINX_MAIN, replaced("user www-data;", "user root;"), "allowed: user www-data"],
    ["unknown names get an answer", NGINX_DEFAULT, replaced("    ssl_reject_handshake on;\n", ""), "allowed: ssl_reject_handshake on"],
  ]),
];

/** What may be other than in the good stack. */
export const KNOWN_ALLOWED: readonly Allowed[] = [
  ...allowed("ssh-settings-known", "ssh", [["a comment is added", DROP_IN, inEach("# as the concern writes it")]]),
  ...allowed("sudo-as-declared", "people", [["a comment is added", SUDO_RULES, added("# as the concern writes it")]]),
  ...allowed("nginx-directives-known", "nginx", [
    [
      "an authority's challenge is answered",
      NGINX_SITE,
      replaced("    location / {\n        return 308", `${CHALLENGE}    location / {\n        return 308`),
    ],
    ["clients have less time", NGINX_MAIN, replaced("client_body_timeout 10s", "client_body_timeout 1s")],
    ["a comment is added", NGINX_MAIN, added("# as the concern writes it")],
  ]),
  ...allowed("ufw-rules-as-declared", "ufw", [["more is logged", textOf("ufw", "/etc/ufw/ufw.conf"), replaced("low", "full")]]),
];
