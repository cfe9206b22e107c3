"""What bodies of Docker's API deploys may send: what declared resources have, as providers send it."""

import json
import unittest
from collections.abc import Mapping

from phiward_host.common.errors import Refused
from phiward_host.deploy import docker_bodies

NO_ITEMS: list[object] = []
NO_FIELDS: dict[str, object] = {}
# As the provider of Docker sends it, with the fields that it leaves alone.
HOST: Mapping[str, object] = {
    "Binds": None,
    "ContainerIDFile": "",
    "LogConfig": {"Type": "", "Config": None},
    "NetworkMode": "phiward-api.internet",
    "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "20080"}]},
    "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "ConsoleSize": [0, 0],
    "CapAdd": None,
    "CapDrop": ["ALL"],
    "Dns": ["127.0.0.1"],
    "GroupAdd": None,
    "IpcMode": "",
    "OomScoreAdj": 0,
    "PidMode": "",
    "Privileged": False,
    "ReadonlyRootfs": True,
    "SecurityOpt": ["no-new-privileges:true"],
    "ShmSize": 67108864,
    "Memory": 268435456,
    "MemorySwap": 268435456,
    "CgroupParent": "phiward-api.slice",
    "Devices": [],
    "DeviceRequests": None,
    "OomKillDisable": None,
    "Tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=64m"},
    "Mounts": [
        {
            "Type": "bind",
            "Source": "/var/lib/phiward/services/api/secrets/key.1",
            "Target": "/run/secrets/key",
            "ReadOnly": True,
        },
        {
            "Type": "volume",
            "Source": "phiward-api.files",
            "Target": "/data",
            "VolumeOptions": {"NoCopy": True, "DriverConfig": NO_FIELDS},
        },
    ],
    "MaskedPaths": None,
    "ReadonlyPaths": None,
    "Init": True,
}
CONTAINER: Mapping[str, object] = {
    "Hostname": "",
    "AttachStdin": False,
    "ExposedPorts": {"8080/tcp": NO_FIELDS},
    "User": "20001:20001",
    "Env": ["PORT=8080"],
    "Cmd": ["serve"],
    "Healthcheck": {"Test": ["CMD", "check"], "Interval": 5000000000},
    "Image": "sha256:" + "a" * 64,
    "Volumes": None,
    "Entrypoint": ["/run/phiward/busybox", "sh", "/run/phiward/launch"],
    "OnBuild": None,
    "Labels": {"phiward.service": "api"},
    "StopTimeout": 10,
    "HostConfig": HOST,
    "NetworkingConfig": {"EndpointsConfig": None},
}
MOUNT = {"Type": "bind", "Source": "/etc/phiward/services/db", "Target": "/etc/phiward", "ReadOnly": True}
NETWORK = {"Name": "phiward-api", "Driver": "bridge", "EnableIPv6": False, "Internal": True, "IPAM": None}


def container(**changes: object) -> dict[str, object]:
    return {**CONTAINER, **changes}


def on_host(**changes: object) -> dict[str, object]:
    return container(HostConfig={**HOST, **changes})


class Bodies(unittest.TestCase):
    def judge(self, path: str, value: object, query: str = "") -> None:
        docker_bodies.judge(path, query, b"" if value is None else json.dumps(value).encode())

    def refuse(self, path: str, *values: object) -> None:
        for value in values:
            with self.subTest(value), self.assertRaises(Refused):
                self.judge(path, value)

    def test_what_declared_resources_have_passes(self) -> None:
        self.judge("/containers/create", CONTAINER, "name=api-01234567")
        self.judge("/containers/create", on_host(Memory=0, MemorySwap=0, CgroupParent="", PortBindings={}, Dns=None))
        self.judge("/containers/create", on_host(Mounts=None, Tmpfs=None, NetworkMode="none"))
        self.judge("/networks/create", NETWORK)
        options = {
            "com.docker.network.bridge.enable_ip_masquerade": "true",
            "com.docker.network.bridge.name": "br-inet-012abc",
        }
        self.judge("/networks/create", {**NETWORK, "Name": "phiward-api.internet", "Options": options})
        self.judge("/volumes/create", {"Name": "phiward-api.files", "Driver": "", "DriverOpts": None})
        endpoint = {"IPAMConfig": NO_FIELDS, "Links": None, "Aliases": None, "DriverOpts": None, "GwPriority": 0}
        self.judge("/networks/phiward-db/connect", {"Container": "ab", "EndpointConfig": endpoint})
        self.judge("/networks/bridge/disconnect", {"Container": "ab", "Force": False})
        self.judge("/containers/ab/update", {"Memory": 1 << 28, "MemorySwap": 1 << 28, "CpuShares": 0})
        self.judge("/containers/ab/stop", None, "t=10")
        self.judge("/images/create", None, "fromImage=registry.example%2Fapi&tag=sha256:00")

    def test_no_container_has_more_rights_than_a_declared_one(self) -> None:
        mounts = (
            {**MOUNT, "Source": "/"},
            {**MOUNT, "Source": "/etc/phiward"},
            {**MOUNT, "Source": "/etc/phiward/services/../../shadow"},
            {**MOUNT, "Source": "/var/lib/phiward/secrets/db"},
            {**MOUNT, "Source": "/run/docker.sock"},
            {**MOUNT, "ReadOnly": False},
            {**MOUNT, "BindOptions": {"Propagation": "rshared"}},
            {**MOUNT, "Type": "image"},
            {"Type": "volume", "Source": "other", "Target": "/x"},
            {"Type": "volume", "Source": "phiward-x.y", "Target": "/x", "VolumeOptions": {"Subpath": "../x"}},
            {
                "Type": "volume",
                "Source": "phiward-x.y",
                "Target": "/x",
                "VolumeOptions": {"DriverConfig": {"Options": {"o": "bind", "device": "/"}}},
            },
        )
        self.refuse("/containers/create", *(on_host(Mounts=[mount]) for mount in mounts))
        fields: tuple[Mapping[str, object], ...] = (
            {"Privileged": True},
            {"Binds": ["/:/host"]},
            {"CapAdd": ["SYS_ADMIN"]},
            {"CapDrop": NO_ITEMS},
            {"SecurityOpt": ["no-new-privileges:true", "apparmor=unconfined"]},
            {"SecurityOpt": None},
            {"ReadonlyRootfs": False},
            {"Devices": [{"PathOnHost": "/dev/sda"}]},
            {"DeviceCgroupRules": ["a *:* rwm"]},
            {"DeviceRequests": [{"Count": -1}]},
            {"NetworkMode": "host"},
            {"NetworkMode": "container:db"},
            {"NetworkMode": "default"},
            {"PidMode": "host"},
            {"PidMode": "container:db"},
            {"IpcMode": "host"},
            {"UTSMode": "host"},
            {"UsernsMode": "host"},
            {"CgroupnsMode": "host"},
            {"Cgroup": "x"},
            {"CgroupParent": "/"},
            {"GroupAdd": ["0"]},
            {"VolumesFrom": ["db"]},
            {"Sysctls": {"kernel.x": "1"}},
            {"Runtime": "other"},
            {"MaskedPaths": NO_ITEMS},
            {"ReadonlyPaths": NO_ITEMS},
            {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "tcp://203.0.113.9"}}},
            {"PortBindings": {"22/tcp": [{"HostIp": "", "HostPort": "22"}]}},
            {"PortBindings": {"80/tcp": [NO_FIELDS]}},
            {"PublishAllPorts": True},
            {"Tmpfs": {"/tmp": "exec,suid"}},
            {"Dns": ["203.0.113.9"]},
            {"ExtraHosts": ["db:203.0.113.9"]},
            {"MemorySwap": -1},
            {"Memory": -1, "MemorySwap": -1},
            {"Annotations": {"a": "b"}},
            {"OomScoreAdj": -1000},
            {"AFieldOfALaterVersion": True},
        )
        self.refuse("/containers/create", *(on_host(**each) for each in fields))
        users = ("", "0", "0:0", "root", "20001", "20001:0", "1000:1000", "30000:30000", "020001:020001", 20001)
        self.refuse("/containers/create", *(container(User=user) for user in users))
        self.refuse(
            "/containers/create",
            container(Entrypoint=["/bin/sh"]),
            container(Entrypoint=["/run/phiward/busybox", "sh", "-c"]),
            container(Volumes={"/": {}}),
            None,
            [],
            "x",
        )
        self.refuse("/containers/create", container(HostConfig=None), {"HostConfig": HOST})
        networks = (
            {"EndpointsConfig": {"host": NO_FIELDS}},
            {"EndpointsConfig": {"phiward-db": {"DriverOpts": {"a": "b"}}}},
        )
        self.refuse("/containers/create", *(container(NetworkingConfig=each) for each in networks))

    def test_a_field_is_read_as_docker_reads_it(self) -> None:
        self.refuse("/containers/create", on_host(privileged=True), container(hostconfig={"Privileged": True}))
        self.refuse(
            "/containers/create", on_host(capdrop=NO_ITEMS), on_host(maskedpaths=NO_ITEMS), container(hostConfig={})
        )
        self.refuse("/containers/create", on_host(ſecurityopt=[]))
        self.refuse("/containers/ab/update", {"memoryswap": 1 << 40})
        whole = json.dumps(CONTAINER)
        for text in (
            whole[:-1] + ', "HostConfig": {"Privileged": true}}',
            whole + '{"Privileged": true}',
            whole[:-1],
            "\ufeff" + whole,
            "[" * 100_000,
        ):
            with self.subTest(text[-40:]), self.assertRaises(Refused):
                docker_bodies.judge("/containers/create", "", text.encode())
        with self.assertRaises(Refused):
            docker_bodies.judge("/containers/create", "", whole.encode("utf-16"))

    def test_nothing_else_is_made_changed_or_brought(self) -> None:
        self.refuse(
            "/networks/create",
            {**NETWORK, "Name": "other"},
            {**NETWORK, "Driver": "host"},
            {**NETWORK, "Driver": "macvlan", "Options": {"parent": "eth0"}},
            {**NETWORK, "Options": {"com.docker.network.bridge.name": "docker0"}},
            {**NETWORK, "Options": {"com.docker.network.bridge.host_binding_ipv4": "0.0.0.0"}},
            {**NETWORK, "IPAM": {"Config": [{"Subnet": "10.0.0.0/8"}]}},
            {**NETWORK, "EnableIPv6": True},
        )
        bind = {"type": "none", "o": "bind", "device": "/"}
        self.refuse(
            "/volumes/create", {"Name": "phiward-x.y", "DriverOpts": bind}, {"Name": "phiward-x.y", "Driver": "x"}, {}
        )
        self.refuse("/networks/bridge/connect", {"Container": "ab", "EndpointConfig": None})
        self.refuse("/networks/phiward-db/connect", {"Container": "ab", "EndpointConfig": {"Links": ["a"]}})
        changes = (
            {"MemorySwap": -1},
            {"Memory": 1, "MemorySwap": 2},
            {"PidsLimit": -1},
            {"CpuShares": 9},
            {"Devices": [1]},
        )
        self.refuse("/containers/ab/update", *changes)
        self.refuse("/containers/ab/start", {"Binds": ["/:/host"]}, {})
        self.refuse("/images/create", {})
        for path, query in (
            ("/images/create", "fromSrc=-"),
            ("/images/create", "fromImage=x&from%53rc=-"),
            ("/images/create", "fromImage=x&changes=USER+0"),
            ("/images/create", ""),
            ("/containers/ab/start", "checkpoint=x"),
        ):
            with self.subTest(query), self.assertRaises(Refused):
                docker_bodies.judge(path, query, b"")

    def test_a_refusal_names_the_field_and_repeats_no_value(self) -> None:
        with self.assertRaisesRegex(
            Refused, "^found the field Binds for Docker, allowed: what declared [a-z, ]+ have$"
        ):
            self.judge("/containers/create", on_host(Binds=["/secret:/x"]))
