"""Which images a host keeps, and what of the others is removed."""

import json
import os
from collections.abc import Sequence
from unittest import mock

from phiward_host.common import docker, files, paths
from phiward_host.containers import images, kept_images
from phiward_host.containers.kept_images import Kept
from tests.fake_docker import DockerTest


def id_of(letter: str) -> str:
    return f"sha256:{letter * 64}"


A, B, C, D = map(id_of, "abcd")
PULLED = "registry.example.org/api@sha256:" + "e" * 64


class KeptImages(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(self.path("state/images"))
        # Images that the Engine has, and those that containers have.
        self.there = {A, B, C, D, PULLED}
        self.used: set[str] = set()
        for target, name, value in ((paths, "BASE", self.path("state")), (docker, "ask", self.ask)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def ask(self, _: str, path: str, body: object = None, *, allowed: Sequence[int] = ()) -> object:
        if path == "/containers/json?all=true":
            return [{"ImageID": image} for image in self.used]
        found = [image for image in self.there if path == f"/images/{docker.quote(image)}/json"]
        return {"Id": found[0]} if found else None

    def archive(self, image: str) -> str:
        return self.path(f"state/images/{image.removeprefix('sha256:')}.tar.zst", "")

    def deploy(self, **services: str) -> list[str]:
        """What is removed of the Engine's by a deploy, which is then settled."""
        self.calls()
        if not kept_images.is_pruned(services):
            kept_images.prune(services)
        removed = [call.argv[-1] for call in self.calls()]
        self.there -= set(removed)
        self.assertTrue(kept_images.is_pruned(services))
        return removed

    def test_this_one_and_the_one_before_are_kept_of_each_service(self) -> None:
        archives = {image: self.archive(image) for image in (A, B, C, D)}
        for image in (A, B):
            self.assertEqual(self.deploy(api=image, db=D), [])
        self.assertEqual(self.deploy(api=C, db=D), [A])
        self.assertEqual([files.exists(archives[image]) for image in (A, B, C, D)], [False, True, True, True])
        # What other services are changed to does not take the one before away.
        for image in ("f", "g"):
            self.assertNotIn(B, self.deploy(api=C, db=id_of(image)))
        self.assertTrue(files.exists(archives[B]))

    def test_going_back_keeps_both(self) -> None:
        for image in (A, B, A, B, A):
            self.archive(image)
            self.assertEqual(self.deploy(api=image), [])

    def test_the_image_of_a_service_that_was_taken_out_stays_for_one_change_more(self) -> None:
        archive = self.archive(A)
        self.deploy(api=A, db=D)
        self.assertEqual(self.deploy(db=D), [])
        self.assertTrue(files.exists(archive))
        self.assertEqual(self.deploy(db=C), [A])
        self.assertFalse(files.exists(archive))

    def test_what_others_brought_is_never_removed(self) -> None:
        for image in (A, B, C):
            self.assertEqual(self.deploy(api=image), [])
        never_declared = self.archive(D)
        self.assertEqual(self.deploy(api=B), [])
        self.assertTrue(files.exists(never_declared))

    def test_what_was_pulled_goes_too(self) -> None:
        with mock.patch.object(docker, "pull") as pull:
            images.bring(PULLED)
        pull.assert_called_once()
        for image in (PULLED, A):
            self.assertEqual(self.deploy(api=image), [])
        self.assertEqual(self.deploy(api=B), [PULLED])

    def test_what_a_container_has_stays_until_it_is_gone(self) -> None:
        archive = self.archive(A)
        self.used = {A}
        for image in (A, B, C):
            self.assertEqual(self.deploy(api=image), [])
        self.assertTrue(files.exists(archive))
        self.used = set()
        self.assertEqual(self.deploy(api=C), [A])
        self.assertFalse(files.exists(archive))

    def test_an_image_that_is_not_let_go_is_left_and_not_tried_for_ever(self) -> None:
        self.answer('"rm"', code=1, err="image is referenced in multiple repositories")
        self.archive(A)
        images.bring(A)
        for image in (A, B, C):
            self.deploy(api=image)
        self.assertEqual(self.deploy(api=C), [])

    def test_a_lost_or_damaged_record_removes_nothing(self) -> None:
        for image in (A, B):
            self.archive(image)
            self.deploy(api=image)
        with open(kept_images.record_path(), "w", encoding="utf-8") as file:
            file.write("[")
        self.assertEqual(self.deploy(api=C), [])
        os.unlink(kept_images.record_path())
        self.assertEqual(self.deploy(api=C), [])
        self.assertEqual(Kept.from_json(json.loads(files.read_text(kept_images.record_path())), "").declared, [C])
