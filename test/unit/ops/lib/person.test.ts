import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { containersModel } from "../../../../components/containers/model";
import { logSource } from "../../../../ops/commands/logs";
import { containerOf, psqlOnHost, readerOnHost } from "../../../../ops/commands/psql";
import { containerLine } from "../../../../ops/commands/status";
import { journalled, personOf, printedAsPerson } from "../../../../ops/lib/person";
import { sshArgv } from "../../../../ops/lib/ssh";
import { type HostStatus, isWell, statusText } from "../../../../ops/lib/statusText";
import { complete } from "../../components/examples";

const CONFIG = parseConfig(complete());
const [ADMIN] = CONFIG.people.filter(({ sudo }) => sudo).map(({ name }) => name);

describe("a person on call", () => {
  it("is one of the stack's, who has sudo where that is needed", () => {
    expect(personOf(CONFIG, ADMIN, "sudo")).toBe(ADMIN);
    expect(() => personOf(CONFIG, "deploy", "login")).toThrow(/^--as: found deploy, allowed: .*; this opens a session as a person/);
    const config = { ...CONFIG, people: [...CONFIG.people, { name: "reader", keys: [], sudo: false }] };
    expect(personOf(config, "reader", "login")).toBe("reader");
    expect(() => personOf(config, "reader", "sudo")).toThrow("--as: found reader, who has no sudo, allowed: ");
  });

  it("is recorded by one line that no shell of the host reads as a command", () => {
    expect(journalled("it's $(reboot)")).toBe("sudo -n logger --tag phiward --priority authpriv.notice -- 'it'\\''s $(reboot)'");
  });

  it("reads logs in which nothing acts on the terminal", async () => {
    const directory = mkdtempSync(join(tmpdir(), "phiward-ssh-"));
    writeFileSync(
      join(directory, "ssh"),
      "#!/bin/sh\nprintf 'ok\\033]52;c;aGk=\\007\\nfaked\\rline\\r\\nno end\\302\\2332J'; printf 'bad \\033[2J\\n' >&2; exit 3\n",
      { mode: 0o755 },
    );
    const written: string[] = [];
    const spies = (["stdout", "stderr"] as const).map((name) =>
      vi.spyOn(process[name], "write").mockImplementation((text) => written.push(String(text)) > 0),
    );
    vi.stubEnv("PATH", `${directory}:${process.env["PATH"] ?? ""}`);
    try {
      const host = { name: "web", address: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" };
      expect(await printedAsPerson(host, "alice", "docker logs x", {})).toBe(3);
    } finally {
      vi.unstubAllEnvs();
      for (const spy of spies) spy.mockRestore();
      rmSync(directory, { recursive: true });
    }
    expect(written.sort()).toEqual(["bad \\x1b[2J\n", "faked\\rline\n", "no end\\x9b2J\n", "ok\\x1b]52;c;aGk=\\x07\n"]);
  });

  it("reaches a host by its pinned key, at a terminal or without", () => {
    const target = { address: "192.0.2.1", port: 22, user: "alice", hostKey: "ssh-ed25519 AAAA" };
    for (const mode of ["terminal", "batch"] as const) {
      const argv = sshArgv(target, {}, mode);
      expect(argv).toContain("KnownHostsCommand=/bin/echo * ssh-ed25519 AAAA");
      expect(argv).toContain("StrictHostKeyChecking=yes");
      expect(argv).toContain(mode === "terminal" ? "-t" : "-T");
    }
  });

  it("reads the logs of what the stack has, or of the host's own services", () => {
    const [service] = CONFIG.services;
    expect(logSource(CONFIG, service?.name ?? "")).toEqual({ kind: "container", name: service?.name });
    expect(logSource(CONFIG, "nginx")).toEqual({ kind: "unit", name: "nginx" });
    for (const name of ["toString", "no'such", ""]) expect(() => logSource(CONFIG, name)).toThrow(/^SERVICE: found .*, allowed: .*nginx/);
  });

  it("opens a database that is given to them by the one program that sudo lets them start", () => {
    expect(readerOnHost("api", "it's urgent")).toBe(
      "sudo -n /usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz psql api 'it'\\''s urgent'",
    );
  });

  it("opens a database of the stack as its owner, and leaves no statements behind", () => {
    expect(() => containerOf(CONFIG, "postgres")).toThrow(/^DATABASE: found postgres, allowed: /);
    expect(psqlOnHost("db", "api", false)).toBe(
      "sudo -n docker exec --interactive --env 'PGOPTIONS=-c role=api' --env 'PSQL_HISTORY=/dev/null' db psql --no-psqlrc --echo-queries --host=/run/postgresql --username=phiward_api --dbname=api",
    );
    expect(psqlOnHost("db", "api", true)).toContain(" --interactive --tty ");
    expect(psqlOnHost("db", "api", true)).not.toContain("--echo");
  });
});

describe("the status of hosts", () => {
  const well: HostStatus = {
    host: "web",
    units: [{ unit: "ssh", generation: "0123456789abcdef", difference: null }],
    containers: [{ name: "db", status: "Up 3 minutes (healthy)" }],
    backups: [{ repository: "local", job: "backup", at: "2026-01-01T00:00:00Z" }],
  };

  it("is well where every unit is as declared and every container is up", () => {
    expect(isWell(well)).toBe(true);
    expect(isWell({ ...well, units: [{ unit: "ssh", generation: "01", difference: "its last change was not confirmed" }] })).toBe(false);
    for (const status of ["Up 3 minutes (unhealthy)", "Exited (1) 2 hours ago", "Restarting (1) 2 seconds ago", "Created"])
      expect(isWell({ ...well, containers: [{ name: "db", status }] }), status).toBe(false);
    expect(isWell({ host: "web", unreachable: "timed out" })).toBe(false);
    expect(isWell({ ...well, bans: [{ jail: "sshd", count: 1, addresses: ["192.0.2.7"] }] })).toBe(true);
    expect(isWell({ ...well, bans: null })).toBe(false);
  });

  it("names a container by its service, whatever it is called today", () => {
    const { name, called } = containersModel(CONFIG).services[0] ?? { name: "", called: "" };
    expect(containerLine(CONFIG, `${name} Up 3 minutes (healthy)`)).toEqual({ name, status: "Up 3 minutes (healthy)", service: called });
    expect(containerLine(CONFIG, "other Created")).toEqual({ name: "other", status: "Created" });
    expect(statusText([{ ...well, containers: [containerLine(CONFIG, `${name} Created`)] }])).toContain(
      `! container      ${called} (${name}) Created`,
    );
  });

  it("counts the bans of each jail, names the last ones, and marks where fail2ban says nothing", () => {
    const many = Array.from({ length: 20 }, (_, index) => `198.51.100.${String(index)}`);
    const bans = [
      { jail: "nginx-login", count: 2, addresses: ["192.0.2.7", "2001:db8::7"] },
      { jail: "sshd", count: 300, addresses: many },
    ];
    expect(statusText([{ ...well, bans }])).toContain(`
  banned by      nginx-login    2: 192.0.2.7, 2001:db8::7
  banned by      sshd           300: ${many.slice(0, 5).join(", ")} and 295 more`);
    expect(statusText([{ ...well, bans: null }])).toContain("\n! banned by      fail2ban       does not say whom it bans");
    expect(statusText([{ ...well, bans: [] }])).not.toContain("banned");
  });

  it("fits a screen, and marks what needs attention", () => {
    const ill: HostStatus = { ...well, units: [{ unit: "ufw", generation: null, difference: "it has drifted: /etc/ufw/user.rules" }] };
    expect(statusText([well, ill, { host: "store", unreachable: "no route to host" }])).toBe(`web
  ssh            0123456789ab   as declared
  container      db             Up 3 minutes (healthy)
  backup         local          backup 2026-01-01T00:00:00Z

web
! ufw            never applied  it has drifted: /etc/ufw/user.rules
                                npx phiward up
  container      db             Up 3 minutes (healthy)
  backup         local          backup 2026-01-01T00:00:00Z

store
! unreachable: no route to host
                                docs/operations.md#a-host-is-silent`);
  });
});
