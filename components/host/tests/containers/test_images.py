"""Images: which are there, and how a missing one is brought."""

import os
from unittest import mock

from phiward_host.common import paths
from phiward_host.common.errors import Failed
from phiward_host.containers import images
from tests.fake_docker import DockerTest

ID = "sha256:" + "a" * 64


class ImagesTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.archives = self.path("state/images")
        os.makedirs(self.archives)
        patch = mock.patch.object(paths, "BASE", self.path("state"))
        patch.start()
        self.addCleanup(patch.stop)

    def fails(self, image: str) -> str:
        with self.assertRaises(Failed) as raised:
            images.bring(image)
        return str(raised.exception)

    def test_present_is_what_the_engine_says(self) -> None:
        self.assertTrue(images.present(ID))
        self.answer("inspect", code=1)
        self.assertFalse(images.present(ID))
        self.assertEqual(self.calls()[0].argv, ["image", "inspect", "--format", "{{.Id}}", ID])

    def test_an_id_is_loaded_from_its_archive(self) -> None:
        archive = self.path(f"state/images/{'a' * 64}.tar.gz", "")
        images.bring(ID)
        self.assertEqual(self.calls()[0].argv, ["load", "--quiet", "--input", archive])

    def test_what_is_wrong_with_an_archive_is_said_with_what_to_do(self) -> None:
        self.assertEqual(
            self.fails(ID),
            f"{ID}: found no archive in {self.archives}; bring it with npx phiward adopt --host HOST --images FILE",
        )
        archive = self.path(f"state/images/{'a' * 64}.tar", "")
        self.answer("inspect", code=1)
        self.assertEqual(
            self.fails(ID),
            f"{archive}: does not hold {ID}; bring the right one with npx phiward adopt --host HOST --images FILE",
        )
        self.answer("load", code=1, err="unexpected EOF")
        self.assertEqual(
            self.fails(ID),
            f"{archive}: could not be loaded: unexpected EOF; "
            "bring it again with npx phiward adopt --host HOST --images FILE",
        )

    def test_exit_codes(self) -> None:
        self.assertEqual([images.main(["bring", ID]), images.main(["present", ID])], [1, 0])
        self.path(f"state/images/{'a' * 64}.tar", "")
        self.assertEqual(images.main(["bring", ID]), 0)
        self.answer("inspect", code=1)
        self.assertEqual(images.main(["present", ID]), 1)
