"""Over the login of deploys Docker makes nothing that has more rights than the containers that are declared."""

import json
import unittest
from collections.abc import Mapping

from phiward_host.common.errors import Refused
from phiward_host.deploy.docker_body import require_confined

CREATE = "/v1.44/containers/create?name=api"
HOST: dict[str, object] = {
    "Privileged": False,
    "CapAdd": None,
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges:true"],
    "NetworkMode": "phiward-api",
    "PidMode": "",
    "Devices": [],
    "Binds": None,
    "MaskedPaths": None,
    "Mounts": [
        {"Type": "bind", "Source": "/var/lib/phiward/services/api/db", "Target": "/run/secrets/db", "ReadOnly": True},
        {"Type": "volume", "Source": "phiward-api.files", "Target": "/data", "VolumeOptions": {"NoCopy": True}},
    ],
}
GOOD: dict[str, object] = {"Image": "x", "User": "10001:10001", "Labels": {"a": "1", "A": "2"}, "HostConfig": HOST}


def body(**changes: object) -> bytes:
    """A container's body with another HostConfig."""
    return json.dumps({**GOOD, "HostConfig": {**HOST, **changes}}).encode()


class Bodies(unittest.TestCase):
    def refused(self, target: str, data: bytes) -> None:
        with self.subTest(data), self.assertRaises(Refused):
            require_confined(target, data)

    def test_what_deploys_make_passes(self) -> None:
        good = {**GOOD, "Labels": {"a": "1"}}
        require_confined(CREATE, json.dumps(good).encode())
        require_confined("/v1.44/volumes/create", b'{"Name": "phiward-api.files", "Driver": "local", "DriverOpts": {}}')
        require_confined("/v1.44/containers/api/start", b"")
        require_confined("/v1.44/containers/api/update", b'{"Memory": 1, "Devices": null}')
        require_confined("/v1.44/images/create?fromImage=x&tag=1", b"")
        require_confined("/v1.44/networks/create", b'{"Name": "x", "Driver": "bridge"}')

    def test_what_has_more_rights_than_a_container_of_ours_is_refused(self) -> None:
        mount = {"Type": "bind", "Source": "/", "Target": "/host"}
        changes: tuple[Mapping[str, object], ...] = (
            {"Privileged": True},
            {"privileged": True},
            {"CapAdd": ["SYS_ADMIN"]},
            {"CapDrop": []},
            {"SecurityOpt": ["no-new-privileges:true", "apparmor=unconfined"]},
            {"SecurityOpt": []},
            {"SecurityOpt": ["no-new-privileges:false"]},
            {"Devices": [{"PathOnHost": "/dev/sda"}]},
            {"DeviceCgroupRules": ["b *:* rwm"]},
            {"PidMode": "host"},
            {"PidMode": "container:db"},
            {"NetworkMode": "container:db"},
            {"IpcMode": "host"},
            {"MaskedPaths": []},
            {"VolumesFrom": ["db"]},
            {"Binds": ["/:/host"]},
            {"Binds": ["/var/lib/phiward/services/../secrets:/x"]},
            {"Mounts": [mount]},
            {"Mounts": [{**mount, "Source": "/run/docker.sock"}]},
            {"Mounts": [{**mount, "type": "volume"}]},
            {"Mounts": [{"Type": "image", "Source": "x"}]},
            {
                "Mounts": [
                    {"Type": "volume", "VolumeOptions": {"DriverConfig": {"Options": {"device": "/", "o": "bind"}}}}
                ]
            },
        )
        for change in changes:
            self.refused(CREATE, body(**change))

    def test_nobody_else_s_number_and_no_field_under_two_names(self) -> None:
        for user in ("0:0", "", "root", "10001:0", None):
            self.refused(CREATE, json.dumps({**GOOD, "Labels": {}, "User": user}).encode())
        twice = (
            b'{"User": "1:1", "HostConfig": %s, "ho\xc5\xbftconfig": {"Privileged": true}}' % json.dumps(HOST).encode()
        )
        for data in (twice, b"", b"[", b"[" * 100_000, b'{"User": "1:1"} {"User": "0:0"}', b'["x"]'):
            self.refused(CREATE, data)

    def test_no_volume_is_the_host_s_own_directory_and_no_image_comes_in_a_request(self) -> None:
        self.refused("/v1.44/volumes/create", b'{"DriverOpts": {"type": "none", "o": "bind", "device": "/"}}')
        self.refused("/v1.44/volumes/create", b'{"Driver": "x"}')
        self.refused("/v1.44/images/create?fromSrc=-", b"x")
        self.refused("/images/create?tag=1&FromSrc=-", b"x")
        self.refused("/v1.44/containers/api/update", b'{"DeviceCgroupRules": ["a"]}')
