"""Tells people that a job failed: by a web hook, by mail, or both. Python's standard library only.

A message is on disk before it is sent, and stays there until everybody was told. It says host, job, result and time, and
nothing of what the job worked on.
"""
import email.message
import fcntl
import json
import os
import secrets
import smtplib
import ssl
import subprocess
import sys
import syslog
import time
import urllib.request

CONFIG = "/etc/phiward/alert.json"
TOKEN = "/etc/phiward/alert-token"
SPOOL = "/var/lib/phiward/alerts"
MOST = 1000
PAUSES = (0, 2, 5, 15, 40)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # the token is for the declared address alone


def result_of(unit):
    done = subprocess.run(["systemctl", "show", "--property=Result", "--value", "--", unit], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def post(url, message):
    headers = {"Content-Type": "application/json", "User-Agent": "phiward"}
    if os.path.exists(TOKEN):
        with open(TOKEN, encoding="ascii") as file:
            headers["Authorization"] = f"Bearer {file.read().strip()}"
    request = urllib.request.Request(url, json.dumps(message).encode(), headers, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect).open(request, timeout=15):
        pass


def mail(to, message):
    letter = email.message.EmailMessage()
    letter["From"], letter["To"] = to["from"], to["to"]
    letter["Subject"] = f"{message['host']}: {message['unit']} failed"
    letter.set_content("".join(f"{key}: {value}\n" for key, value in message.items()))
    with smtplib.SMTP(to["server"], to["port"], timeout=15) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        server.send_message(letter)


def ways(config):
    found = {}
    if config.get("webhook"):
        found["webhook"] = lambda message: post(config["webhook"], message)
    if config.get("mail"):
        found["mail"] = lambda message: mail(config["mail"], message)
    return found


def deliver(path, config):
    """Sends one message by every way that it has not gone yet; returns whether none is left."""
    with open(path, encoding="utf-8") as file:
        entry = json.load(file)
    for name, send in ways(config).items():
        if name in entry["sent"]:
            continue
        try:
            send(entry["message"])
            entry["sent"].append(name)
        except Exception as error:  # whatever keeps it back, it is tried again
            syslog.syslog(syslog.LOG_ERR, f"an alert could not be sent by {name}: {type(error).__name__}")
    if set(ways(config)) <= set(entry["sent"]):
        os.unlink(path)
        return True
    keep(path, entry)
    return False


def keep(path, entry):
    with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(entry, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


def flush(config, pauses):
    """Sends what waits, oldest first; returns whether all of it went."""
    with open(f"{SPOOL}/.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for pause in pauses:
            time.sleep(pause)
            waiting = sorted(name for name in os.listdir(SPOOL) if name.endswith(".json"))
            if all([deliver(f"{SPOOL}/{name}", config) for name in waiting]):
                return True
    return False


def main():
    os.umask(0o077)
    syslog.openlog("phiward-alert")
    os.makedirs(SPOOL, mode=0o700, exist_ok=True)
    with open(CONFIG, encoding="utf-8") as file:
        config = json.load(file)
    verb, *words = sys.argv[1:] or [""]
    if verb == "send" and len(words) == 1:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        message = {"host": config["host"], "unit": words[0], "result": result_of(words[0]), "time": stamp}
        syslog.syslog(syslog.LOG_ERR, f"failed: {json.dumps(message)}")
        if len(os.listdir(SPOOL)) < MOST:
            keep(f"{SPOOL}/{stamp}-{secrets.token_hex(4)}.json", {"message": message, "sent": []})
        return 0 if flush(config, PAUSES) else 1
    if verb == "flush":
        return 0 if flush(config, (0,)) else 1
    print("phiward: allowed are: send UNIT, flush", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
