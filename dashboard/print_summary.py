"""Print what a built warehouse says today: `print_summary.py restock.duckdb`."""

from __future__ import annotations

import sys

import duckdb

HEADLINE = """
select
    min(as_of_date) as as_of_date,
    count(*) filter (where reorder_point_units is not null and not is_discontinued)
        as planned,
    count(*) as series,
    count(*) filter (where order_qty_units > 0) as order_lines,
    coalesce(sum(order_qty_units), 0) as order_units,
    coalesce(sum(order_value), 0) as order_value
from marts.fct_reorder_recommendations
"""
PROPOSALS = """
select
    count(*) as proposals,
    count(*) filter (where is_held) as held
from marts.fct_purchase_proposals
"""
KPIS = """
select
    sum(on_hand_value) as stock_value,
    sum(cogs) as cogs,
    sum(average_inventory_value) as average_inventory_value,
    sum(cogs * 365.0 / ledger_days) / nullif(sum(average_inventory_value), 0)
        as inventory_turnover,
    sum(holding_cost) as holding_cost,
    sum(excess_value) as excess_value,
    count(*) filter (where stock_status = 'stocked_out') as stocked_out,
    count(*) filter (where stock_status = 'potential_stock_out') as potential
from marts.fct_inventory_kpis
"""
# Beside the textbook rule, in the money of the replay.
REPLAY = """
select
    max(case when policy = 'textbook' then total_cost end) as plain_cost,
    max(case when policy = 'textbook' then fill_rate end) as plain_fill_rate,
    max(case when policy = 'shipped' then average_inventory_value end)
        as shipped_value,
    max(case when policy = 'shipped' then total_cost end) as shipped_cost,
    max(case when policy = 'shipped' then fill_rate end) as shipped_fill_rate,
    max(case when policy = 'textbook_raised' then total_cost end) as textbook_cost,
    max(case when policy = 'textbook_raised' then fill_rate end) as textbook_fill_rate
from marts.fct_policy_backtests
where segment = 'all' and model = 'champion'
"""
# Which rule orders, and for want of what.
RULES = """
select
    order_rule,
    count(*) as pairs,
    count(*) filter (where order_rule_evidence = 'too few cycles') as untold
from marts.fct_reorder_recommendations
where not is_discontinued and order_rule is not null
group by order_rule
order by pairs desc, order_rule
"""
# What the levels in force tie up between two receipts.
FRONTIER = """
select sum(investment_value) as investment_value
from marts.fct_service_frontier
where is_current and segment <> 'all'
"""
# What the shop did, beside this rule on the same pairs.
SHOP = """
select
    max(case when policy = 'as_purchased' then total_cost end) as shop_cost,
    max(case when policy = 'as_purchased' then fill_rate end) as shop_fill_rate,
    max(case when policy = 'as_purchased' then cost_gap_low end) as gap_low,
    max(case when policy = 'as_purchased' then cost_gap_high end) as gap_high,
    max(case when policy = 'shipped_where_purchased' then total_cost end)
        as shipped_cost,
    max(case when policy = 'shipped_where_purchased' then fill_rate end)
        as shipped_fill_rate,
    max(case when policy = 'as_purchased' then n end) as series,
    max(case when policy = 'shipped' then n end) as replayed
from marts.fct_policy_backtests
where segment = 'all' and model in ('champion', 'none')
"""
# Beside the count distribution of each item's own past.
LEVELS = """
select
    sum(recommendations.reorder_point_units) as reorder_point_units,
    sum(demand.own_history_units) as own_history_units
from marts.fct_lead_time_demand as demand
inner join marts.fct_reorder_recommendations as recommendations
    on
        demand.location_id = recommendations.location_id
        and demand.product_id = recommendations.product_id
where demand.own_history_units > 0 and not recommendations.is_discontinued
"""
STOCK = """
select
    sum(recommendations.on_hand_units) as on_hand_units,
    sum(recommendations.on_hand_units * quantities.unit_cost) as on_hand_value,
    sum(recommendations.on_order_units) as on_order_units,
    sum(recommendations.on_order_units * quantities.unit_cost) as on_order_value,
    sum(recommendations.order_qty_units) as order_units,
    sum(recommendations.order_value) as order_value
from marts.fct_reorder_recommendations as recommendations
inner join marts.fct_inventory_kpis as quantities
    on
        recommendations.location_id = quantities.location_id
        and recommendations.product_id = quantities.product_id
"""
# On the test folds alone: the others chose the champion.
CHAMPIONS = """
select
    champions.model,
    count(*) as segments,
    any_value(accuracy.test_wape) as wape,
    any_value(accuracy.test_rmse) as rmse,
    any_value(accuracy.test_skill_vs_naive) as skill
from marts.fct_forecast_champions as champions
left join marts.fct_forecast_accuracy as accuracy
    on champions.model = accuracy.model and accuracy.segment = 'all'
group by champions.model
order by segments desc, champions.model
"""
LABORATORY = """
select
    lab.as_of_date,
    lab.due_date,
    today.as_of_date >= lab.due_date as is_due
from intermediate.int_lab_runs as lab
cross join inputs.input_as_of as today
"""
EXCEPTIONS = """
select rule, severity, count(*) as exceptions
from marts.fct_data_exceptions
group by rule, severity
order by severity, exceptions desc, rule
"""
IGNORED = """
select entity, n_rows, first_date, last_date, reason from inputs.input_ignored_rows
where n_rows > 0
order by entity
"""
FIRST_ORDERS = """
select priority_rank, location_id, product_id, explanation
from marts.fct_reorder_recommendations
where priority_rank <= 3
order by priority_rank
"""


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    """Rows of a query as dictionaries by column name."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def number(value: float | None, digits: int = 0) -> str:
    """A number as people write it."""
    return "unknown" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """A fraction in percent."""
    return "unknown" if value is None else f"{100 * value:.1f} %"


def what_the_shop_did(shop: dict) -> str:
    """Its own purchases against this rule, in the money of the replay."""
    if shop["shop_cost"] is None:
        return "  Shop       what the shop did is not known: no own purchases to replay"
    shop_fill, shipped_fill = (
        percent(shop[name]) for name in ("shop_fill_rate", "shipped_fill_rate")
    )
    return (
        f"  Shop       what the shop did: {number(shop['shop_cost'])} at a fill rate "
        f"of {shop_fill}, this rule {number(shop['shipped_cost'])} at {shipped_fill}, "
        f"on {number(shop['series'])} of {number(shop['replayed'])} pairs; the shop "
        f"less this rule {number(shop['gap_low'])} to {number(shop['gap_high'])} (95 %)"
    )


def lines(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The summary, one line an entry."""
    head = rows(connection, HEADLINE)[0]
    proposals = rows(connection, PROPOSALS)[0]
    kpis = rows(connection, KPIS)[0]
    replay = rows(connection, REPLAY)[0]
    rules = rows(connection, RULES)
    frontier = rows(connection, FRONTIER)[0]
    shop = rows(connection, SHOP)[0]
    levels = rows(connection, LEVELS)[0]
    stock = rows(connection, STOCK)[0]

    out = [
        f"restock, decided at the close of {head['as_of_date']}",
        "",
        f"  Planned    {number(head['planned'])} of {number(head['series'])} "
        "location-products",
        f"  Order      {number(head['order_lines'])} lines, "
        f"{number(head['order_units'])} units, worth {number(head['order_value'], 2)}; "
        f"{number(proposals['proposals'])} purchase proposals, "
        f"{number(proposals['held'])} held",
        f"  Stock      worth {number(kpis['stock_value'], 2)}; "
        f"{number(kpis['stocked_out'])} stocked out, "
        f"{number(kpis['potential'])} may run out; "
        f"excess {number(kpis['excess_value'], 2)}",
        f"  After it   {number(stock['on_hand_units'])} units "
        f"({number(stock['on_hand_value'])}) on hand, "
        f"{number(stock['on_order_units'])} ({number(stock['on_order_value'])}) on "
        f"order, {number(stock['order_units'])} ({number(stock['order_value'])}) today",
        f"  Levels     reorder points {number(levels['reorder_point_units'])} units, "
        f"{number(levels['own_history_units'])} by counts of each item's own past",
        "  Rules      "
        + (
            ", ".join(
                f"{rule['order_rule']} for {rule['pairs']} pairs" for rule in rules
            )
            or "none"
        )
        + f"; {sum(rule['untold'] for rule in rules)} for want of replayed orders",
        f"  Replay     this rule {number(replay['shipped_cost'])} at a fill rate of "
        f"{percent(replay['shipped_fill_rate'])}, the textbook "
        f"{number(replay['plain_cost'])} at {percent(replay['plain_fill_rate'])}, "
        f"raised to serve as much {number(replay['textbook_cost'])} at "
        f"{percent(replay['textbook_fill_rate'])}",
        f"  Ties up    {number(replay['shipped_value'])} in the replay, "
        f"{number(frontier['investment_value'])} expected at today's levels "
        "(on the shelf, in the mean)",
        what_the_shop_did(shop),
        f"  KPIs       COGS {number(kpis['cogs'], 2)}, "
        f"turnover {number(kpis['inventory_turnover'], 2)} a year, "
        f"holding cost {number(kpis['holding_cost'], 2)}",
    ]
    out.extend(
        f"  Champion   {champion['model']} in {champion['segments']} segments; "
        + (
            "no test fold closed to judge it on"
            if champion["rmse"] is None
            else f"on test folds, which chose nothing: "
            f"WAPE {percent(champion['wape'])}, "
            f"RMSE {number(champion['rmse'], 2)} units, "
            f"skill against the seasonal naive {percent(champion['skill'])}"
        )
        for champion in rows(connection, CHAMPIONS)
    )
    out.extend(
        f"  Lab        judged as of {lab['as_of_date']}, "
        + (
            "due now: make build"
            if lab["is_due"]
            else f"due {lab['due_date']}; until then make plan"
        )
        for lab in rows(connection, LABORATORY)
    )
    exceptions = rows(connection, EXCEPTIONS)
    if not exceptions:
        out.append("  Exceptions none")
    out.extend(
        f"  Exceptions {exception['exceptions']:,} {exception['severity']}: "
        f"{exception['rule']}"
        for exception in exceptions
    )
    out.extend(
        f"  Ignored    {row['n_rows']:,} of {row['entity']}, {row['first_date']} to "
        f"{row['last_date']}: {row['reason']}"
        for row in rows(connection, IGNORED)
    )
    out.extend(
        f"  First #{row['priority_rank']}   {row['location_id']} / "
        f"{row['product_id']}: {row['explanation']}"
        for row in rows(connection, FIRST_ORDERS)
    )
    out.extend(
        [
            "",
            "  Look next  marts.fct_reorder_recommendations (order by priority_rank), "
            "marts.fct_purchase_proposals,",
            "             marts.fct_inventory_kpis, marts.fct_data_exceptions; "
            "docs/methods.md for every formula",
        ]
    )
    return out


def main() -> None:
    """Print the summary of the database named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: print_summary.py DATABASE")
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        sys.stdout.write("\n".join(lines(connection)) + "\n")


if __name__ == "__main__":
    main()
