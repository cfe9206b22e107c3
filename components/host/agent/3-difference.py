"""Part 3: what of the host differs from a plan (plan.ts), and whether the files' own checkers accept it."""
import fnmatch
import glob
import grp
import os
import pwd
import re
import traceback


def ids(owner):
    user, group = owner.split(":")
    try:
        return (int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid,
                int(group) if group.isdigit() else grp.getgrnam(group).gr_gid)
    except KeyError:
        return None  # made by a step of this very plan


def version_text(versioned):
    """The first text whose version the host reaches; the oldest safe one where the version cannot be told."""
    _, out, err = run(versioned["argv"])
    match = re.search(versioned["pattern"], out + err)
    found = [int(group) for group in match.groups()] if match else []
    return next((case["text"] for case in versioned["cases"] if found >= case["atLeast"]), versioned["otherwise"])


def content(file, handed):
    match file["content"]:
        case {"text": text}:
            return text.encode()
        case {"versioned": versioned}:
            return version_text(versioned).encode()
        case {"hostFile": source}:
            with open(source, "rb") as original:
                return original.read()
        case {"secret": name}:
            if name not in handed:
                raise Refused(f"{file['path']}: its secret {name} was not handed over")
            return handed[name].encode()
        case {"kept": kept}:
            try:
                return kept["template"].replace("{}", read_text(secret_path(kept))).encode()
            except FileNotFoundError:
                raise Refused(f"{file['path']}: its secret {kept['id']} of epoch {kept['epoch']} is not kept on this host") from None


def has_content(file):
    """Whether a file's content can be told before packages are installed and secrets made."""
    source = file["content"]
    return os.path.exists(source.get("hostFile", "/")) and ("kept" not in source or os.path.exists(secret_path(source["kept"])))


def stands(path, data, owner, mode):
    """Whether a regular file with this content, owner and mode is there."""
    try:
        found = os.lstat(path)
        if os.path.islink(path) or (found.st_uid, found.st_gid) != owner or found.st_mode & 0o7777 != mode:
            return False
        with open(path, "rb") as file:
            return file.read() == data
    except OSError:
        return False


def difference(plan, handed, installed=True):
    """What of the host differs from the plan's files, directories and exclusive sets; its packages may not be installed yet."""
    before = Transaction(plan["unit"]).generation()
    directories = []
    for entry in plan["directories"]:
        owner, mode = ids(entry["owner"]), int(entry["mode"], 8)
        found = os.lstat(entry["path"]) if os.path.isdir(entry["path"]) and not os.path.islink(entry["path"]) else None
        if not found or (found.st_uid, found.st_gid) != owner or found.st_mode & 0o7777 != mode:
            directories.append(entry)
    files = []
    for file in plan["files"]:
        if not installed and not has_content(file):
            continue
        data = content(file, handed)
        if not stands(file["path"], data, ids(file["owner"]), int(file["mode"], 8)):
            files.append((file, data))
    declared = {file["path"] for file in plan["files"]} | {entry["path"] for entry in plan["directories"]}
    former = [] if plan["leavesFormerFiles"] else before["files"]
    gone = [("file of an earlier plan", path) for path in former if path not in declared and os.path.lexists(path)]
    for entry in plan["directories"]:
        if "exclusive" in entry and os.path.isdir(entry["path"]):
            for name in sorted(os.listdir(entry["path"])):
                path = os.path.join(entry["path"], name)
                if path not in declared and not any(fnmatch.fnmatch(name, kept) for kept in entry["exclusive"]["keep"]):
                    gone.append((entry["exclusive"]["noun"], path))
    for entry in plan["absent"]:
        gone += [(entry["noun"], path) for path in sorted(glob.glob(entry["glob"])) if path not in declared]
    members = []
    for entry in plan["sets"]:
        _, out, _ = run(entry["list"])
        found = [match.group(1) for match in re.finditer(entry["pattern"], out, re.MULTILINE)]
        members += [(entry, member) for member in dict.fromkeys(found) if member not in entry["keep"]]
    # A path may be gone for two reasons; it is removed once.
    return {"directories": directories, "files": files, "gone": [(noun, path) for path, noun in {path: noun for noun, path in gone}.items()], "members": members}


def validate(plan, differing, gone):
    """Runs the files' own checkers in a private mount namespace, with the staged files laid over /etc."""
    changed = {file["path"] for file, _ in differing} | {path for _, path in gone}
    due = [entry for entry in plan["validators"] if changed & set(entry["files"])]
    if not due:
        return
    answer, reply = os.pipe()
    child = os.fork()
    if child == 0:
        refusal = "its checker could not be started"
        try:
            refusal = lay_over_and_check(plan, due, differing, gone)
        except BaseException:
            log(plan["unit"], traceback.format_exc())
        finally:
            os.write(reply, refusal.encode())
            os._exit(0)
    os.close(reply)
    with open(answer, encoding="utf-8") as file:
        refusal = file.read()
    os.waitpid(child, 0)
    if refusal:
        raise Refused(f"{refusal}; the host is as it was; the checker's words are in {BASE}/log/{plan['unit']}.log on the host")


def lay_over_and_check(plan, due, differing, gone):
    os.unshare(os.CLONE_NEWNS)
    over = f"{RUN}/over"
    os.makedirs(over, exist_ok=True)
    for argv in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", over]):
        command(plan["unit"], argv)
    os.makedirs(f"{over}/upper")
    os.makedirs(f"{over}/work")
    command(plan["unit"], ["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/etc,upperdir={over}/upper,workdir={over}/work", "/etc"])
    for _, path in gone:
        if path.startswith("/etc/") and not os.path.isdir(path):
            os.unlink(path)
    for file, data in differing:
        if file["path"].startswith("/etc/"):
            os.makedirs(os.path.dirname(file["path"]), exist_ok=True)
            write(file["path"], data, ids(file["owner"]) or (0, 0), int(file["mode"], 8))
    for entry in due:
        code, out, err = run(entry["argv"])
        if code != 0:
            log(plan["unit"], f"{entry['id']} exited {code}:", out, err)
            suspects = [file["path"] for file, _ in differing if file["path"] in entry["files"]]
            return f"{', '.join(suspects)}: refused by {entry['id']}"
    return ""
