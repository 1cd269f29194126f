"""The number of threads, and the order of the rows, move no digit of any table."""

from __future__ import annotations

import json

import duckdb
import handmade
import pytest
import warehouse

SCHEMAS = ("inputs", "intermediate", "marts")

# More threads bring rows in another order. Small tables are one thread's work whatever
# their number: DuckDB is told to share them out, and each table is mixed once built.
SHARED_OUT = "{% if model.language == 'sql' %}pragma verify_parallelism{% endif %}"
MIXED = (
    "{% if model.config.materialized != 'view' %}"
    "create or replace table {{ this }} as"
    " select rows_of.* from {{ this }} as rows_of order by hash(rows_of)"
    "{% endif %}"
)

# Aggregates of floats whose last digits hang on the order of the rows.
ORDERED = {
    *("sum", "avg", "mean", "product", "fsum", "kahan_sum", "sumkahan", "favg"),
    *("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"),
    *("corr", "covar_samp", "covar_pop", "sem", "skewness", "kurtosis"),
    *("regr_slope", "regr_intercept", "regr_r2", "regr_sxx", "regr_syy", "regr_sxy"),
    *("regr_avgx", "regr_avgy", "entropy", "mad"),
}
# Aggregates of which row comes first.
PICKED = {"first", "last", "any_value", "arbitrary", "mode", "list", "array_agg"}


def mixing_project(folder):
    """Copy the dbt project; each table that it builds is put in another order."""
    handmade.project_copy(folder)
    path = folder / "dbt_project.yml"
    hooks = f'models:\n  +pre-hook: "{SHARED_OUT}"\n  +post-hook: "{MIXED}"\n'
    path.write_text(path.read_text().replace("models:\n", hooks, 1))
    return folder


@pytest.fixture(scope="module")
def two_threads(tmp_path_factory, six_file_chain):
    top = tmp_path_factory.mktemp("two_threads")
    return warehouse.build(
        top / "build",
        six_file_chain,
        *warehouse.MODELS_ONLY,
        project=mixing_project(top / "project"),
        threads="2",
    )


def differing(one, other, names):
    """Tables of which a build has rows that the other has not, and how many."""
    with duckdb.connect() as connection:
        for alias, build in (("one", one), ("other", other)):
            connection.execute(f"attach '{build.database}' as {alias} (read_only)")
        counts = {
            name: sum(
                connection.sql(
                    f"select count(*) from (from {left}.{name} except all"
                    f" from {right}.{name})"
                ).fetchone()[0]
                for left, right in (("one", "other"), ("other", "one"))
            )
            for name in names
        }
    return {name: count for name, count in counts.items() if count}


def test_two_threads_and_another_order_build_the_same_tables(
    six_file_build, two_threads
):
    names = six_file_build.names(*SCHEMAS)
    assert names == two_threads.names(*SCHEMAS)
    assert len(names) > 150
    assert not differing(six_file_build, two_threads, names)


def test_the_rows_were_in_another_order(six_file_build, two_threads):
    sql = "select location_id, product_id from marts.fct_reorder_recommendations"
    assert not six_file_build.query(sql).equals(two_threads.query(sql))


def aggregates(plan):
    """Name and argument types of each aggregate and window of a plan as DuckDB has it.

    Args:
        plan: Plan of a query, or a part of one, as nested lists and dicts.
    """
    if isinstance(plan, list):
        for part in plan:
            yield from aggregates(part)
    elif isinstance(plan, dict):
        if plan.get("expression_class") in {"BOUND_AGGREGATE", "BOUND_WINDOW"}:
            is_ordered = bool((plan.get("order_bys") or {}).get("orders"))
            types = [part["id"] for part in plan.get("arguments") or []]
            yield plan.get("name", ""), types, is_ordered
        for part in plan.values():
            yield from aggregates(part)


def test_no_model_adds_floats_or_picks_a_row_at_random(six_file_build):
    target = (
        six_file_build.database.parent.parent / f"target_{warehouse.REPOSITORY.name}"
    )
    compiled = sorted((target / "compiled" / "restock" / "models").rglob("*.sql"))
    # A staged model reads files, which DuckDB cannot plan as json; none has floats yet.
    models = [
        path
        for path in compiled
        if "staging" not in path.parts and not path.parent.suffix == ".yml"
    ]
    assert len(models) > 100
    found = {}
    with duckdb.connect(str(six_file_build.database), read_only=True) as connection:
        for path in models:
            text = connection.execute(
                "select json_serialize_plan(?)", [path.read_text()]
            ).fetchone()[0]
            plan = json.loads(text)
            assert not plan["error"], (path.name, plan.get("error_message"))
            for name, types, is_ordered in aggregates(plan):
                is_float = {"DOUBLE", "FLOAT"} & {*types}
                if (name in ORDERED and is_float) or (
                    name in PICKED and not is_ordered
                ):
                    found.setdefault(path.stem, set()).add(name)
    # Write exact_sum, exact_mean, exact_variance or exact_deviation (decision 0048).
    assert not found
