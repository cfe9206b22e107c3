"""What Prometheus and Alertmanager answer. Labels are other hosts' words: each is cut, and made one printable line."""

import json
import math
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from phiward_host.common.decode import Fields, as_bool, as_list, as_object, as_str, dict_of, list_of, wrong
from phiward_host.common.errors import Refused
from phiward_host.common.text import one_line
from phiward_host.metrics import loopback

PROMETHEUS, ALERTMANAGER = 9090, 9093
MOST_BYTES = 1 << 20
MOST_ROWS, MOST_TEXT = 200, 400
# Stands among the names of silences for the isolation of the host.
ISOLATION = "isolation"


@dataclass(frozen=True)
class Found:
    """An alert that is raised: `silences` are the names of those by which nobody gets it, `ISOLATION` among them."""

    name: str
    labels: Mapping[str, str]
    words: str
    since: float
    silences: tuple[str, ...]


@dataclass(frozen=True)
class Silence:
    """Alerts that nobody is to get until `until`: which, by whose word, and why."""

    name: str
    who: str
    what: str
    until: float
    why: str


def values(query: str, label: str) -> dict[str, float]:
    """The value of each series by one of its labels; what is no number is left out. Raises Failed."""
    fields = Fields.of(_json(PROMETHEUS, f"/api/v1/query?{urllib.parse.urlencode({'query': query})}"), "Prometheus")
    rows = fields.child("data").items("result", Fields.of)
    pairs = ((_text(row.child("metric").read_or(label, as_str, "")), _number(row)) for row in rows[:MOST_ROWS])
    return {name: value for name, value in pairs if name and math.isfinite(value)}


def raised() -> list[Found]:
    """The alerts that Prometheus raises now. Raises Failed."""
    fields = Fields.of(_json(PROMETHEUS, "/api/v1/alerts"), "Prometheus")
    rows = fields.child("data").items("alerts", Fields.of)
    return [_found(row, row.text("activeAt"), ()) for row in rows if row.text("state") == "firing"][:MOST_ROWS]


def taken() -> list[Found]:
    """Those that Alertmanager has, also where nobody gets them. Raises Failed."""
    return [_found(row, row.text("startsAt"), _kept_back(row.child("status"))) for row in _rows("/api/v2/alerts")]


def _kept_back(status: Fields) -> tuple[str, ...]:
    # There is one rule by which an alert keeps others back.
    follows = status.read_or("inhibitedBy", list_of(as_str), [])
    return (*status.texts("silencedBy"), *((ISOLATION,) if follows else ()))


def silences() -> list[Silence]:
    """Those that are in force. Raises Failed."""
    rows = _rows("/api/v2/silences")
    return [_silence(row) for row in rows if row.child("status").text("state") == "active"]


def _rows(path: str) -> list[Fields]:
    rows = as_list(_json(ALERTMANAGER, path), "Alertmanager")
    return [Fields.of(row, f"Alertmanager.{index}") for index, row in enumerate(rows[:MOST_ROWS])]


def _found(row: Fields, since: str, silenced: tuple[str, ...]) -> Found:
    labels = {_text(name): _text(value) for name, value in row.read("labels", dict_of(as_str)).items()}
    words = Fields(row.read("annotations", as_object), "annotations").read_or("summary", as_str, "")
    return Found(labels.get("alertname", ""), labels, _text(words), _moment(since), silenced)


def _silence(row: Fields) -> Silence:
    what = ", ".join(map(_matcher, row.items("matchers", Fields.of)))
    who, why = _text(row.text("createdBy")), _text(row.text("comment"))
    return Silence(row.text("id"), who, _text(what), _moment(row.text("endsAt")), why)


def _matcher(row: Fields) -> str:
    sign = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
    kind = (row.read_or("isEqual", as_bool, True), row.read_or("isRegex", as_bool, False))
    return f"{row.text('name')}{sign[kind]}{row.text('value')}"


def _json(port: int, path: str) -> object:
    try:
        answer: object = json.loads(loopback.ask("GET", port, path, most=MOST_BYTES))
    except (ValueError, RecursionError):
        raise Refused(f"port {port} of this machine: found no JSON, allowed: an answer in it") from None
    return answer


def _number(row: Fields) -> float:
    pair = row.read("value", as_list)
    try:
        return float(as_str(pair[1], "value"))
    except (IndexError, ValueError):
        raise wrong(pair, "value", "a moment and a number") from None


def _moment(text: str) -> float:
    """Seconds since 1970 of a moment as RFC 3339 has it. Raises Refused."""
    try:
        # Go writes up to nine digits of a second, of which Python takes six; whole seconds do.
        return datetime.fromisoformat(f"{text[:19]}+00:00" if text.endswith("Z") else text[:19] + text[-6:]).timestamp()
    except ValueError:
        raise wrong(text, "a moment", "one as of RFC 3339") from None


def _text(text: str) -> str:
    return one_line(text[:MOST_TEXT])
