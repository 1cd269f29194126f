"""Real runs of a small project: two at once, killed, failing. In order of the file."""

import contextlib
import json
import os
import signal
import time

import pytest
import tiny_project

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
    """A project with one published run, and the seconds that it took."""
    project = tiny_project.make(tmp_path_factory.mktemp("tiny"))
    started = time.monotonic()
    run = project.begin("good")
    assert run.ended() == 0, run.said
    seconds = time.monotonic() - started
    assert project.state() == (["good"], ["good"], ["good"])
    assert project.database.with_name("restock.duckdb.wal").exists() is False
    return project, seconds


def test_a_killed_run_changes_nothing_at_any_moment(good):
    project, seconds = good
    before = project.state()
    n_unharmed = 0
    for n in range(MOMENTS):
        kill = KILLS[n % len(KILLS)]
        run = project.begin(f"killed{n}", "--no-wait")
        time.sleep(seconds * (n + 0.5) / MOMENTS)
        with contextlib.suppress(ProcessLookupError):
            kill(run)
        status = run.ended()
        after = project.state()
        # A kill after the rename, if the machine was faster this time.
        assert after == before or tiny_project.is_whole(after), (n, kill, after)
        assert not project.database.with_name("restock.duckdb.wal").exists()
        assert status != 2, run.said
        if kill is not dbt_alone:
            assert status in {-signal.SIGKILL, 0}
        elif status == 1:
            assert "dbt ended with SIGKILL" in run.said
            assert str(project.database.name) in run.said
        n_unharmed += after == before
        before = after
    assert n_unharmed >= MOMENTS - 2


def test_the_second_waits_or_refuses_and_left_overs_are_cleared(good):
    project, _ = good
    history = project.state()[2]
    first = project.begin("one")
    first.until_said("dbt's log")
    killed = {
        folder
        for folder in project.run_folders()
        if not (folder / "result.json").exists()
    }
    assert len(killed) == 1  # that of the run itself: the others are gone
    second = project.begin("two", command="plan")
    refused = project.begin("none", "--no-wait")
    assert refused.ended() == 2
    said = f"`build` (process {first.process.pid}, since 2"
    assert said in refused.said
    second.until_said(f"Waiting: {said}")
    assert project.state()[2] == history
    assert first.ended() == 0, first.said
    assert second.ended() == 0, second.said
    # The second began with what the first published, and built what the plan selects.
    assert project.state() == (["two"], ["one"], [*history, "one"])
    manifest = json.loads((project.folder / "target" / "manifest.json").read_text())
    results = json.loads((project.folder / "target" / "run_results.json").read_text())
    assert "model.tiny.last" in manifest["nodes"]
    assert [result["unique_id"] for result in results["results"]] == [
        "model.tiny.first"
    ]
    # The database of a run is what was published; what is left of it is its log.
    assert not list((project.folder / "target" / "runs").glob("2*/*.duckdb"))


def test_a_failing_test_publishes_nothing_and_says_where_to_look(good):
    project, _ = good
    before = project.state()
    run = project.begin("bad")
    assert run.ended() == 1
    assert project.state() == before
    (failed,) = [
        folder for folder in project.run_folders() if list(folder.glob("*.duckdb"))
    ]
    assert f"{failed.relative_to(project.folder)}/logs/dbt.log" in run.said
    assert (failed / "logs" / "dbt.log").exists()
    assert tiny_project.state(failed / "restock.duckdb")[1] == ["bad"]
