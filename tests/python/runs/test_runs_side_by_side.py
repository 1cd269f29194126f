"""Real runs of a small project: two at once, killed, failing. In order of the file."""

import contextlib
import json
import os
import signal
import time

import pytest
import tiny_project

# The first two before dbt begins its log, the others by how far that got: on a busy
# machine a clock would not tell.
MOMENTS = 10


def the_wrapper(run):
    os.killpg(run.process.pid, signal.SIGKILL)


def dbt_alone(run):
    if (dbt := run.dbt()) is not None:
        os.kill(dbt, signal.SIGKILL)


def both_at_once(run):
    """What they started lives on, as it would after the memory ran out."""
    dbt = run.dbt()
    for process in (run.process.pid, dbt):
        if process is not None:
            os.kill(process, signal.SIGKILL)


KILLS = (the_wrapper, dbt_alone, both_at_once)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A project with one published run."""
    project = tiny_project.make(tmp_path_factory.mktemp("tiny"))
    run = project.begin("good")
    assert run.ended() == 0, run.said
    assert project.state() == (["good"], ["good"], ["good"])
    assert not project.log_of_database.exists()
    return project


def test_a_killed_run_changes_nothing_at_any_moment(good):
    before = good.state()
    (log,) = (good.folder / "target" / "runs").glob("2*/logs/dbt.log")
    n_lines = len(log.read_text().splitlines())
    for n in range(MOMENTS):
        kill = KILLS[n % len(KILLS)]
        run = good.begin(f"killed{n}", "--no-wait")
        run.until_said("dbt's log")
        if n >= 2:
            run.until_logged(1 + (n - 2) * n_lines // (MOMENTS - 2))
        elif n == 1:
            time.sleep(1)
        with contextlib.suppress(ProcessLookupError):
            kill(run)
        status = run.ended()
        assert good.state() == before, (n, kill, run.said)
        assert not good.log_of_database.exists()
        if kill is dbt_alone:
            assert status == 1
            assert "dbt ended with SIGKILL" in run.said
        else:
            assert status == -signal.SIGKILL


def test_the_second_waits_or_refuses_and_left_overs_are_cleared(good):
    history = good.state()[2]
    first = good.begin("one")
    first.until_said("dbt's log")
    killed = {
        folder for folder in good.run_folders() if not (folder / "result.json").exists()
    }
    assert len(killed) == 1  # that of the run itself: the others are gone
    second = good.begin("two", command="plan")
    refused = good.begin("none", "--no-wait")
    assert refused.ended() == 2
    said = f"`build` (process {first.process.pid}, since 2"
    assert said in refused.said
    second.until_said(f"Waiting: {said}")
    assert good.state()[2] == history
    assert first.ended() == 0, first.said
    assert second.ended() == 0, second.said
    # The second began with what the first published, and built what the plan selects.
    assert good.state() == (["two"], ["one"], [*history, "one"])
    manifest = json.loads((good.folder / "target" / "manifest.json").read_text())
    results = json.loads((good.folder / "target" / "run_results.json").read_text())
    assert "model.tiny.last" in manifest["nodes"]
    assert [result["unique_id"] for result in results["results"]] == [
        "model.tiny.first"
    ]
    # The database of a run is what was published; what is left of it is its log.
    assert not list((good.folder / "target" / "runs").glob("2*/*.duckdb"))


def test_a_failing_test_publishes_nothing_and_says_where_to_look(good):
    before = good.state()
    run = good.begin("bad")
    assert run.ended() == 1
    assert good.state() == before
    (failed,) = [
        folder for folder in good.run_folders() if list(folder.glob("*.duckdb"))
    ]
    assert f"{failed.relative_to(good.folder)}/logs/dbt.log" in run.said
    assert (failed / "logs" / "dbt.log").exists()
    assert tiny_project.state(failed / "restock.duckdb")[1] == ["bad"]
