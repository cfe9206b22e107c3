/** A registry that asks for a login, run on a bench's host from Debian's package, with one of the sandbox's images in it. */
import type { Bench } from "./bench";
import { waitFor } from "./waiting";

/** Its account, and a password with all that is read differently somewhere. */
export const LOGIN = { username: "puller", password: 'a "long" p:assw\'ord' } as const;

// Its hash by bcrypt, the only kind that the registry takes.
const HTPASSWD = "$2b$04$YtpIZxB8YNLH/Gvgy5Fbeu4g0zpJwwN1ERdlxiEBHRKsTzc2sGPcm";
const HOME = "/root/registry";
const PORT = "5443";

/** The registry, as names of images begin with it. */
export function registryOf(bench: Bench): string {
  return `${bench.host.address}:${PORT}`;
}

/** Starts the registry and pushes an image into it. Returns the image by its digest there; the host has it under that name no more. */
export async function startRegistry(bench: Bench, image: string): Promise<string> {
  await bench.inside("sh", "-c", INSTALL);
  await bench.inside("sh", "-c", `printf '%s' "" > ${HOME}/htpasswd`, "sh", `${LOGIN.username}:${HTPASSWD}\n`);
  await bench.inside("sh", "-c", `printf '%s' "" > ${HOME}/config.yml`, "sh", settings(bench));
  await bench.inside("sh", "-c", CERTIFICATE, "sh", bench.host.address);
  await bench.inside("systemd-run", "--quiet", "--unit=test-registry", `${HOME}/usr/bin/docker-registry`, "serve", `${HOME}/config.yml`);
  const asked = [
    "curl",
    "--silent",
    "--insecure",
    "--output",
    "/dev/null",
    "--write-out",
    "%{http_code}",
    `https://${registryOf(bench)}/v2/`,
  ];
  await waitFor("the registry", 20, async () => (await bench.inside("sh", "-c", '"$@" || true', "sh", ...asked)) === "401");
  return (await bench.inside("sh", "-c", PUSH, "sh", registryOf(bench), image, LOGIN.username, LOGIN.password)).trim();
}

/** Stops the registry, and removes all that is of it. */
export async function stopRegistry(bench: Bench): Promise<void> {
  await bench.inside("sh", "-c", `systemctl stop test-registry; rm -rf ${HOME} /etc/docker/certs.d`);
}

// Unpacked and not installed: the package would start one for everyone.
const INSTALL = `mkdir -p ${HOME} && cd ${HOME} && apt-get -q download docker-registry >/dev/null && dpkg -x docker-registry_*.deb .`;

const CERTIFICATE = `cd ${HOME} && openssl req -quiet -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
  -subj /CN=registry -addext "subjectAltName=IP:$1" -keyout key.pem -out certificate.pem &&
  install -D -m 0644 certificate.pem /etc/docker/certs.d/$1:${PORT}/ca.crt`;

const PUSH = `export DOCKER_CONFIG=${HOME}/login; image=$1/team/app:1
  printf '%s' "$4" | docker login --username "$3" --password-stdin "$1" >/dev/null 2>&1 &&
  docker tag "$2" "$image" && docker push --quiet "$image" >/dev/null &&
  docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$2" | grep -F "$1/" &&
  docker image rm "$image" >/dev/null && rm -rf ${HOME}/login`;

function settings(bench: Bench): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: `${HOME}/data` } },
    http: { addr: registryOf(bench), tls: { certificate: `${HOME}/certificate.pem`, key: `${HOME}/key.pem` } },
    auth: { htpasswd: { realm: "test", path: `${HOME}/htpasswd` } },
  });
}
