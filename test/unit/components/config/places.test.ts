/** Names and paths that a host, Docker or DigitalOcean takes, and those that none of them could use. */
import { describe, expect, it } from "vitest";
import { unitName } from "../../../../components/cloud/volume/plan";
import { isImage } from "../../../../components/config/imageName";
import { isMountPath, isVolumePath } from "../../../../components/config/mountPaths";
import { raw as withDroplet } from "../cloud/droplet/fixture";
import { changed, complete, faultsOf } from "../examples";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("an image", () => {
  it.each([
    "",
    "my--api@",
    "my---api@",
    "my__api@",
    "a.b_c-d/e@",
    "library/postgres:17@",
    "localhost:5000/a/b@",
    "Registry.Example.org/a@",
    "registry-1.docker.io/library/redis:7.2-bookworm@",
    "[2001:db8::1]:5000/a@",
    `${"a".repeat(255)}@`,
  ])("may be called %s", (name) => {
    expect(isImage(`${name}${DIGEST}`)).toBe(true);
  });

  it.each([
    "@",
    "my___api@",
    "my..api@",
    "-api@",
    "api-@",
    "API@",
    "a//b@",
    "a/b/@",
    "a:@",
    "a:-b@",
    "https://a/b@",
    "a b@",
    `${"a".repeat(256)}@`,
    "-",
  ])("is never called %s", (name) => {
    expect(isImage(`${name}${DIGEST}`)).toBe(false);
  });

  it.each(["postgres:17", `postgres@sha256:${"a".repeat(63)}`, `postgres@sha256:${"A".repeat(64)}`, `${DIGEST}\n`])(
    "is named by its digest, not as %j",
    (text) => {
      expect(isImage(text)).toBe(false);
    },
  );
});

describe("a size", () => {
  it.each([
    "s-2vcpu-4gb",
    "so1_5-2vcpu-16gb",
    "s-1vcpu-512mb-10gb",
    "gd-2vcpu-8gb",
    "c-2",
    "gpu-h100x1-80gb",
    "s-8vcpu-16gb-480gb-intel",
    "16gb",
  ])("may be %s", (size) => {
    expect(faultsOf(changed(withDroplet(), { "hosts.1.size": size }))).toEqual([]);
  });

  it.each(["", "s", "S-2VCPU", "s-2vcpu-", "s--2vcpu", "s 2vcpu", "-s-2vcpu", "s-2vcpu;x"])("is never %j", (size) => {
    expect(faultsOf(changed(withDroplet(), { "hosts.1.size": size }))).toHaveLength(1);
  });
});

describe("a site's name", () => {
  const named = (length: number): string => `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(length - 183)}`;

  it("leaves room for the names of its files", () => {
    expect(faultsOf(changed(complete(), { "sites.0.name": named(242) }))).toEqual([]);
    expect(Buffer.byteLength(`headers-${named(242)}.conf`)).toBe(255);
    expect(faultsOf(changed(complete(), { "sites.0.name": named(243) }))).toEqual([
      "sites.0.name: found text of 243 characters, allowed: a name of 242 characters at most: files on the host are named by it",
    ]);
  });
});

describe("a volume of a container", () => {
  it.each(["/data", "/var/lib/app", "/usr/src/app/uploads", "/usr/local/share/app", "/opt/app", "/tmpfiles", "/home/app"])(
    "may be at %s",
    (path) => {
      expect(isVolumePath(path)).toBe(true);
    },
  );

  it.each([
    "/tmp",
    "/tmp/x",
    "/run",
    "/run/secrets/x",
    "/var/run/x",
    "/var/lock",
    "/dev/shm",
    "/usr/local/bin",
    "/usr/local",
    "/usr",
    "/var",
    "/lib64/x",
  ])("is never at %s, where something else is", (path) => {
    expect(isVolumePath(path)).toBe(false);
  });
});

describe("a volume of a host", () => {
  it.each(["/srv/data", "/data", "/mnt/volume-1", "/var/lib/app", "/opt/app"])("may be mounted at %s", (path) => {
    expect(isMountPath(path)).toBe(true);
  });

  it.each([
    ...["/tmp", "/run/x", "/proc", "/etc", "/etc/phiward", "/usr", "/home", "/home/alice", "/root", "/var", "/var/lib", "/srv", "/mnt"],
    ...["/var/lib/docker", "/var/lib/docker/volumes", "/var/backups", "/var/lib/phiward", "/var/log", "/srv/vault", "/srv/vault/x"],
  ])("is never mounted at %s, where it would hide what is there", (path) => {
    expect(isMountPath(path)).toBe(false);
    expect(faultsOf(changed(withDroplet(), { "hosts.1.volume.mount": path }))).toEqual([
      expect.stringContaining("a directory of its own, such as /srv/data, of 60 characters at most"),
    ]);
  });

  it("has a path of which systemd can make a file's name", () => {
    const longest = `/${"-".repeat(59)}`;
    expect([isMountPath(longest), isMountPath(`${longest}-`)]).toEqual([true, false]);
    expect(unitName(longest).length).toBeLessThanOrEqual(255);
  });
});
