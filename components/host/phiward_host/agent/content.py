"""What a file is to hold (`FileContent` in plan/types.ts)."""

from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_int
from phiward_host.common.errors import Refused


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class VersionCase:
    at_least: list[int]
    text: str

    @staticmethod
    def from_json(value: object, path: str) -> "VersionCase":
        fields = Fields.of(value, path)
        return VersionCase(fields.items("atLeast", as_int), fields.text("text"))


@dataclass(frozen=True)
class Versioned:
    """A text by the version of a program on the host: newest case first, `otherwise` where none is reached."""

    argv: list[str]
    pattern: str
    cases: list[VersionCase]
    otherwise: str

    @staticmethod
    def from_json(value: object, path: str) -> "Versioned":
        fields = Fields.of(value, path)
        cases = fields.items("cases", VersionCase.from_json)
        return Versioned(fields.texts("argv"), fields.text("pattern"), cases, fields.text("otherwise"))


@dataclass(frozen=True)
class HostFile:
    """The content of another file of the host, as a package ships it."""

    path: str


@dataclass(frozen=True)
class HandedSecret:
    """A secret that travels beside the plan, under this name; each value has a version of its own."""

    name: str
    version: str


@dataclass(frozen=True)
class KeptContent:
    """`template` with `{}` replaced by a secret that is kept on this host."""

    id: str
    epoch: int
    template: str

    @staticmethod
    def from_json(value: object, path: str) -> "KeptContent":
        fields = Fields.of(value, path)
        return KeptContent(fields.text("id"), fields.integer("epoch"), fields.text("template"))


@dataclass(frozen=True)
class KeptSecretPart:
    """A secret that is kept on this host, as it is."""

    id: str
    epoch: int

    @staticmethod
    def from_json(value: object, path: str) -> "KeptSecretPart":
        fields = Fields.of(value, path)
        return KeptSecretPart(fields.text("id"), fields.integer("epoch"))


Part = Text | HandedSecret | KeptSecretPart


@dataclass(frozen=True)
class Filled:
    """These pieces, one after the other."""

    parts: list[Part]


def part(value: object, path: str) -> Part:
    fields = Fields.of(value, path)
    if fields.has("kept"):
        return fields.read("kept", KeptSecretPart.from_json)
    if fields.has("secret"):
        return HandedSecret(fields.text("secret"), fields.text("version"))
    return Text(fields.text("text"))


@dataclass(frozen=True)
class Bytes:
    """Content that is no text, in base64."""

    base64: str


Content = Text | Versioned | HostFile | HandedSecret | KeptContent | Filled | Bytes


def content(value: object, path: str) -> Content:
    fields = Fields.of(value, path)
    match fields.text("kind"):
        case "text":
            return Text(fields.text("text"))
        case "versioned":
            return fields.read("versioned", Versioned.from_json)
        case "hostFile":
            return HostFile(fields.text("hostFile"))
        case "secret":
            return HandedSecret(fields.text("secret"), fields.text("version"))
        case "kept":
            return fields.read("kept", KeptContent.from_json)
        case "filled":
            return Filled(fields.items("filled", part))
        case "bytes":
            return Bytes(fields.text("bytes"))
        case _:
            raise Refused(f"{path}: this kind of content is unknown to this agent")
