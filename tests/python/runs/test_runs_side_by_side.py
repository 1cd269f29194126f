"""Real runs of a small project: two at once, killed, failing. In order of the file."""

import contextlib
import json
import os
import shutil
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
    assert (project.folder / "worker.pid").exists()
    assert project.is_without_worker()
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
        if kill is not both_at_once:
            assert good.is_without_worker(), (n, kill)
        (good.folder / "worker.pid").unlink(missing_ok=True)
        if kill is dbt_alone:
            assert status == 1
            assert "dbt ended with SIGKILL" in run.said
        else:
            assert status == -signal.SIGKILL


def test_two_at_once_one_that_may_not_wait_and_one_elsewhere_that_fails(good):
    history = good.state()[2]
    other = good.folder / "other.duckdb"
    shutil.copy(good.database, other)
    first = good.begin("one")
    first.until_said("dbt's log")
    # That of the run itself: those that the kills above left are gone.
    assert len(good.folders_without("result.json")) == 1
    second = good.begin("two", command="plan")
    refused = good.begin("none", "--no-wait")
    # Of another database of the project: it waits for nobody, and clears nobody's.
    failing = good.begin("bad", "--database", other.name)
    failing.until_said("dbt's log")

    said = f"`build` (process {first.process.pid}, since 2"
    assert refused.ended() == 2
    assert said in refused.said
    second.until_said(f"Waiting: {said}")
    assert good.state()[2] == history
    assert first.ended() == 0, first.said
    assert second.ended() == 0, second.said
    # The second began with what the first published, and built what the plan selects.
    assert good.state() == (["two"], ["one"], [*history, "one"])

    assert failing.ended() == 1, failing.said
    assert tiny_project.state(other)[2] == history
    assert "dbt ended with status 1. Nothing is published" in failing.said
    log = good.folder / failing.log
    assert "FAIL 1" in log.read_text()
    # What it built is there to look at; what others built has been moved away.
    (built,) = (good.folder / "target" / "runs").glob("2*/*.duckdb")
    assert built == log.parents[1] / other.name
    assert tiny_project.state(built)[1] == ["bad"]

    artifacts = [
        json.loads((good.folder / "target" / name).read_text())
        for name in ("manifest.json", "run_results.json")
    ]
    assert "model.tiny.last" in artifacts[0]["nodes"]
    built = [result["unique_id"] for result in artifacts[1]["results"]]
    assert built == ["model.tiny.first"]
