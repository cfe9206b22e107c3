"""Makes and renews the certificates of this host's sites: `renew` does what is due, `check` says whether anything is.

Key and certificate lie together in a directory of their own, and the site's name is a link to the one in use: it is replaced
in one step, so that the two match at any moment, also after a kill. A new pair is judged by nginx in its place, and the old one
comes back if it is refused. A pair that nginx has taken is marked; whatever was interrupted is thus finished by the next run.
Python's standard library and openssl(1) only.
"""
import fcntl
import glob
import json
import os
import re
import shutil
import subprocess
import sys

CONFIG = "/etc/phiward/certificates.json"
DAY = 86400
KEYS = {
    "ecdsa-p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "secp384r1"),
    "rsa-4096": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"], "(4096 bit"),
}
REQUEST = """[req]
distinguished_name = subject
x509_extensions = leaf
prompt = no
[subject]
{subject}
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


class Failed(Exception):
    """What could not be done; the message is for the operator."""


def run(argv, stdin=""):
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=120, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        return 127, type(error).__name__
    return done.returncode, done.stdout


def must(argv, what, stdin=""):
    code, out = run(argv, stdin)
    if code != 0:
        raise Failed(f"{what}: {os.path.basename(argv[0])} exited {code}; what was there stays in use")
    return out


class Site:
    """One site's pair of key and certificate."""

    def __init__(self, home, declared):
        self.home, self.declared, self.name = home, declared, declared["site"]
        self.link = f"{home}/{self.name}"

    def pairs(self):
        """Directories of this site, oldest first."""
        found = glob.glob(f"{glob.escape(self.home)}/.{glob.escape(self.name)}.*")
        return sorted((path for path in found if path.rpartition(".")[2].isdigit()), key=lambda path: int(path.rpartition(".")[2]))

    def current(self):
        return os.path.join(self.home, os.readlink(self.link)) if os.path.islink(self.link) else None

    def faults(self, pair):
        """Why this pair may not be used as it is; nothing for a good one."""
        key, certificate = f"{pair}/key.pem", f"{pair}/certificate.pem"
        try:
            found = os.stat(key)
        except OSError:
            return ["there is none"]
        if (found.st_uid, found.st_mode & 0o7777) != (os.geteuid(), 0o600):
            return ["its key is not root's alone"]
        kind = KEYS[self.declared["key"]][1]
        public = run(["openssl", "pkey", "-in", key, "-pubout"])
        seconds = self.declared["days"] * DAY
        names = re.findall(r"DNS:([^,\s]+)", run(["openssl", "x509", "-in", certificate, "-noout", "-ext", "subjectAltName"])[1])
        outlives = lambda limit: run(["openssl", "x509", "-in", certificate, "-noout", "-checkend", str(limit)])[0] == 0
        tests = [
            (public[0] == 0 and public == run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"]), "key and certificate do not match"),
            (kind in run(["openssl", "pkey", "-in", key, "-noout", "-text_pub"])[1], f"its key is no {self.declared['key']}"),
            (sorted(names) == sorted(self.declared["names"]), "its names are not the declared ones"),
            (outlives(self.declared["renewBeforeDays"] * DAY), "it ends soon"),
            (not outlives(seconds + DAY), "it is valid for longer than declared"),
        ]
        return [fault for holds, fault in tests if not holds]

    def stage(self):
        """Makes a new pair beside the one in use."""
        number = 1 + max((int(path.rpartition(".")[2]) for path in self.pairs()), default=0)
        pair = f"{self.home}/.{self.name}.{number}"
        os.mkdir(pair, 0o700)
        try:
            names = self.declared["names"]
            # A common name holds 64 characters at most (RFC 5280); clients read the alternative names.
            subject = f"CN = {names[0]}" if len(names[0]) <= 64 else "O = phiward"
            request = REQUEST.format(subject=subject, names=", ".join(f"DNS:{name}" for name in names))
            must(["openssl", "genpkey", *KEYS[self.declared["key"]][0], "-out", f"{pair}/key.pem"], f"{self.name}: new key")
            os.chmod(f"{pair}/key.pem", 0o600)
            must(["openssl", "req", "-x509", "-new", "-sha384", "-key", f"{pair}/key.pem", "-days", str(self.declared["days"]),
                  "-config", "/dev/stdin", "-out", f"{pair}/certificate.pem"], f"{self.name}: new certificate", request)
            for path in (f"{pair}/key.pem", f"{pair}/certificate.pem", pair):
                sync(path)
            faults = self.faults(pair)
            if faults:
                raise Failed(f"{self.name}: the new certificate is not as declared ({', '.join(faults)}); what was there stays in use")
        except BaseException:
            shutil.rmtree(pair, ignore_errors=True)
            raise
        return pair

    def point_to(self, pair):
        """Puts a pair to use, in one step."""
        if os.path.isdir(self.link) and not os.path.islink(self.link):
            raise Failed(f"{self.link}: found a directory, allowed a link; move it away and run this again")
        new = f"{self.home}/.{self.name}.link"
        if os.path.lexists(new):
            os.unlink(new)
        os.symlink(os.path.basename(pair), new)
        os.replace(new, self.link)
        sync(self.home)

    def renew(self):
        """Makes what is due. Returns what was done, for the journal."""
        current = self.current()
        faults = self.faults(current) if current else ["there is none"]
        if faults:
            self.point_to(self.stage())
        return [f"{self.name}: new certificate, since of the old one: {', '.join(faults)}"] if faults else []

    def untaken(self):
        current = self.current()
        return current is not None and not os.path.exists(f"{current}/taken")

    def taken(self):
        """nginx answers with this pair: mark it, and leave nothing of former keys."""
        current = self.current()
        if self.untaken():
            with open(f"{current}/taken", "w", encoding="utf-8"):
                pass
        self.sweep()

    def sweep(self):
        for pair in self.pairs():
            if pair != self.current():
                shutil.rmtree(pair, ignore_errors=True)

    def give_back(self):
        """Puts the last pair that nginx had taken back in the place of a refused one."""
        refused = self.current()
        former = [pair for pair in self.pairs() if pair != refused and os.path.exists(f"{pair}/taken")]
        if former:
            self.point_to(former[-1])
            shutil.rmtree(refused)


def sync(path):
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def settle(sites, server):
    """Has nginx take the new pairs: judged in their place, then loaded, or the old ones are back."""
    if run(["systemctl", "--quiet", "is-active", server])[0] != 0:
        return  # it reads them when it starts
    new = [site for site in sites if site.untaken()]
    if new:
        if run(["/usr/sbin/nginx", "-t", "-q"])[0] != 0:
            for site in new:
                site.give_back()
            raise Failed("nginx refuses its configuration with the new certificates; the former ones are back in place. "
                         "`nginx -t` on the host says what it refuses")
        must(["systemctl", "reload", server], "nginx could not load the new certificates")
    for site in sites:
        site.taken()


def main(words):
    os.umask(0o077)
    with open(words[1] if len(words) > 1 else CONFIG, encoding="utf-8") as file:
        config = json.load(file)
    sites = [Site(config["directory"], declared) for declared in config["sites"]]
    if words[:1] == ["check"]:
        faults = [f"{site.name}: {fault}" for site in sites for fault in site.faults(site.current() or "")]
        print("\n".join(faults) or "all certificates are as declared")
        return 1 if faults else 0
    if words[:1] != ["renew"]:
        print("certificate.py: allowed are renew and check", file=sys.stderr)
        return 2
    lock = os.open(config["directory"], os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        for site in sites:
            for line in site.renew():
                print(line, flush=True)
        settle(sites, config["server"])
    except (Failed, OSError) as failure:
        print(f"certificate.py: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
