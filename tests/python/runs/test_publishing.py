"""Copies and publishes of real DuckDB files, beside readers, writers and logs."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pytest

from restock.runs import locks, publishing
from restock.runs.locks import RefusedError

PUBLISHES = KILLS = 10
QUIET = {"wait": False, "tell": lambda _: None}
WRITER = """
import os, sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute(sys.argv[2])
print("open", flush=True)
sys.stdin.read()
os._exit(1)
"""
PUBLISHER = """
import shutil, sys
from pathlib import Path
from restock.runs import publishing
folder, database = map(Path, sys.argv[1:])
quiet = {"wait": False, "tell": lambda _: None}
print("begun", flush=True)
while True:
    for version in ("1", "2"):
        working = folder / "working.duckdb"
        copied = publishing.copy(database, working, **quiet)
        shutil.copy(folder / version, working)
        publishing.publish(working, database, copied, **quiet)
"""
# Blocks that no statistics stand for: they are read from the file.
MIXED = (
    "select bit_xor(b), count(*) from first union all select bit_xor(b), 0 from last"
)
READER = f"""
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print("open", flush=True)
for _ in sys.stdin:
    print(connection.execute("{MIXED}").fetchall(), flush=True)
"""


def write(path, value):
    with duckdb.connect(str(path)) as connection:
        for table in ("first", "last"):
            connection.execute(
                f"create table {table} as select {value} as a,"
                f" hash(range + 1000000 * {value}) as b from range(50000)"
            )
    return path


def value(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "select a from first union select a from last order by a"
        ).fetchall()


def process(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def database(tmp_path):
    (tmp_path / "published").mkdir()
    return write(tmp_path / "published" / "restock.duckdb", 0)


@pytest.fixture
def writer(database):
    """Another program that has the file open for writing."""
    with process(WRITER, database, "insert into first values (7, 7)") as program:
        program.stdout.readline()
        yield program
        program.kill()


def test_a_reader_reads_one_whole_state_through_ten_publishes(database, tmp_path):
    with duckdb.connect(str(database), read_only=True) as connection:
        at_first = connection.execute(MIXED).fetchall()
    with process(READER, database) as reader:

        def read():
            reader.stdin.write("\n")
            reader.stdin.flush()
            return reader.stdout.readline()

        # Nothing of the rows is in its memory before the first publish.
        reader.stdout.readline()
        for n in range(1, PUBLISHES + 1):
            working = tmp_path / "working.duckdb"
            copied = publishing.copy(database, working, **QUIET)
            working.unlink()
            write(working, n)
            publishing.publish(working, database, copied, **QUIET)
            assert read() == f"{at_first}\n"
            assert value(database) == [(n,)]
        reader.stdin.close()


def test_a_publisher_that_is_killed_leaves_one_whole_state(database, tmp_path):
    for version in (1, 2):
        write(tmp_path / f"{version}.duckdb", version).rename(tmp_path / f"{version}")
    for n in range(KILLS):
        with process(PUBLISHER, tmp_path, database) as program:
            program.stdout.readline()
            time.sleep(0.007 * n)
            program.kill()
        assert value(database) in ([(0,)], [(1,)], [(2,)])
        assert not publishing.log_of(database).exists()


def test_nothing_is_copied_or_published_beside_a_writer(database, tmp_path):
    working = tmp_path / "working.duckdb"
    copied = publishing.copy(database, working, **QUIET)
    with process(WRITER, database, "select 1") as program:
        program.stdout.readline()
        with pytest.raises(RefusedError, match="open for writing in another program"):
            publishing.copy(database, tmp_path / "copy.duckdb", **QUIET)
        with pytest.raises(RefusedError, match="open for writing in another program"):
            publishing.publish(working, database, copied, **QUIET)
        program.stdin.close()
    # It wrote nothing.
    publishing.publish(working, database, copied, **QUIET)


def test_a_run_does_not_undo_what_was_written_meanwhile(database, tmp_path):
    working = tmp_path / "working.duckdb"
    copied = publishing.copy(database, working, **QUIET)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update first set a = 5")
    with pytest.raises(RefusedError, match="was written by another program"):
        publishing.publish(working, database, copied, **QUIET)
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select max(a) from first").fetchall() == [(5,)]


def test_a_write_that_was_cut_off_is_whole_in_the_copy(database, writer, tmp_path):
    writer.kill()
    writer.wait()
    log = publishing.log_of(database)
    assert log.exists()
    publishing.copy(database, tmp_path / "working.duckdb", **QUIET)
    assert not log.exists()
    with duckdb.connect(str(tmp_path / "working.duckdb")) as connection:
        query = "select max(a), count(*) from first"
        assert connection.execute(query).fetchall() == [(7, 50001)]


def test_a_write_cut_off_during_the_run_is_not_buried(database, tmp_path):
    working = tmp_path / "working.duckdb"
    copied = publishing.copy(database, working, **QUIET)
    with process(WRITER, database, "insert into first values (7, 7)") as program:
        program.stdout.readline()
        program.kill()
    with pytest.raises(RefusedError, match="was written by another program"):
        publishing.publish(working, database, copied, **QUIET)


def test_what_dbt_left_in_its_log_is_published_too(database, tmp_path):
    working = tmp_path / "working.duckdb"
    copied = publishing.copy(database, working, **QUIET)
    with process(WRITER, working, "insert into last values (7, 7)") as program:
        program.stdout.readline()
        program.kill()
    assert publishing.log_of(working).exists()
    publishing.publish(working, database, copied, **QUIET)
    assert not publishing.log_of(working).exists()
    assert value(database) == [(0,), (7,)]


def test_the_log_of_a_deleted_database_does_not_spoil_the_next(
    database, writer, tmp_path
):
    writer.kill()
    writer.wait()
    assert publishing.log_of(database).exists()
    database.unlink()
    working = tmp_path / "working.duckdb"
    assert publishing.copy(database, working, **QUIET) is None
    publishing.publish(write(working, 3), database, None, **QUIET)
    assert value(database) == [(3,)]


def test_a_database_without_a_folder_is_refused(tmp_path):
    database = tmp_path / "nowhere" / "restock.duckdb"
    with (
        pytest.raises(RefusedError, match=r"cannot be locked: .* No such file"),
        locks.one_run(database, "build", **QUIET),
    ):
        pass


def test_a_database_on_another_file_system_is_renamed_there(tmp_path):
    memory = Path("/dev/shm")
    if not memory.is_dir() or os.stat(memory).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("no other file system at hand")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        database = write(Path(folder) / "restock.duckdb", 0)
        left = database.with_name(".restock.duckdb.publishing")
        left.write_bytes(b"half of a copy")
        working = tmp_path / "restock.duckdb"
        copied = publishing.copy(database, working, **QUIET)
        assert not left.exists()
        working.unlink()
        publishing.publish(write(working, 4), database, copied, **QUIET)
        assert value(database) == [(4,)]
        assert [path.name for path in Path(folder).iterdir()] == [database.name]
    assert not working.exists()
