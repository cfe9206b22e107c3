"""Reading JSON into types: whatever is not of the expected form raises Refused with its path, never with its value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from phiward_host.common.errors import Refused

T = TypeVar("T")
# Reads a value found at a path, e.g. `plan.files.0`.
Decoder = Callable[[object, str], T]


def wrong(value: object, path: str, allowed: str) -> Refused:
    """The refusal of a value, which names its type alone: the value may be a secret."""
    found = "nothing" if value is None else type(value).__name__
    return Refused(f"{path}: found {found}, allowed: {allowed}")


def as_str(value: object, path: str) -> str:
    if isinstance(value, str):
        return value
    raise wrong(value, path, "a string")


def as_int(value: object, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise wrong(value, path, "an integer")


def as_float(value: object, path: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise wrong(value, path, "a number")


def as_bool(value: object, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise wrong(value, path, "true or false")


def as_list(value: object, path: str) -> list[object]:
    if isinstance(value, list):
        return cast("list[object]", value)
    raise wrong(value, path, "a list")


def as_object(value: object, path: str) -> dict[str, object]:
    # JSON's names are strings.
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    raise wrong(value, path, "an object")


def list_of(decode: Decoder[T]) -> Decoder[list[T]]:
    """A decoder of lists of what `decode` reads."""
    return lambda value, path: [decode(item, f"{path}.{index}") for index, item in enumerate(as_list(value, path))]


def dict_of(decode: Decoder[T]) -> Decoder[dict[str, T]]:
    """A decoder of objects, by any names, of what `decode` reads."""
    return lambda value, path: {name: decode(item, f"{path}.{name}") for name, item in as_object(value, path).items()}


def optional(decode: Decoder[T]) -> Decoder[T | None]:
    """A decoder that also takes null."""
    return lambda value, path: None if value is None else decode(value, path)


as_strs = list_of(as_str)


@dataclass(frozen=True)
class Fields:
    """An object under reading: `Fields.of(value, "plan").read("unit", as_str)`."""

    values: Mapping[str, object]
    path: str

    @staticmethod
    def of(value: object, path: str) -> "Fields":
        return Fields(as_object(value, path), path)

    def read(self, name: str, decode: Decoder[T]) -> T:
        """A field that has to be there."""
        if name not in self.values:
            raise wrong(None, f"{self.path}.{name}", "a value")
        return decode(self.values[name], f"{self.path}.{name}")

    def read_or(self, name: str, decode: Decoder[T], otherwise: T) -> T:
        """A field that may be missing."""
        return decode(self.values[name], f"{self.path}.{name}") if name in self.values else otherwise

    def has(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        return self.read(name, as_str)

    def texts(self, name: str) -> list[str]:
        return self.read(name, as_strs)

    def integer(self, name: str) -> int:
        return self.read(name, as_int)

    def flag(self, name: str) -> bool:
        return self.read(name, as_bool)

    def items(self, name: str, decode: Decoder[T]) -> list[T]:
        return self.read(name, list_of(decode))

    def child(self, name: str) -> "Fields":
        return Fields.of(self.read(name, as_object), f"{self.path}.{name}")
