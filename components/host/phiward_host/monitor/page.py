"""How the hosts are now, as a page for people: one file, which runs nothing, fetches nothing and can be printed.

Whatever came from elsewhere is escaped. It is well-formed XML, of the tags and attributes that ops/lib/dashboardPage.ts
lets pass, and of no others.
"""

import base64
import hashlib
import html
import time
from collections.abc import Sequence

from phiward_host.common.text import one_line
from phiward_host.monitor.now import Now, Raised
from phiward_host.monitor.settings import Figure

STYLE = """
:root { color-scheme: light dark; --ink: #16202a; --paper: #ffffff; --line: #c3ccd5; --soft: #eef2f5; --faint: #5a6875;
  --bad: #a4001c; --warn: #8a5200; --good: #14652a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf0; --paper: #12181e; --line: #3a4753; --soft: #1c252d;
  --faint: #9aa8b5; --bad: #ff8f9a; --warn: #f0b45c; --good: #79d48d; } }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } p { margin: .4rem 0; }
.sum { font-size: 1.15rem; font-weight: 600; padding: .6rem .9rem; border-left: .4rem solid; background: var(--soft); }
.faint { color: var(--faint); } .bad { color: var(--bad); } .warn { color: var(--warn); } .good { color: var(--good); }
table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; } thead th { color: var(--faint); font-weight: 600; }
td.bad, td.warn { font-weight: 600; } .name { white-space: nowrap; } code { font: .9em/1.4 ui-monospace, monospace; }
@media print { :root { --ink: #000000; --paper: #ffffff; --line: #999999; --soft: #ffffff; --faint: #444444;
  --bad: #a4001c; --warn: #8a5200; --good: #14652a; } body { margin: 0; max-width: none; font-size: 10pt; }
  h2 { break-after: avoid; } }
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEAD = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{STYLE_HASH}'"/>
<meta name="viewport" content="width=device-width"/>
<title>Status of the hosts</title>
<style>{STYLE}</style>
</head>
<body>
"""
GRAVE = ("critical", "high")
HOUR, DAY = 3600, 86_400


def page(now: Now, figures: Sequence[Figure]) -> str:
    """The page, whole."""
    parts = [
        HEAD,
        "<h1>Status of the hosts</h1>\n",
        f'<p class="faint">As {_text(now.vault)} knows them at {_moment(now.at)}.</p>\n',
        _sum(now),
        _missing(now),
        _raised(now),
        _undelivered(now),
        _hosts(now, figures),
        _silences(now),
        "</body>\n</html>\n",
    ]
    return "".join(parts)


def _sum(now: Now) -> str:
    open_ = [one for one in now.raised if not one.silenced]
    wrong = [
        *([f"{_count(len(open_), 'alert')} raised"] if open_ else []),
        *(["alerts that could not be delivered"] if now.undelivered else []),
        *(["not all of it is known"] if now.missing else []),
    ]
    if not wrong:
        kept = f"; {_count(len(now.raised), 'alert')} kept back by a silence" if now.raised else ""
        return f'<p class="sum good">Nothing is wrong{kept}.</p>\n'
    grave = any(one.severity in GRAVE for one in open_)
    mark = "bad" if grave or now.missing or now.undelivered else "warn"
    return f'<p class="sum {mark}">{_text("; ".join(wrong))}.</p>\n'


def _missing(now: Now) -> str:
    if not now.missing:
        return ""
    return f'<p class="bad">Not known, since the monitoring gives no answer: {_text(", ".join(now.missing))}.</p>\n'


def _raised(now: Now) -> str:
    if not now.raised:
        return ""
    rows = [
        [
            _cell(one.severity, _mark(one)),
            _cell(one.alert, "name"),
            _cell(one.host),
            _cell(f"{_moment(one.since)}, {_span(now.at - one.since)}"),
            _cell(f"{one.what}{_note(one)}"),
            f"<td><code>{_text(one.command)}</code></td>",
        ]
        for one in now.raised
    ]
    return f"<h2>Alerts</h2>\n{_table(['Severity', 'Alert', 'Host', 'Since', 'What', 'What to do'], rows)}"


def _note(one: Raised) -> str:
    if one.silenced:
        return f". Kept back by {one.silenced}"
    return ". Nobody acknowledged it in time" if one.escalated else ""


def _mark(one: Raised) -> str:
    if one.silenced:
        return "faint"
    return "bad" if one.severity in GRAVE else "warn"


def _undelivered(now: Now) -> str:
    if not now.undelivered:
        return ""
    rows = [[_cell(way), _cell(str(count), "bad")] for way, count in now.undelivered.items()]
    words = "<p>They are kept and tried again; the contact's machine does not take them.</p>\n"
    return f"<h2>Alerts that could not be delivered</h2>\n{words}{_table(['Way', 'Failed within an hour'], rows)}"


def _hosts(now: Now, figures: Sequence[Figure]) -> str:
    rows = [
        [f'<th scope="row">{_text(name)}</th>', *(_figure(now, figure, name) for figure in figures)]
        for name in now.hosts
    ]
    return f"<h2>Hosts</h2>\n{_table(['Host', *(figure.title for figure in figures)], rows)}"


def _figure(now: Now, figure: Figure, host: str) -> str:
    value = now.figures.get(figure.name, {}).get(host)
    grades = {_mark(one) for one in now.raised if one.host == host and one.alert in figure.alerts}
    mark = next((grade for grade in ("bad", "warn") if grade in grades), "")
    return _cell("not known", "faint") if value is None else _cell(_shown(figure.form, value, now.at), mark)


def _shown(form: str, value: float, at: float) -> str:
    match form:
        case "percent":
            return f"{value:.0f} %"
        case "since":
            return f"{_span(at - value)} ago"
        case "until":
            return f"in {_span(value - at)}" if value > at else "over"
        case "flag":
            return "yes" if value > 0 else "no"
        case _:
            return f"{value:.0f}"


def _silences(now: Now) -> str:
    if not now.silences:
        return ""
    rows = [[_cell(one.what), _cell(one.who), _cell(_moment(one.until)), _cell(one.why)] for one in now.silences]
    return f"<h2>Alerts that are kept back</h2>\n{_table(['Which', 'By', 'Until', 'Why'], rows)}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{_text(title)}</th>' for title in titles)
    body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def _cell(text: str, mark: str = "") -> str:
    return f'<td class="{mark}">{_text(text)}</td>' if mark else f"<td>{_text(text)}</td>"


def _text(text: str) -> str:
    return html.escape(one_line(text))


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(max(0.0, min(seconds, 4e9))))


def _span(seconds: float) -> str:
    """A length of time in the largest unit of which it has two."""
    length = max(0.0, seconds)
    for unit, name in ((DAY, "d"), (HOUR, "h"), (60, "min")):
        if length >= 2 * unit:
            return f"{length / unit:.0f} {name}"
    return f"{length:.0f} s"
