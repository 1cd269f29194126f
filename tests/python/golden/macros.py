"""The SQL macros behind the golden kpis, rendered by dbt and run by DuckDB.

A row's inputs become columns of the same name; lists become one row per element. The
calls below name columns only: what runs is the text that dbt renders from the macros.
"""

import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import duckdb
import yaml

from golden.compare import plain

REPOSITORY = Path(__file__).parents[3]
DBT_TIMEOUT_SECONDS = 300


class Kpi(NamedTuple):
    """Macro calls of a kpi: each expected key, and the columns the inputs give."""

    calls: dict
    columns: dict
    is_aggregate: bool = False
    rows: object = None
    row_key: str | None = None


DOUBLE = "double"


def doubles(*names):
    return dict.fromkeys(names, DOUBLE)


def eoq_call(macro, holding="coalesce(holding_cost_per_unit_year, rate_times_cost)"):
    return f"{macro}('annual_demand', 'order_cost', '{holding}')"


def _eoq_rows(row):
    rate, cost = row.get("holding_rate"), row.get("unit_cost")
    product = None if rate is None or cost is None else rate * cost
    return [row | {"rate_times_cost": product}]


def _turnover_rows(row):
    units = row["daily_closing_units"]
    stocked = [max(unit, 0.0) for unit in units]
    average = sum(stocked) / len(units) * row["unit_cost"] if units else None
    ends = (stocked[0] + stocked[-1]) / 2 * row["unit_cost"] if units else None
    return [{"cogs": row["cogs"], "average": average, "ends": ends, "days": len(units)}]


def _value_rows(row):
    cuts = _scalars(row)
    values = row["values"].items()
    return [cuts | {"item": item, "item_value": value} for item, value in values]


def _series_rows(row):
    return [{"units": units} | _scalars(row) for units in row["series"]]


def _scalars(row):
    return {
        key: value for key, value in row.items() if not isinstance(value, list | dict)
    }


def _holding_rows(row):
    rate = sum(row["annual_rates"].values())
    return [_scalars(row) | {"rate": rate}]


def _forecast_rows(row):
    cumulative = 0.0
    rows = []
    for number, units in enumerate(row["daily_forecast"], start=1):
        cumulative += units
        rows.append(
            _scalars(row) | {"number": number, "units": units, "cumulative": cumulative}
        )
    return rows


def _vector_rows(row):
    return [
        _scalars(row) | {"number": number, "units": units}
        for number, units in enumerate(row["forecast"], start=1)
    ] or [_scalars(row)]


def _lead_time_rows(row):
    return [{"days": days} for days in row["lead_time_days"]]


def _line_rows(row):
    return row["lines"]


FEASIBLE = (
    "order_qty_feasible_units('annual_demand', 'order_cost',"
    " 'holding_cost_per_unit_year', 'pack', 'moq', 'max_qty')"
)
SIGMA = "sigma_lead_time_demand_units('mean_per_period', '{sigma}', '{periods}'{rest})"


def sigma(name, periods, rest=""):
    return SIGMA.format(sigma=name, periods=periods, rest=rest)


def held(sigma_call, service="cycle_service_level"):
    return f"safety_stock_units('{service}', {sigma_call})"


TYPE1 = sigma("sigma_error_per_period", "lead_time_periods")
VARIABLE = sigma("sigma_per_period", "lead_time_mean", ", 'lead_time_sd'")
PERIODIC = sigma("sigma_error_per_period", "(lead_time + review_period)")
NO_REVIEW = sigma("sigma_error_per_period", "lead_time")
TYPE2 = "'order_qty', 'target_fill_rate', 'sigma_lead_time'"
SHORTAGE = (
    "stockout_probability_shortage_cost('holding_cost_per_unit_year', 'order_qty',"
    " 'cost_per_unit_short', 'annual_demand')"
)
STATUS = (
    "'available', 'daily_forecast', 'lead_time', 'next_receipt_in_days',"
    " 'safety_stock', 'replenishment_cycle_stock'"
)
ADI = "average_demand_interval('units')"
CV_SQUARED = "demand_size_cv_squared('units')"

SHARE_BEFORE = (
    "(coalesce(sum(greatest(item_value, 0)) over (order by item_value desc, item"
    " rows between unbounded preceding and 1 preceding), 0)"
    " / nullif(sum(greatest(item_value, 0)) over (), 0))"
)

MACROS = {
    "abc": Kpi(
        {"class": f"abc_class('item_value', '{SHARE_BEFORE}', 'a_cut', 'b_cut')"},
        doubles("item_value", "a_cut", "b_cut") | {"item": "varchar"},
        rows=_value_rows,
        row_key="item",
    ),
    "eoq": Kpi(
        {
            "eoq": eoq_call("eoq_units"),
            "annual_order_plus_holding_cost": eoq_call("eoq_annual_cost"),
            "wrong_if_rate_used_as_h": eoq_call("eoq_units", "holding_rate"),
        },
        doubles(
            "annual_demand",
            "order_cost",
            "holding_cost_per_unit_year",
            "holding_rate",
            "rate_times_cost",
        ),
        rows=_eoq_rows,
    ),
    "eoq_sensitivity": Kpi(
        {
            "q": f"'q_over_eoq * ' ~ {eoq_call('eoq_units')}",
            "cost": (
                f"lot_annual_cost('(q_over_eoq * ' ~ {eoq_call('eoq_units')} ~ ')',"
                " 'annual_demand', 'order_cost', 'holding_cost_per_unit_year')"
            ),
        },
        doubles(
            "annual_demand",
            "order_cost",
            "holding_cost_per_unit_year",
            "rate_times_cost",
            "q_over_eoq",
        ),
        rows=_eoq_rows,
    ),
    "eoq_pack_moq": Kpi(
        {
            "q": FEASIBLE,
            "cost": (
                f"lot_annual_cost('(' ~ {FEASIBLE} ~ ')', 'annual_demand',"
                " 'order_cost', 'holding_cost_per_unit_year')"
            ),
        },
        doubles(
            "annual_demand",
            "order_cost",
            "holding_cost_per_unit_year",
            "pack",
            "moq",
            "max_qty",
        ),
    ),
    "holding_cost": Kpi(
        {
            "holding_cost": (
                "holding_cost('avg_inventory_value_at_cost', 'rate', 'days',"
                " 'days_basis')"
            )
        },
        doubles("avg_inventory_value_at_cost", "rate", "days", "days_basis"),
        rows=_holding_rows,
    ),
    "turnover_doh": Kpi(
        {
            "turns_annualised": "inventory_turnover('cogs', 'average', 'days')",
            "days_on_hand": "days_on_hand('cogs', 'average', 'days')",
            "turns_begin_end": "inventory_turnover('cogs', 'ends', 'days')",
        },
        doubles("cogs", "average", "ends", "days"),
        rows=_turnover_rows,
    ),
    "gmroi": Kpi(
        {"gmroi": "gmroi('(net_sales - cogs)', 'avg_inventory_at_cost', 'days')"},
        doubles("net_sales", "cogs", "avg_inventory_at_cost", "days"),
    ),
    "xyz": Kpi(
        {
            "cv": "coefficient_of_variation('units')",
            "xyz": (
                "xyz_class(coefficient_of_variation('units'), 'max(x_cut)',"
                " 'max(y_cut)')"
            ),
        },
        doubles("units", "x_cut", "y_cut"),
        is_aggregate=True,
        rows=_series_rows,
    ),
    "demand_class_sbc": Kpi(
        {
            "adi": ADI,
            "cv2": CV_SQUARED,
            "class": f"demand_class({ADI}, {CV_SQUARED})",
        },
        doubles("units"),
        is_aggregate=True,
        rows=_series_rows,
    ),
    "stock_status": Kpi(
        {
            "status": f"stock_status({STATUS})",
            "units": f"stock_status_units({STATUS})",
        },
        doubles(*re.findall(r"\w+", STATUS)),
    ),
    "forward_cover_days": Kpi(
        {
            "cover_days": (
                "forward_cover_days('on_hand', 'number', 'units', 'cumulative')"
            )
        },
        doubles("on_hand", "number", "units", "cumulative"),
        is_aggregate=True,
        rows=_forecast_rows,
    ),
    "safety_stock_type1": Kpi(
        {
            "z": "normal_quantile('cycle_service_level')",
            "sigma_lead_time": TYPE1,
            "safety_stock": held(TYPE1),
            "reorder_point": (
                "reorder_point_units('mean_per_period', 'lead_time_periods',"
                f" {held(TYPE1)})"
            ),
        },
        doubles(
            "mean_per_period",
            "sigma_error_per_period",
            "lead_time_periods",
            "cycle_service_level",
        ),
    ),
    "safety_stock_lead_time_var": Kpi(
        {
            "sigma_ltd": VARIABLE,
            "safety_stock_independent": held(VARIABLE),
            "reorder_point": (
                "reorder_point_units('mean_per_period', 'lead_time_mean',"
                f" {held(VARIABLE)})"
            ),
        },
        doubles(
            "mean_per_period",
            "sigma_per_period",
            "lead_time_mean",
            "lead_time_sd",
            "cycle_service_level",
        ),
    ),
    "safety_stock_periodic": Kpi(
        {
            "sigma_risk_horizon": PERIODIC,
            "safety_stock": held(PERIODIC),
            "order_up_to": (
                "reorder_point_units('mean_per_period',"
                f" '(lead_time + review_period)', {held(PERIODIC)})"
            ),
            "ss_if_review_forgotten": held(NO_REVIEW),
        },
        doubles(
            "mean_per_period",
            "sigma_error_per_period",
            "lead_time",
            "review_period",
            "cycle_service_level",
        ),
    ),
    "safety_stock_type2": Kpi(
        {
            "k": f"safety_factor_fill_rate({TYPE2})",
            "safety_stock": f"safety_stock_fill_rate_units({TYPE2})",
        },
        doubles("order_qty", "target_fill_rate", "sigma_lead_time"),
    ),
    "k_cost_per_unit_short": Kpi(
        {
            "prob_stockout_per_cycle": SHORTAGE,
            "k": f"safety_factor_shortage_cost({SHORTAGE})",
        },
        doubles(
            "holding_cost_per_unit_year",
            "order_qty",
            "cost_per_unit_short",
            "annual_demand",
        ),
    ),
    "fill_rate_rq": Kpi(
        {
            "cycle_service_level": "normal_cdf('safety_stock / sigma_lead_time')",
            "expected_shortage_per_cycle": (
                "expected_shortage_units('0', 'sigma_lead_time', 'safety_stock')"
            ),
            "fill_rate": (
                "fill_rate_continuous('order_qty', 'safety_stock', 'sigma_lead_time')"
            ),
        },
        doubles("order_qty", "safety_stock", "sigma_lead_time"),
    ),
    "fill_rate_periodic": Kpi(
        {
            "fill_rate": (
                "fill_rate_periodic('mean_per_period', 'sigma_per_period',"
                " 'lead_time', 'review_period', 'order_up_to')"
            )
        },
        doubles(
            "mean_per_period",
            "sigma_per_period",
            "lead_time",
            "review_period",
            "order_up_to",
        ),
    ),
    "newsvendor_normal": Kpi(
        {
            "critical_ratio": "critical_ratio('overage_cost', 'underage_cost')",
            "z": "normal_quantile(critical_ratio('overage_cost', 'underage_cost'))",
        },
        doubles("overage_cost", "underage_cost"),
    ),
    "order_proposal": Kpi(
        {
            "inventory_position": (
                "inventory_position_units('on_hand', 'on_order', 'backorders')"
            ),
            "order_qty": (
                "order_proposal_units(inventory_position_units('on_hand', 'on_order',"
                " 'backorders'), 's', 'order_up_to', 'pack', 'moq', 'max_stock')"
            ),
        },
        doubles(
            "on_hand",
            "on_order",
            "backorders",
            "s",
            "order_up_to",
            "pack",
            "moq",
            "max_stock",
        ),
        # SQL names ignore case: s and S cannot both be columns.
        rows=lambda row: [row | {"order_up_to": row["S"]}],
    ),
    "rop_forecast_vector": Kpi(
        {
            "lead_time_demand": (
                "lead_time_forecast_units('units', 'number', 'lead_time_periods')"
            )
        },
        doubles("units", "number", "lead_time_periods"),
        is_aggregate=True,
        rows=_vector_rows,
    ),
    "lead_time_stats": Kpi(
        {
            "mean": "lead_time_mean_days('days')",
            "sd": "lead_time_sd_days('days')",
            "median": "lead_time_quantile_days('days', '0.5')",
            "p90": "lead_time_quantile_days('days', '0.9')",
        },
        doubles("days"),
        is_aggregate=True,
        rows=_lead_time_rows,
    ),
    "supplier_scorecard": Kpi(
        {
            "on_time": "on_time_rate('promised_day', 'received_day')",
            "in_full": "in_full_rate('ordered', 'received')",
            "otif": "otif_rate('ordered', 'received', 'promised_day', 'received_day')",
            "qty_fill": "receipt_fill_rate('ordered', 'received')",
            "price_variance": (
                "price_variance('received', 'std_price', 'invoice_price')"
            ),
            "price_variance_pct": (
                "price_variance_rate('received', 'std_price', 'invoice_price')"
            ),
        },
        doubles(
            "ordered",
            "received",
            "promised_day",
            "received_day",
            "std_price",
            "invoice_price",
        ),
        is_aggregate=True,
        rows=_line_rows,
    ),
}

# Calls that other tests run on their own columns.
OTHER_CALLS = {
    "normal_pdf": "normal_pdf('x')",
    "normal_cdf": "normal_cdf('x')",
    "normal_quantile": "normal_quantile('x')",
    "normal_loss": "normal_loss('x')",
    "normal_loss_inverse": "normal_loss_inverse('x')",
    "normal_round_trip": "normal_loss_inverse(normal_loss('x'))",
    "packs_up": "packs_up('x', 'y')",
    "packs_down": "packs_down('x', 'y')",
    "abc_class": "abc_class('item_value', 'share_before', 'a_cut', 'b_cut')",
    "demand_class": "demand_class('x', 'y')",
    "xyz_class": "xyz_class('x', '0.5', '1.0')",
    "stock_status": f"stock_status({STATUS}, 'on_order')",
    "stock_status_units": f"stock_status_units({STATUS}, 'on_order')",
    "expected_shortage_units": "expected_shortage_units('mean', 'sigma', 'level')",
    "exact_sum": "exact_sum('x')",
    "exact_sum_before": (
        "exact_sum('x', filter='y > 0', over='(order by position"
        " rows between unbounded preceding and 1 preceding)')"
    ),
    "exact_mean": "exact_mean('x')",
    "exact_variance": "exact_variance('x')",
    "exact_deviation": "exact_deviation('x')",
}


def keys(kpi, expected):
    """Expected keys that a macro gives."""
    if MACROS[kpi].row_key:
        return list(expected)
    return [key for key in MACROS[kpi].calls if key in expected]


@functools.cache
def _rendering():
    """SQL text of every call, or why dbt failed, from one run over all macros."""
    calls = {
        f"{kpi}.{key}": call
        for kpi, spec in MACROS.items()
        for key, call in spec.calls.items()
    } | OTHER_CALLS
    inline = "\n".join(
        f"/*@{name}*/ {{{{ {call} }}}} /*@*/" for name, call in calls.items()
    )
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copytree(REPOSITORY / "macros", project / "macros")
        # Formulas that no model needs; dbt would take them for tests as .sql.
        for formula in (REPOSITORY / "tests" / "oracles" / "macros").glob("*.jinja"):
            shutil.copy(formula, project / "macros" / f"{formula.stem}.sql")
        (project / "dbt_project.yml").write_text(
            yaml.safe_dump({"name": "restock", "version": "1.0.0", "profile": "golden"})
        )
        output = {"type": "duckdb", "path": str(project / "golden.duckdb")}
        profile = {"golden": {"target": "dev", "outputs": {"dev": output}}}
        (project / "profiles.yml").write_text(yaml.safe_dump(profile))
        folders = ["--project-dir", folder, "--profiles-dir", folder]
        folders += ["--target-path", "target", "--log-path", "logs"]
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")),
                "compile",
                "--inline",
                inline,
                *folders,
            ],
            capture_output=True,
            text=True,
            timeout=DBT_TIMEOUT_SECONDS,
            cwd=folder,
            check=False,
        )
        if run.returncode:
            return None, f"dbt could not render the macros: {run.stdout}"
        results = json.loads((project / "target" / "run_results.json").read_text())
    sql = results["results"][0]["compiled_code"]
    texts = dict(re.findall(r"/\*@([^*]+)\*/ (.*?) /\*@\*/", sql, re.DOTALL))
    missing = calls.keys() - texts.keys()
    if missing:
        return None, f"dbt left out the calls of {sorted(missing)}"
    return texts, None


def rendered():
    """SQL text of every call. Raises RuntimeError where dbt failed, at no new run."""
    texts, problem = _rendering()
    if problem:
        raise RuntimeError(problem)
    return texts


def select(expressions, columns, rows, *, is_aggregate=False):
    """Rows of the expressions, run by DuckDB on typed columns, in the order given."""
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    chosen = ", ".join(f"({sql}) as c{n}" for n, sql in enumerate(expressions.values()))
    order = "" if is_aggregate else " order by position"
    with duckdb.connect() as connection:
        connection.execute(f"create table inputs (position integer, {declared})")
        if rows:
            marks = ", ".join("?" for _ in range(len(columns) + 1))
            connection.executemany(
                f"insert into inputs values ({marks})",
                [
                    [position, *(row.get(name) for name in columns)]
                    for position, row in enumerate(rows)
                ],
            )
        found = connection.execute(f"select {chosen} from inputs{order}").fetchall()
    return [
        dict(zip(expressions, plain(list(values)), strict=True)) for values in found
    ]


def evaluate(kpi, row):
    """Result of the macros for a golden kpi and its inputs."""
    spec = MACROS[kpi]
    texts = rendered()
    expressions = {key: texts[f"{kpi}.{key}"] for key in spec.calls}
    rows = spec.rows(row) if spec.rows else [row]
    results = select(expressions, spec.columns, rows, is_aggregate=spec.is_aggregate)
    if spec.row_key:
        (name,) = spec.calls
        return {
            str(inputs[spec.row_key]): result[name]
            for inputs, result in zip(rows, results, strict=True)
        }
    (result,) = results
    return result


def column(name, values, **others):
    """Results of one of the other calls for the values of column x."""
    columns = doubles("x", *others)
    rows = [
        dict(zip(columns, numbers, strict=True))
        for numbers in zip(values, *others.values(), strict=True)
    ]
    results = select({name: rendered()[name]}, columns, rows)
    return [result[name] for result in results]
