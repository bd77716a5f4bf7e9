"""Tests of the harness: python3 -m unittest discover -s benchmarks/tests"""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

BENCHMARKS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BENCHMARKS))
sys.dont_write_bytecode = True

from harness import report, rounds, spread  # noqa: E402
from harness.arm import Arm, ArmError  # noqa: E402
from harness.machine import Neighbours, busy_ticks  # noqa: E402


def script(name):
    """A script of benchmarks/ as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(BENCHMARKS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


guard = script("guard")

SERVE = """
import sys
print("a library says hello", flush=True)
print("READY", flush=True)
for line in sys.stdin:
    steps = int(line.split()[1])
    print("DONE", {seconds} * steps, {value}, flush=True)
"""


def fake_arm(name, folder, seconds=0.5, value=3.25):
    arm = Arm(name, [sys.executable, "-c", SERVE.format(seconds=seconds, value=value)], folder)
    arm.wait_until_ready(30)
    return arm


class ArmTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_arms_take_turns_and_are_measured(self):
        arms = [fake_arm("slow", self.folder), fake_arm("fast", self.folder, seconds=0.25)]
        for arm in arms:
            self.addCleanup(arm.close)

        slow, fast = rounds.run(arms, rounds=3, steps=4, warmup=2)

        self.assertEqual([0.5] * 3, slow.seconds)
        self.assertEqual([0.25] * 3, fast.seconds)
        self.assertEqual((3.25, 3.25), (fast.first_value, fast.second_value))
        self.assertGreater(fast.peak_memory, 1_000_000)
        self.assertEqual(64 / 0.25, fast.as_json(64)["per_second"])

    def test_short_steps_fill_a_turn(self):
        arm = fake_arm("short", self.folder, seconds=0.001)
        self.addCleanup(arm.close)

        [measurement] = rounds.run([arm], rounds=1, steps=0, warmup=2)

        self.assertEqual(500, measurement.steps)
        self.assertAlmostEqual(0.001, measurement.seconds[0])

    def test_other_processes_disturb_an_idle_one(self):
        arm = fake_arm("idle", self.folder)
        self.addCleanup(arm.close)
        neighbours = Neighbours(arm.pid)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            pass
        self.assertTrue(neighbours.disturbed())

    def test_an_arm_sleeps_while_it_is_not_its_turn(self):
        arm = fake_arm("sleeper", self.folder)
        self.addCleanup(arm.close)

        deadline = time.monotonic() + 10
        while self.state(arm) != "T" and time.monotonic() < deadline:
            time.sleep(0.01)

        self.assertEqual("T", self.state(arm))

    @staticmethod
    def state(arm):
        with open(f"/proc/{arm._process.pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]

    def test_an_arm_that_dies_is_an_error_with_its_last_words(self):
        with self.assertRaisesRegex(ArmError, "(?s)broken ended with 1.*no memory left"):
            arm = Arm("broken", [sys.executable, "-c", "raise SystemExit('no memory left')"], self.folder)
            self.addCleanup(arm.close)
            arm.wait_until_ready(30)

    def test_an_arm_that_hangs_is_an_error(self):
        arm = Arm("hangs", [sys.executable, "-c", "import time; time.sleep(60)"], self.folder)
        self.addCleanup(arm.close)
        with self.assertRaisesRegex(ArmError, "did not say READY in time"):
            arm.wait_until_ready(0.2)


class MachineTest(unittest.TestCase):
    def test_only_the_CPUs_that_arms_may_use_can_be_disturbed(self):
        stat = ["cpu  6 6 6 900 900 6 6 6 50 50", "cpu1 1 1 1 300 300 1 1 1 9 9", "cpu10 2 2 2 300 300 2 2 2 9 9",
                "cpu11 3 3 3 300 300 3 3 3 9 9", "intr 5 5"]

        self.assertEqual(6, busy_ticks(stat, {1}))
        self.assertEqual(18 + 12, busy_ticks(stat, {10, 11}))


class GuardTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        launcher = self.folder / "repository/bin/affect4j"
        launcher.parent.mkdir(parents=True)
        launcher.write_text("the launcher")
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "a commit")
        self.commit = self.git("rev-parse", "HEAD").strip()
        self.checkout = self.folder / "affect4j/guard" / self.commit

    def git(self, *arguments):
        command = ["git", "-C", self.folder / "repository", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def build(self, **variables):
        with mock.patch.object(guard, "ROOT", self.folder / "repository"), \
                mock.patch.object(guard.affect4j.Checkout, "build"), \
                mock.patch.dict(os.environ, XDG_CACHE_HOME=str(self.folder), **variables):
            guard.build(self.commit, self.folder / "work")

    def test_a_checkout_has_the_files_of_the_commit(self):
        self.build()

        self.assertEqual("the launcher", (self.checkout / "bin/affect4j").read_text())

    def test_an_interrupted_checkout_does_not_count(self):
        tar = self.folder / "path/tar"
        tar.parent.mkdir()
        tar.write_text("#!/bin/sh\nfor last; do :; done\nmkdir -p $last/bin; echo part >$last/bin/affect4j; exit 1\n")
        tar.chmod(0o755)
        with self.assertRaises(subprocess.CalledProcessError):
            self.build(PATH=f"{tar.parent}:{os.environ['PATH']}")

        self.build()

        self.assertEqual("the launcher", (self.checkout / "bin/affect4j").read_text())


class SpreadTest(unittest.TestCase):
    def test_quartiles(self):
        self.assertEqual((2, 3, 4), spread.quartiles([5, 1, 3, 2, 4]))
        self.assertEqual((7, 7, 7), spread.quartiles([7]))

    def test_the_ratio_is_paired_by_round(self):
        disturbed = [1, 10, 2, 1, 5]
        twice_as_slow = [2 * t for t in disturbed]

        self.assertEqual((2, 2, 2), spread.ratio(disturbed, twice_as_slow))

    def test_the_interval_holds_the_median_and_widens_with_noise(self):
        median, low, high = spread.ratio([1] * 9, [0.8, 0.9, 1, 1.1, 1.2, 1, 1, 0.7, 1.3])

        self.assertTrue(low <= median <= high and low < high)


class ReportTest(unittest.TestCase):
    @staticmethod
    def result(arm, first_value, median=1.0, second_value=5.0):
        return {"arm": arm, "first_value": first_value, "second_value": second_value, "last_value": 1.0,
                "seconds": [median], "seconds_per_step": {"q1": median, "median": median, "q3": median},
                "per_second": 64 / median,
                "peak_memory_bytes": 10**9, "disturbed_turns": 0}

    def test_arms_that_compute_something_else_are_named(self):
        results = [self.result("ours-fp32", 10.0), self.result("ours-bf16", 10.2), self.result("torch-fp32", 10.2)]

        sentences = report.disagreements(results)

        self.assertEqual(1, len(sentences))
        self.assertIn("torch-fp32 computed 10.2", sentences[0])

    def test_an_arm_whose_update_is_another_is_named(self):
        values = {"ours-fp32": 5.0, "torch-fp32": 4.5, "ours-bf16": 6.5, "torch-bf16-cl": 9.0}
        results = [self.result(arm, 10.0, second_value=value) for arm, value in values.items()]

        sentences = report.disagreements(results)

        self.assertEqual(2, len(sentences))
        self.assertIn("torch-fp32 computed 4.5 in its second step, ours-fp32 5: 1.0e-01 apart", sentences[0])
        self.assertIn("torch-bf16-cl computed 9 in its second step", sentences[1])

    def test_a_value_that_is_no_number_is_a_disagreement(self):
        results = [self.result("ours-fp32", 10.0), self.result("torch-bf16-cl", float("nan"))]

        self.assertEqual(1, len(report.disagreements(results)))

    def test_ratios_are_to_the_fastest_peer(self):
        results = [self.result("ours-fp32", 1, 0.5), self.result("torch-fp32", 1, 2.0),
                   self.result("torch-bf16-cl", 1, 1.0)]

        reference = report.best_peer(results)
        report.add_ratios(results, reference)

        self.assertEqual("torch-bf16-cl", reference["arm"])
        self.assertEqual(2, results[0]["ratio"]["median"])
        self.assertIn("2.000", report.table(results, "img", reference))

    def test_only_a_slowdown_beyond_noise_and_tolerance_is_a_regression(self):
        def verdict(low, high):
            return report.verdict({"low": low, "high": high}, 0.02)

        self.assertEqual("regressed", verdict(0.85, 0.95))
        self.assertEqual("good", verdict(0.975, 0.985))
        self.assertEqual("good", verdict(1.0, 1.05))

    def test_a_wide_interval_passes_nothing(self):
        self.assertEqual("undecided", report.verdict({"low": 0.7, "high": 1.01}, 0.02))
        self.assertEqual("regressed", report.verdict({"low": 0.4, "high": 0.6}, 0.02))


if __name__ == "__main__":
    unittest.main()
