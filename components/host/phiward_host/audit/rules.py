"""Audit rules as one can compare them: auditctl(8) lists a rule in other words than it was given."""

import shlex

# auditctl adds the system calls that a permission stands for, and leaves out calls that an architecture does not have.
_SAME = {"auid!=unset": "auid!=-1", "euid!=uid": "uid!=euid"}
Rule = frozenset[tuple[str, str]]


def parsed(text: str) -> list[Rule]:
    """The rules among the lines of a file, or of a list; settings such as `-b` are none."""
    return [_rule(words) for words in map(shlex.split, text.splitlines()) if words and words[0] in ("-a", "-A", "-w")]


def _rule(words: list[str]) -> Rule:
    pairs = {(option, _SAME.get(value, value)) for option, value in zip(words[::2], words[1::2], strict=False)}
    by_permission = any(option == "-F" and value.startswith("perm=") for option, value in pairs)
    calls = {
        ("-S", call) for option, value in pairs if option == "-S" and not by_permission for call in value.split(",")
    }
    return frozenset({pair for pair in pairs if pair[0] != "-S"} | calls)


def failure(text: str) -> str:
    """What the kernel is to do where it loses a record (`-f`); empty where a file does not say."""
    found = [words[1] for words in map(shlex.split, text.splitlines()) if len(words) == 2 and words[0] == "-f"]
    return found[-1] if found else ""


def missing(declared: str, loaded: str) -> list[Rule]:
    """What is declared and not loaded."""
    there = set(parsed(loaded))
    return [rule for rule in parsed(declared) if rule not in there]


def unknown(declared: str, loaded: str) -> list[Rule]:
    """What is loaded and not declared: a rule that excludes something may come before ours."""
    ours = set(parsed(declared))
    return [rule for rule in parsed(loaded) if rule not in ours]


def keys(rules: list[Rule]) -> str:
    """The keys of rules, for a message."""
    found = {value.removeprefix("key=") for rule in rules for _, value in rule if value.startswith("key=")}
    return ", ".join(sorted(found)) or "rules without a key"
