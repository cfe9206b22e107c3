"""What is let pass of the text of metrics, and how ours is written."""

import unittest

from phiward_host.common.errors import Refused
from phiward_host.metrics import form

NODE = """# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 1.2345e+06
node_load1 0.5
node_filesystem_size_bytes{device="/dev/\\\\x\\"y",mountpoint="/a b"} 4.2e+10
node_time_zone_offset_seconds{time_zone="UTC",} 0
node_a NaN
node_b +Inf
node_c -1.5e-09
"""


class Form(unittest.TestCase):
    def test_what_exporters_measure_passes_and_nothing_of_what_they_say_of_it(self) -> None:
        samples = "".join(f"{line}\n" for line in NODE.splitlines() if not line.startswith("#"))
        self.assertEqual(form.checked(NODE.encode()), samples)
        self.assertEqual(form.checked(b""), "")

    def test_ours_passes_whatever_a_name_holds(self) -> None:
        text = form.family("phiward_unit_failed", [({"unit": 'a"\\b\nc'}, 1.0), ({"unit": "d"}, 0.0)])
        self.assertEqual(form.checked(text.encode()), text)
        self.assertIn('{unit="a\\"\\\\b\\nc"} 1\n', text)
        self.assertEqual(form.family("phiward_unit_failed", []), "")
        stamp = form.family("phiward_checks_last_run_timestamp_seconds", [({}, 1795849200.5)])
        self.assertIn("phiward_checks_last_run_timestamp_seconds 1795849200.5\n", form.checked(stamp.encode()))

    def test_refuses_what_is_of_another_form_and_repeats_none_of_it(self) -> None:
        for body, words in (
            (b"node_a 1", "without its end"),
            (b"\xff\n", "not UTF-8"),
            (b"node_a 1\n" * (form.MOST_LINES + 1), "lines, allowed"),
            (b"node_" + b"a" * form.MOST_BYTES + b" 1\n", "more than"),
            (b'node_a{b="' + b"a" * form.MOST_LINE + b'"} 1\n', "line 1"),
        ):
            with self.subTest(words), self.assertRaisesRegex(Refused, words):
                form.checked(body)
        for line in (
            "up 1",
            "push_time_seconds 1",
            "ALERTS 1",
            "node_secret",
            "node_secret one",
            "node_secret 1 1795849200000",
            "node_secret{a=b} 1",
            'node_secret{a="b} 1',
            'node_secret{a="\\x"} 1',
            "node_secret 1\rnode_b 2",
            " node_secret 1",
            "",
            "# EOF",
            "# TYPE up gauge",
            "# secret",
        ):
            with self.subTest(line), self.assertRaisesRegex(Refused, "line 2 is none") as refused:
                form.checked(f"node_a 1\n{line}\n".encode())
            self.assertNotIn("secret", str(refused.exception))

    def test_an_exporter_says_nothing_by_the_names_of_others(self) -> None:
        with self.assertRaisesRegex(Refused, "line 1 is none"):
            form.checked(b"phiward_reboot_required 0\n", ("node_",))


if __name__ == "__main__":
    unittest.main()
