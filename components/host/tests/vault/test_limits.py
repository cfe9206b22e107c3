"""A host may leave any number of files at the vault: the first of each kind stay, and no job waits for the others."""

import os
import pathlib
import time
from unittest import mock

from phiward_host.common import files, paths, process, trees
from phiward_host.common.errors import Failed
from phiward_host.vault import arrivals, limits
from phiward_host.vault.arrivals import arrivals as arrived
from phiward_host.vault.limits import require_bounded
from phiward_host.vault.quarantine import put_back_readable
from phiward_host.vault.store import Key, Store
from tests.common.test_directory import AS_ROOT, STRANGER
from tests.support import InDirectory, deep_tree


def name(number: int) -> str:
    return f"{number:064x}"


@AS_ROOT
class Limits(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        os.chmod(self.root, 0o755)
        self.home = self.path("vault/web")
        patch = mock.patch.object(paths, "BASE", self.path("base"))
        patch.start()
        self.addCleanup(patch.stop)
        self.store = Store("web", self.home, STRANGER, STRANGER)
        for kind in ("data/ab", "index", "locks", "snapshots"):
            os.makedirs(f"{self.home}/restic/{kind}")
        os.makedirs(f"{self.home}/sealed")
        pathlib.Path(self.home, "restic/config").write_text("config")

    def put(self, path: str, arrived: int) -> None:
        file = pathlib.Path(self.home, "restic", path)
        file.write_text(path)
        os.utime(file, (arrived, arrived))

    def handed_over(self) -> None:
        for root, directories, names in os.walk(self.home):
            for entry in (".", *directories, *names):
                os.chown(os.path.join(root, entry), STRANGER, STRANGER)
        os.chmod(os.path.dirname(self.home), 0o755)
        os.chmod(self.home, 0o700)

    def left(self, kind: str) -> list[str]:
        return sorted(os.listdir(f"{self.home}/restic/{kind}"))

    def test_what_came_after_so_many_of_its_kind_is_moved_aside_and_named(self) -> None:
        most = {"data": 3, "index": 2, "locks": 2, "snapshots": 2, limits.OTHER: 1}
        for number in range(4):
            # By their names the other way round.
            self.put(f"snapshots/{name(9 - number)}", 1000 + number)
            self.put(f"data/ab/{name(number)}", 1000 + number)
            self.put(f"locks/odd{number}", 1000 + number)
        self.handed_over()
        deep_tree(f"{self.home}/restic/index", 1200, "deep")
        os.chown(f"{self.home}/restic/index/deep", STRANGER, STRANGER)
        self.addCleanup(trees.remove_tree, self.home)
        words = (
            r"^web: .*\(1 of data, 4 of other, 2 of snapshots\); those that came last were moved to .*/web/foreign: tr"
        )
        with mock.patch.object(limits, "MOST", most):
            with self.assertRaisesRegex(Failed, words):
                require_bounded(self.store)
            require_bounded(self.store)
        self.assertEqual(self.left("snapshots"), [name(8), name(9)])
        self.assertEqual(self.left("data/ab"), [name(0), name(1), name(2)])
        self.assertEqual(self.left("locks"), ["odd0"])
        self.assertEqual(self.left("index"), [])
        stamp = os.listdir(f"{self.home}/foreign")[0]
        moved = os.listdir(f"{self.home}/foreign/{stamp}/surplus/snapshots")
        self.assertEqual(sorted(moved), [name(6), name(7)])
        self.assertEqual(put_back_readable(self.store), [])

    def test_a_restore_is_told_of_the_snapshots_that_came_first(self) -> None:
        for number in range(4):
            self.put(f"snapshots/{name(9 - number)}", 1000 + number)
        with mock.patch.object(arrivals, "MOST_SNAPSHOTS", 2):
            self.assertEqual(list(arrived(f"{self.home}/restic").items()), [(name(9), 1000), (name(8), 1001)])

    def test_restic_is_ended_once_the_time_for_a_host_is_up(self) -> None:
        self.assertIsNone(self.store.seconds_left)
        store = Store("web", self.home, STRANGER, STRANGER, until=time.monotonic() + 0.2)
        pathlib.Path(self.path("bin")).mkdir()
        pathlib.Path(self.root, "bin/restic").write_text("#!/bin/sh\nexec sleep 60\n")
        os.chmod(f"{self.root}/bin/restic", 0o755)
        os.chmod(f"{self.root}/bin", 0o755)
        with (
            mock.patch.object(
                process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": f"{self.root}/bin:/usr/bin:/bin"}
            ),
            files.secret_file("password") as (descriptor, path),
            self.assertRaisesRegex(Failed, "^web: the job was given up after its share of the time for all hosts"),
        ):
            store.restic(Key(descriptor, path), "check")
        self.assertEqual(store.seconds_left, 0)
