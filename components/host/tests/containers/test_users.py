"""Users of containers: whose numbers are refused, and how volumes change hands."""

import contextlib
import grp
import io
import json
import os
import pwd
from unittest import mock

from phiward_host.common import docker
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.containers import users
from phiward_host.containers.users import Service, Settings
from tests.fake_docker import DockerTest

API = Service("api", 20_001, 20_001, ["phiward-api.files"])
SETTINGS = Settings(10_000, 29_999, [API])
PERSON = pwd.struct_passwd(("carol", "x", 1001, 1001, "", "/home/carol", "/bin/bash"))
GROUP = grp.struct_group(("staff", "x", 50, []))


def whole(name: str, dir_fd: int | None) -> str:
    """The path of an entry of a directory."""
    return name if dir_fd is None else os.path.normpath(os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), name))


class UsersTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.volumes: dict[str, str] = {}
        self.asked: list[str] = []
        self.chowned: list[tuple[str, int, int]] = []
        self.login_defs = self.path("login.defs", "UID_MAX 9999\nGID_MAX\t\t9999\n")
        self.subuid = self.path("subuid", "carol:100000:65536\n")
        for target, name, value in (
            (users, "RECORD", self.path("state/record.json")),
            (users, "LOGIN_DEFS", self.login_defs),
            (users, "SUBORDINATE", (self.subuid,)),
            (users.docker, "ask", self.ask),
            (pwd, "getpwall", lambda: [PERSON]),
            (grp, "getgrall", lambda: [GROUP]),
            (os, "chown", self.chown),
            (os, "lstat", self.lstat),
        ):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.real_stat = os.stat
        self.owners: dict[str, tuple[int, int]] = {}

    def ask(self, method: str, path: str, body: object = None, **_: object) -> object:
        self.asked.append(f"{method} {path}")
        if path == "/volumes/create":
            fields = Fields.of(body, "body")
            name = fields.text("Name")
            self.volumes[name] = fields.child("Labels").text("phiward.service")
            os.makedirs(self.path(name))
            return {"Mountpoint": self.path(name)}
        if path.startswith("/volumes?"):
            return {
                "Volumes": [
                    {"Mountpoint": self.path(name), "Labels": {"phiward.service": service}}
                    for name, service in self.volumes.items()
                    if f"service%3D{service}" in path or "service%3D" not in path
                ]
            }
        if path.startswith("/volumes/"):
            name = path.rpartition("/")[2]
            return {"Mountpoint": self.path(name)} if name in self.volumes else None
        return [{"Id": "running"}] if method == "GET" else {}

    def chown(self, name: str, uid: int, gid: int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> None:
        self.assertFalse(follow_symlinks)
        path = whole(name, dir_fd)
        self.chowned.append((path, uid, gid))
        self.owners[path] = (uid, gid)

    def lstat(self, path: str, *, dir_fd: int | None = None) -> os.stat_result:
        found = list(self.real_stat(path, dir_fd=dir_fd, follow_symlinks=False))
        if path in self.volumes:
            found[4:6] = self.owners.get(whole(path, dir_fd), (999, 999))
        return os.stat_result(found)

    def old_volume(self) -> str:
        """A volume of an earlier version, with a link that leads out of it."""
        self.volumes["phiward-api.files"] = "api"
        path = self.path("phiward-api.files")
        os.makedirs(os.path.join(path, "deep"))
        os.symlink("/etc", os.path.join(path, "deep", "out"))
        self.path("phiward-api.files/deep/note", "x")
        return path

    def sentences(self, settings: Settings = SETTINGS) -> str:
        return "; ".join(users.faults(settings, users.recorded(), lambda name: name in self.volumes.values()))


class Numbers(UsersTest):
    def test_of_nobody_are_allowed(self) -> None:
        self.assertEqual(self.sentences(), "")

    def test_of_an_account_or_group_are_refused(self) -> None:
        for uid, gid in ((1001, 20_001), (20_001, 1001), (50, 20_001), (20_001, 50)):
            with self.subTest(uid=uid, gid=gid):
                found = self.sentences(Settings(10_000, 29_999, [Service("api", uid, gid, [])]))
                self.assertRegex(found, r"^api runs as [0-9:]+, which the (account carol|group staff) has \(")

    def test_are_refused_before_anything_is_done(self) -> None:
        self.old_volume()
        with self.assertRaisesRegex(Failed, "which the account carol has"):
            users.settle(Settings(10_000, 29_999, [Service("api", 1001, 1001, API.volumes)]))
        self.assertEqual(self.chowned, [])
        self.assertFalse(any("stop" in words for words in self.asked))

    def test_of_a_former_service_are_its_own_while_it_has_data(self) -> None:
        users.settle(SETTINGS)
        other = Settings(10_000, 29_999, [Service("docs", 20_001, 20_001, [])])
        self.assertRegex(self.sentences(other), "^docs runs as 20001:20001, which was the number of api, whose volumes")
        with self.assertRaises(Failed):
            users.settle(other)
        self.volumes.clear()
        self.assertEqual(self.sentences(other), "")
        users.settle(other)
        self.assertEqual(users.recorded(), {"docs": "20001:20001"})

    def test_are_told_by_the_volumes_where_the_record_is_lost_or_damaged(self) -> None:
        users.settle(SETTINGS)
        other = Settings(10_000, 29_999, [Service("docs", 20_001, 20_001, [])])
        for text in (None, "", '{"api": ', "[]", '{"api": 1}'):
            with self.subTest(text=text):
                os.unlink(users.RECORD)
                if text is not None:
                    self.path("state/record.json", text)
                with self.assertRaisesRegex(Failed, "which was the number of api, whose volumes"):
                    users.settle(other)
                users.settle(SETTINGS)
                self.assertTrue(users.settled(SETTINGS))

    def test_that_useradd_may_take_are_refused(self) -> None:
        self.path("login.defs", "UID_MAX 60000\n")
        self.assertRegex(self.sentences(), "UID_MAX 60000, allowed: less than 10000.*GID_MAX 60000, allowed")

    def test_that_a_user_namespace_may_take_are_refused(self) -> None:
        self.path("subuid", "carol:29999:10\n")
        self.assertRegex(self.sentences(), "subuid: found a range from 29999, allowed: one above 29999")
        self.path("subuid", "carol:30000:10\nbroken\nalice:0:0\n")
        self.assertEqual(self.sentences(), "")


class Volumes(UsersTest):
    def test_are_made_for_their_service(self) -> None:
        users.settle(SETTINGS)
        path = self.path("phiward-api.files")
        self.assertEqual(self.chowned, [(path, 20_001, 20_001)])
        self.assertEqual(self.real_stat(path).st_mode & 0o7777, 0o700)
        self.assertEqual(self.volumes, {"phiward-api.files": "api"})
        self.assertTrue(users.settled(SETTINGS))

    def test_change_hands_once_without_following_a_link(self) -> None:
        path = self.old_volume()
        users.settle(SETTINGS)
        self.assertEqual(
            {name for name, *_ in self.chowned},
            {path, f"{path}/deep", f"{path}/deep/out", f"{path}/deep/note"},
        )
        self.assertEqual(self.chowned[-1], (path, 20_001, 20_001))
        self.assertIn("POST /containers/running/stop?t=120", self.asked)
        self.chowned.clear()
        self.asked.clear()
        users.settle(SETTINGS)
        self.assertEqual(self.chowned, [])
        self.assertFalse(any("stop" in words for words in self.asked))

    def test_that_were_given_in_part_are_given_again(self) -> None:
        path = self.old_volume()
        done = self.chown

        def cut(name: str, uid: int, gid: int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> None:
            if name == "note":
                raise OSError(5, "Input/output error")
            done(name, uid, gid, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

        with mock.patch.object(os, "chown", cut), self.assertRaises(OSError):
            users.settle(SETTINGS)
        self.chowned.clear()
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertFalse(users.settled(SETTINGS))
        self.assertIn("the volume phiward-api.files is not owned by 20001:20001", said.getvalue())
        users.settle(SETTINGS)
        self.assertIn(f"{path}/deep/note", {name for name, *_ in self.chowned})
        self.assertTrue(users.settled(SETTINGS))


class Program(UsersTest):
    def test_answers_by_its_exit_code(self) -> None:
        entry: dict[str, object] = {"name": "api", "uid": 20_001, "gid": 20_001, "volumes": []}
        path = self.path("settings.json", json.dumps({"first": 10_000, "last": 29_999, "services": [entry]}))
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(users.main(["settled", path]), 1)
            self.assertEqual(users.main(["settle", path]), 0)
            self.assertEqual(users.main(["settled", path]), 0)
            self.assertEqual(users.main(["settle"]), 1)
        self.assertIn("api is not on record as 20001:20001", said.getvalue())
        self.assertEqual(docker.ask, self.ask)
