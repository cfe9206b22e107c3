"""Starts a database's image on throw-away data before it is let near the real: `trial.py accepted|run NAME`."""
import os
import secrets
import shutil

CONFIGURATION = "/etc/phiward/trial.json"
STAMPS = "/var/lib/phiward/trials"
SCRATCH = "/run/phiward/trial"


def major_of_data(volume):
    """The major version of PostgreSQL that wrote the volume; None if nothing did yet."""
    found = ask("GET", f"/volumes/{quote(volume)}", allowed=(404,))
    try:
        with open(f"{found['Mountpoint']}/PG_VERSION", encoding="ascii") as file:
            return file.read().strip()
    except (FileNotFoundError, NotADirectoryError, TypeError):
        return None


def major_of_image(name):
    made = ask("POST", f"/containers/{quote(name)}/exec", {"Cmd": ["postgres", "--version"], "AttachStdout": True, "Tty": True})
    connection = Socket("docker")
    connection.request("POST", f"{API}/exec/{made['Id']}/start", json.dumps({"Tty": True}), {"Content-Type": "application/json"})
    words = connection.getresponse().read().decode(errors="replace").split()
    connection.close()
    return next((word.split(".")[0] for word in words if word[:1].isdigit()), "unknown")


def trial(name, wanted):
    """Raises Failed unless the image gets healthy, and can read what is there."""
    container = f"phiward-trial-{name}"
    scratch = f"{SCRATCH}/{name}"
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch, mode=0o700)
    try:
        remove_container(container, 0)
        for target in wanted["secrets"]:
            path = f"{scratch}/{os.path.basename(target)}"
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o400), "w", encoding="ascii") as file:
                file.write(secrets.token_hex(16))
                os.fchown(file.fileno(), *wanted["owner"])
            wanted["request"]["HostConfig"]["Mounts"].append({"Type": "bind", "Source": path, "Target": target, "ReadOnly": True})
        start_healthy(container, wanted["request"], wanted["seconds"])
        if wanted["volume"]:
            data, image = major_of_data(wanted["volume"]), major_of_image(container)
            if image != wanted["major"]:
                raise Failed(f"{name}: the image is PostgreSQL {image}, allowed: an image of PostgreSQL {wanted['major']}, such as docker.io/library/postgres@sha256:...")
            if data not in (None, image):
                raise Failed(f"{name}: its data was written by PostgreSQL {data} and the image is PostgreSQL {image}: dump with the old one, restore with the new")
    finally:
        remove_container(container, 0)
        shutil.rmtree(scratch, ignore_errors=True)


def main():
    action, name = sys.argv[1:]
    with open(CONFIGURATION, encoding="utf-8") as file:
        wanted = json.load(file)[name]
    stamp = f"{STAMPS}/{name}"
    if action == "accepted":
        try:
            with open(stamp, encoding="ascii") as file:
                return 0 if file.read() == wanted["definition"] else 1
        except FileNotFoundError:
            return 1
    try:
        trial(name, wanted)
    except (Failed, OSError) as error:
        print(f"phiward: the image of {name} was tried on throw-away data and refused: {error}; the data was not touched", file=sys.stderr)
        return 1
    os.makedirs(STAMPS, mode=0o700, exist_ok=True)
    with open(stamp + ".new", "w", encoding="ascii") as file:
        file.write(wanted["definition"])
    os.replace(stamp + ".new", stamp)
    return 0


if __name__ == "__main__":
    sys.exit(main())
